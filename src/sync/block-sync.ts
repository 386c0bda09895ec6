import type { Chain } from '../chain/chain.ts';
import type { Network, PeerInfo } from '../network/contract.ts';
import type { CertifiedBlockBytes } from '../types/network.ts';
import type { Hash } from '../types/ssz-bytes.ts';
import { errorMessage, NodeError } from '../util/errors.ts';
import { LIMITS } from '../util/limits.ts';
import type { Logger } from '../util/logger.ts';
import { BlockSources } from './block-sources.ts';
import {
  type CertifiedBlock,
  type CertifiedBlockErrorCode,
  decodeCertified,
  takeUp,
} from './certified-blocks.ts';

export type BlockSyncErrorCode = CertifiedBlockErrorCode | 'NO_BLOCKS';

/** The validators have decided a block that this node cannot commit: it cannot go on. */
export interface SyncHalt {
  readonly height: number;
  readonly blockHash: Hash;
  readonly reason: string;
}

export interface BlockSyncDeps {
  readonly chain: Chain;
  readonly network: Network;
  readonly logger: Logger;
  readonly onHalt: (fact: SyncHalt) => void;
}

/**
 * Brings a late or restarted node to the head: fetches blocks with their certificates and checks each under the
 * validator set of its height from the node's own state. A peer's claim of a height moves nothing but the choice of
 * whom to ask, and "nobody is ahead" is a good reason to be done. While one batch is executed the next one is on its
 * way, and while one block is executed the signatures of the next one are checked on the thread pool.
 */
export class BlockSync {
  readonly #deps: BlockSyncDeps;
  readonly #sources = new BlockSources();
  readonly #stopping = new AbortController();
  #active: Promise<void> | undefined;
  #again = false;
  /** A height that the validators are known to have decided, whatever peers claim. */
  #reached = 0;
  #retry: NodeJS.Timeout | undefined;

  constructor(deps: BlockSyncDeps) {
    this.#deps = deps;
  }

  get isSyncing(): boolean {
    return this.#active !== undefined;
  }

  /** Starts catching up unless it already is; returns at once. `reached`: the validators have decided that height. */
  trigger(reached = 0): void {
    if (this.#isStopped) return;
    this.#reached = Math.max(this.#reached, reached);
    clearTimeout(this.#retry);
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
    this.#stopping.abort();
    clearTimeout(this.#retry);
    await this.#active;
  }

  get #isStopped(): boolean {
    return this.#stopping.signal.aborted;
  }

  async #run(): Promise<void> {
    const { chain, network, logger } = this.#deps;
    while (!this.#isStopped) {
      const { height } = chain.head;
      const peer = this.#sources.best(network.peers(), height, this.#reached, performance.now());
      if (peer === undefined) break;
      try {
        await this.#pullFrom(peer);
        this.#sources.noteSuccess(peer.peerId);
        logger.debug({ peer: peer.peerId, from: height + 1, to: chain.head.height }, 'synced blocks');
      } catch (error) {
        if (this.#isStopped) return;
        logger.info(
          { peer: peer.peerId, from: height + 1, to: chain.head.height, reason: errorMessage(error) },
          'sync from a peer failed',
        );
        this.#sources.noteFailure(peer.peerId, performance.now());
      }
    }
    this.#retryLater();
  }

  /** Everyone who is ahead has just failed: without another occasion the node would stay behind. */
  #retryLater(): void {
    const { chain, network } = this.#deps;
    const waitMs = this.#sources.waitMs(network.peers(), chain.head.height, this.#reached, performance.now());
    if (waitMs === undefined || this.#isStopped) return;
    this.#retry = setTimeout(() => this.trigger(), waitMs + 1);
    this.#retry.unref();
  }

  /** Takes blocks from one peer while it has more than this node and delivers them in time. */
  async #pullFrom(peer: PeerInfo): Promise<void> {
    const { chain } = this.#deps;
    const stopRequests = new AbortController();
    let from = chain.head.height + 1;
    let request: Promise<Batch> | undefined = this.#request(peer, from, stopRequests.signal);
    try {
      while (request !== undefined && !this.#isStopped) {
        const batch: Batch = await request;
        const { blocks } = batch;
        if (blocks.length === 0)
          throw new NodeError<BlockSyncErrorCode>('NO_BLOCKS', 'the peer has less than it claims');
        from += blocks.length;
        const isSlow: boolean = batch.tookMs > LIMITS.slowSourceMs;
        if (isSlow) this.#sources.noteSlowness(peer.peerId);
        request =
          isSlow || from > peer.head.height ? undefined : this.#request(peer, from, stopRequests.signal);
        await this.#applyAll(blocks);
        if (chain.head.height < from - 1 && !this.#isStopped)
          throw new NodeError<BlockSyncErrorCode>(
            'NO_BLOCKS',
            'the peer answered with blocks of no use here',
          );
      }
    } finally {
      stopRequests.abort();
    }
  }

  #request(peer: PeerInfo, from: number, signal: AbortSignal): Promise<Batch> {
    const startedMs = performance.now();
    const request = this.#deps.network
      .fetchBlocks(
        peer.peerId,
        from,
        LIMITS.maxBlocksPerRequest,
        AbortSignal.any([signal, this.#stopping.signal]),
      )
      .then((blocks) => ({ blocks, tookMs: performance.now() - startedMs }));
    request.catch(() => undefined); // the batch before it may fail first
    return request;
  }

  async #applyAll(answers: readonly CertifiedBlockBytes[]): Promise<void> {
    const { chain } = this.#deps;
    let upcoming = answers.length === 0 ? undefined : decodeCertified(answers[0] as CertifiedBlockBytes);
    for (let i = 0; upcoming !== undefined && !this.#isStopped; i++) {
      const current: CertifiedBlock = upcoming;
      const following = answers[i + 1];
      upcoming = following === undefined ? undefined : decodeCertified(following);
      // Consensus may have committed this height meanwhile.
      if (current.certificate.height <= chain.head.height) continue;
      await this.#apply(current, upcoming);
    }
  }

  async #apply(
    { complete, certificate }: CertifiedBlock,
    upcoming: CertifiedBlock | undefined,
  ): Promise<void> {
    const { chain } = this.#deps;
    const { height } = certificate;
    if (!(await takeUp(chain, { complete, certificate }))) return;
    const ahead = upcoming && chain.checkAhead(upcoming.complete, upcoming.certificate);
    try {
      await chain.validate(complete, { reproposal: true });
      // With this known, the node does not begin to take part in a height that is decided.
      await ahead;
      await chain.commit(complete, certificate);
    } catch (error) {
      // The validators have decided exactly these bytes: whoever sent them is not to blame.
      this.#stopping.abort();
      this.#deps.onHalt({ height, blockHash: complete.hash, reason: errorMessage(error) });
      throw error;
    }
  }
}

interface Batch {
  readonly blocks: readonly CertifiedBlockBytes[];
  readonly tookMs: number;
}
