import type { Chain } from '../chain/chain.ts';
import { blockBytes } from '../chain/complete-block.ts';
import type { StoredBlock } from '../chain/history.ts';
import type {
  ConsensusEffect,
  ConsensusEvent,
  ProposedBlock,
  UnsignedMessage,
} from '../consensus/contract.ts';
import { fieldsOf } from '../consensus/message-fields.ts';
import type { Network } from '../network/contract.ts';
import { proposalOf } from '../types/block.ts';
import type { Certificate } from '../types/certificate.ts';
import { encodeConsensusMessage } from '../types/consensus-message.ts';
import { evidenceOf } from '../types/evidence-check.ts';
import type { Address, Hash } from '../types/ssz-bytes.ts';
import type { Clock } from '../util/clock.ts';
import { errorMessage } from '../util/errors.ts';
import type { Logger } from '../util/logger.ts';
import type { BlockFetcher } from './block-fetcher.ts';
import type { HaltFact } from './halt-fact.ts';
import { topicOf } from './message-topic.ts';
import type { ProposalBuilder } from './proposal-builder.ts';
import type { Timers } from './timers.ts';
import type { VoteCollection } from './vote-collection.ts';
import type { VoteSigner } from './vote-signer.ts';

export interface EffectDeps {
  readonly chain: Chain;
  readonly network: Network;
  readonly fetcher: BlockFetcher;
  /** Absent on a node that only follows. */
  readonly signer?: {
    readonly votes: VoteSigner;
    readonly builder: ProposalBuilder;
    /** Hears for which block this node has voted to the end: it will probably be the next one. */
    readonly onCommitSent?: (blockHash: Hash) => void;
  };
  readonly clock: Clock;
  readonly logger: Logger;
  /** The chain is ahead of this node: sync takes over and commits through the chain. */
  readonly onBehind: (height: number) => void;
}

/** What effects come back to. */
export interface EffectHost {
  readonly timers: Timers;
  readonly collection: VoteCollection;
  readonly enqueue: (event: ConsensusEvent) => void;
  /** The own message goes before all that waits. */
  readonly enqueueFirst: (event: ConsensusEvent) => void;
  readonly countUnused: (reason: string) => void;
  readonly halt: (fact: HaltFact) => void;
}

/** A block with what proves that it is final, for those who did not see the votes. */
export function encodeDecided({ block, certificate }: StoredBlock): Uint8Array {
  return encodeConsensusMessage({ kind: 'decided', block: proposalOf(block), certificate });
}

/** Work beside the queue: what fails there is logged, and ends nothing. */
export function inBackground(logger: Logger, what: string, work: Promise<void>): void {
  work.catch((error: unknown) => {
    logger.error({ what, err: error }, 'background work of consensus failed');
  });
}

/**
 * Does what the consensus core asks for, one effect after the other. What takes long (build, validate, fetch) goes on
 * beside the queue, and comes back to it as an event.
 */
export class EffectRunner {
  readonly #deps: EffectDeps;
  readonly #host: EffectHost;
  #resendCounter = 0;

  constructor(deps: EffectDeps, host: EffectHost) {
    this.#deps = deps;
    this.#host = host;
  }

  /** An effect that fails is logged; without the commit of a decided block the node halts. */
  async run(effect: ConsensusEffect): Promise<void> {
    try {
      await this.#run(effect);
    } catch (error) {
      this.#deps.logger.error({ effect: effect.kind, err: error }, 'consensus effect failed');
      // Without this block there is no next height: a full disk and a differing execution end the same way.
      if (effect.kind === 'commit')
        this.#host.halt({
          code: 'CANNOT_COMMIT',
          height: effect.block.proposal.header.height,
          blockHash: effect.block.hash,
          reason: errorMessage(error),
        });
    }
  }

  #run(effect: ConsensusEffect): Promise<void> | void {
    const { network, logger } = this.#deps;
    switch (effect.kind) {
      case 'build-block':
        return inBackground(logger, 'build', this.#build(effect.height, effect.round));
      case 'validate-block':
        return inBackground(
          logger,
          'validate',
          this.#validate(effect.height, effect.block, effect.reproposal),
        );
      case 'fetch-block':
        return inBackground(logger, 'fetch', this.#fetch(effect.height, effect.blockHash, effect.from));
      case 'sign-and-broadcast':
        return this.#signAndBroadcast(effect.message);
      case 'resend':
        this.#resendCounter += 1;
        for (const message of this.#host.collection.dueAgain(effect.messages))
          network.publish(topicOf(message), encodeConsensusMessage(message), {
            counter: this.#resendCounter,
          });
        return;
      case 'send-decided':
        return this.#sendDecided(effect.to, effect.height);
      case 'schedule':
        this.#host.timers.schedule(effect.timer, effect.afterMs, () =>
          this.#host.enqueue({
            kind: 'timeout',
            nowMs: this.#nowMs,
            timer: effect.timer,
            height: effect.height,
            round: effect.round,
          }),
        );
        return;
      case 'cancel-timers':
        this.#host.timers.cancelAll();
        return;
      case 'commit':
        return this.#commit(effect.block, effect.certificate);
      case 'behind':
        this.#deps.onBehind(effect.height);
        return;
      case 'evidence':
        return inBackground(logger, 'evidence', this.#report(effect));
      case 'halt':
        this.#host.halt({
          code: 'CANNOT_COMMIT',
          height: effect.height,
          blockHash: effect.blockHash,
          reason: effect.reason,
        });
        return;
      case 'drop':
        this.#host.countUnused(effect.reason);
        logger.trace({ reason: effect.reason, signer: effect.signer }, 'message not used');
        return;
    }
  }

  async #build(height: number, round: number): Promise<void> {
    const builder = this.#deps.signer?.builder;
    if (builder === undefined) return;
    const complete = await builder.build(height);
    if (complete === undefined) return;
    const block = { hash: complete.hash, proposal: proposalOf(complete.block) };
    this.#host.enqueue({ kind: 'block-built', nowMs: this.#nowMs, height, round, block });
  }

  async #validate(height: number, block: ProposedBlock, reproposal: boolean): Promise<void> {
    const { chain, fetcher } = this.#deps;
    const complete = chain.candidate(block.hash) ?? (await fetcher.complete(height, block));
    if (complete === 'HEIGHT_OVER') return;
    const verdict =
      typeof complete === 'string'
        ? { valid: false as const, reason: complete }
        : await chain.validate(complete, { reproposal });
    if (!verdict.valid)
      this.#deps.logger.warn({ height, block: block.hash, reason: verdict.reason }, 'invalid block');
    this.#host.enqueue({
      kind: 'block-validated',
      nowMs: this.#nowMs,
      height,
      blockHash: block.hash,
      valid: verdict.valid,
      ...(verdict.valid ? {} : { reason: verdict.reason, undetermined: verdict.reason === 'DISPLACED' }),
    });
  }

  async #fetch(height: number, blockHash: Hash, from: readonly Address[]): Promise<void> {
    const complete = await this.#deps.fetcher.byHash(height, blockHash, from);
    if (complete === undefined) return;
    const block = { hash: blockHash, proposal: proposalOf(complete.block) };
    this.#host.enqueue({ kind: 'block-fetched', nowMs: this.#nowMs, height, block });
  }

  async #signAndBroadcast(unsigned: UnsignedMessage): Promise<void> {
    const votes = this.#deps.signer?.votes;
    // Sync may have brought the block of this height first; the chain then has let go of what it had under consideration.
    if (votes === undefined || unsigned.height <= this.#deps.chain.head.height) return;
    const blockBytes =
      unsigned.kind === 'proposal' || unsigned.kind === 'prepare'
        ? this.#bytesOf(unsigned.block.hash)
        : undefined;
    const { message, bytes } = await votes.sign(unsigned, blockBytes);
    if (!this.#host.collection.send(message, bytes)) this.#deps.network.publish(topicOf(message), bytes);
    this.#host.enqueueFirst({ kind: 'message', nowMs: this.#nowMs, message, bytes: bytes.length });
    if (unsigned.kind === 'commit') this.#deps.signer?.onCommitSent?.(unsigned.blockHash);
  }

  #bytesOf(hash: Hash): Uint8Array {
    const complete = this.#deps.chain.candidate(hash);
    if (complete === undefined)
      throw new Error(`no bytes of block ${hash}, which the core wants to vote for`);
    return blockBytes(complete);
  }

  async #commit(block: ProposedBlock, certificate: Certificate): Promise<void> {
    if (block.proposal.header.height <= this.#deps.chain.head.height) return;
    const complete = this.#deps.chain.candidate(block.hash);
    if (complete === undefined) throw new Error(`no bytes of decided block ${block.hash}`);
    await this.#deps.chain.commit(complete, certificate);
  }

  #sendDecided(to: Address, height: number): void {
    const { chain, network } = this.#deps;
    const stored = chain.history.block(height);
    if (stored === undefined) return;
    network.sendTo(to, 'vote', encodeDecided(stored));
  }

  async #report({ offence, first, second }: Extract<ConsensusEffect, { kind: 'evidence' }>): Promise<void> {
    const evidence = evidenceOf(offence, first, second);
    if (evidence === undefined) throw new Error(`two messages that show no ${offence}`);
    const admission = await this.#deps.chain.evidence.admit(evidence, 'own');
    this.#deps.logger.debug(
      { offence, validator: fieldsOf(first).signer, admission },
      'evidence of the own core',
    );
  }

  get #nowMs(): number {
    return this.#deps.clock.monotonicMs();
  }
}
