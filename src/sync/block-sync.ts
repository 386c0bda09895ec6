import type { Chain } from '../chain/chain.ts';
import { completeBlock } from '../chain/complete-block.ts';
import type { Network } from '../network/contract.ts';
import { decodeBlock } from '../types/block.ts';
import { type Certificate, CertificateType } from '../types/certificate.ts';
import { decode } from '../types/ssz.ts';
import { errorMessage, NodeError } from '../util/errors.ts';
import { LIMITS } from '../util/limits.ts';
import type { Logger } from '../util/logger.ts';

export type BlockSyncErrorCode = 'BAD_CERTIFICATE' | 'BAD_BLOCK' | 'NO_BLOCKS';

export interface BlockSyncDeps {
  readonly chain: Chain;
  readonly network: Network;
  readonly logger: Logger;
}

/** How long a peer that promised more than it delivered is not asked again. */
const DISTRUST_MS = 10_000;

/**
 * Brings a late or restarted node to the head: fetches blocks with their certificates and checks each under the
 * validator set of its height from the node's own state. A peer's claim of a height moves nothing but the choice of
 * whom to ask, and "nobody is ahead" is a good reason to be done.
 */
export class BlockSync {
  readonly #deps: BlockSyncDeps;
  readonly #distrustedUntil = new Map<string, number>();
  #stopped = false;
  #active: Promise<void> | undefined;
  #again = false;

  constructor(deps: BlockSyncDeps) {
    this.#deps = deps;
  }

  get isSyncing(): boolean {
    return this.#active !== undefined;
  }

  /** Starts catching up unless it already is; returns at once. */
  trigger(): void {
    if (this.#stopped) return;
    if (this.#active !== undefined) {
      this.#again = true;
      return;
    }
    this.#active = this.#run().finally(() => {
      this.#active = undefined;
      if (this.#again) {
        this.#again = false;
        this.trigger();
      }
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#active;
  }

  async #run(): Promise<void> {
    const { chain, logger } = this.#deps;
    while (!this.#stopped) {
      const peer = this.#bestPeer();
      if (peer === undefined) return;
      const from = chain.head.height + 1;
      try {
        const applied = await this.#pullFrom(peer);
        logger.debug({ peer, from, applied }, 'synced blocks');
      } catch (error) {
        logger.info({ peer, from, reason: errorMessage(error) }, 'sync from a peer failed');
        this.#distrust(peer);
      }
    }
  }

  /** The connected peer that claims the greatest height above the own head. */
  #bestPeer(): string | undefined {
    const now = performance.now();
    const head = this.#deps.chain.head.height;
    let best: { peerId: string; height: number } | undefined;
    for (const { peerId, head: claimed } of this.#deps.network.peers()) {
      if (claimed === undefined || claimed.height <= head) continue;
      if ((this.#distrustedUntil.get(peerId) ?? 0) > now) continue;
      if (best === undefined || claimed.height > best.height) best = { peerId, height: claimed.height };
    }
    return best?.peerId;
  }

  #distrust(peerId: string): void {
    this.#distrustedUntil.set(peerId, performance.now() + DISTRUST_MS);
    if (this.#distrustedUntil.size > LIMITS.maxPeers * 4)
      this.#distrustedUntil.delete(this.#distrustedUntil.keys().next().value as string);
  }

  async #pullFrom(peerId: string): Promise<number> {
    const { chain, network } = this.#deps;
    const first = chain.head.height + 1;
    const signal = AbortSignal.timeout(LIMITS.requestTimeoutMs * 4);
    const answers = await network.fetchBlocks(peerId, first, LIMITS.maxBlocksPerRequest, signal);
    if (answers.length === 0)
      throw new NodeError<BlockSyncErrorCode>('NO_BLOCKS', 'the peer claims a height that it does not serve');
    for (const answer of answers) {
      if (this.#stopped) break;
      const certificate = decode(CertificateType, answer.certificate, 'certificate');
      // Consensus may have committed this height meanwhile.
      if (certificate.height <= chain.head.height) continue;
      await this.#apply(answer.block, certificate);
    }
    if (chain.head.height < first && !this.#stopped)
      throw new NodeError<BlockSyncErrorCode>(
        'NO_BLOCKS',
        'the peer answered with blocks that are no use here',
      );
    return chain.head.height + 1 - first;
  }

  async #apply(bytes: Uint8Array, certificate: Certificate): Promise<void> {
    const { chain } = this.#deps;
    const complete = completeBlock(decodeBlock(bytes));
    if (!(await chain.isCertified(complete.hash, certificate)))
      throw new NodeError<BlockSyncErrorCode>(
        'BAD_CERTIFICATE',
        `no valid certificate of block ${complete.hash}`,
        {
          data: { height: certificate.height },
        },
      );
    const verdict = await chain.validate(complete, { reproposal: true });
    if (!verdict.valid)
      throw new NodeError<BlockSyncErrorCode>('BAD_BLOCK', `certified block is invalid: ${verdict.reason}`, {
        data: { height: certificate.height },
        hint: 'if this block has a certificate of your validators, this node computes another state than they do',
      });
    await chain.commit(complete, certificate);
  }
}
