import type { ConsensusEffect, OwnMessage, ProposedBlock, UnsignedMessage } from '../consensus/contract.ts';
import { isPreparedCertificate } from '../consensus/justification.ts';
import { fieldsOf } from '../consensus/message-fields.ts';
import { type Certificate, certificateChecks, voteSigningBytes } from '../types/certificate.ts';
import { NOT_PREPARED } from '../types/consensus-message.ts';
import type { ValidatorSet } from '../types/validator.ts';
import { NodeError } from '../util/errors.ts';
import type { SignatureTokens } from './tokens.ts';

export type SimulationErrorCode = 'INVARIANT_VIOLATED' | 'SIMULATION_STALLED';

/** What the checker needs to know of the node that acted. */
export interface Witness {
  readonly index: number;
  readonly headHeight: number;
  isDurable(message: OwnMessage): boolean;
}

/** What one honest validator has signed and sent, across all its lives. */
interface VoteHistory {
  /** Block hash, or prepared claim, per `height kind round`. */
  readonly signed: Map<string, string>;
  /** Highest committed round per height. */
  readonly committed: Map<number, number>;
}

/**
 * The safety properties that must hold after every step of every run, checked from outside the cores. Only honest
 * nodes are reported to it. The first violation throws.
 */
export class Invariants {
  readonly decided = new Map<number, string>();
  readonly #tokens: SignatureTokens;
  readonly #validators: ValidatorSet;
  readonly #isValidBlock: (block: ProposedBlock) => boolean;
  readonly #histories = new Map<number, VoteHistory>();
  /** Present height and round of each node, from its round timers. */
  readonly #rounds = new Map<number, { height: number; round: number }>();
  readonly #maxEffects: number;

  constructor(
    tokens: SignatureTokens,
    validators: ValidatorSet,
    isValidBlock: (block: ProposedBlock) => boolean,
  ) {
    this.#tokens = tokens;
    this.#validators = validators;
    this.#isValidBlock = isValidBlock;
    // The most effects come from a start that replays every buffered message of every validator.
    this.#maxEffects = 32 + 16 * validators.size;
  }

  /** Bounded output, finite timers, rounds that never fall within a height, no vote after a decision. */
  onEffects(node: Witness, effects: readonly ConsensusEffect[]): void {
    if (effects.length > this.#maxEffects)
      violated('an input has too many effects', { node: node.index, effects: effects.length });
    for (const effect of effects) {
      if (effect.kind === 'schedule') this.#onSchedule(node, effect);
      else if (effect.kind === 'sign-and-broadcast') this.#onSign(node, effect.message);
      else if (effect.kind === 'halt')
        violated('an honest node finds a decided block invalid', { ...effect, node: node.index });
    }
  }

  /** A new life may start in a lower round than the one it reached without signing anything. */
  onRestart(node: Witness): void {
    this.#rounds.delete(node.index);
  }

  #onSchedule(
    node: Witness,
    { timer, height, round, afterMs }: Extract<ConsensusEffect, { kind: 'schedule' }>,
  ): void {
    if (!(Number.isFinite(afterMs) && afterMs >= 0))
      violated('a timer has no finite delay', { node: node.index, afterMs });
    if (timer !== 'round') return;
    const known = this.#rounds.get(node.index);
    if (known !== undefined && (height < known.height || (height === known.height && round < known.round)))
      violated('a node went back in rounds', { node: node.index, from: known, to: { height, round } });
    this.#rounds.set(node.index, { height, round });
  }

  #onSign(node: Witness, message: UnsignedMessage): void {
    if (message.height !== node.headHeight + 1)
      violated('a node signs at a height that is not its own', { node: node.index, height: message.height });
    if (message.kind !== 'commit') return;
    const claim = { height: message.height, round: message.round, blockHash: message.blockHash };
    const isProved =
      isPreparedCertificate(message.prepares, claim, this.#validators) &&
      message.prepares.every((prepare) => {
        const publicKey = this.#validators.get(prepare.signer)?.consensusKey as string;
        const bytes = voteSigningBytes('prepare', this.#tokens.genesisHash, prepare.body);
        return this.#tokens.verify(publicKey, bytes, prepare.signature);
      });
    if (!isProved) violated('a commit without a prepare quorum', { node: node.index, ...claim });
  }

  /** Journal before wire; one content per step; no commit forgotten. */
  onSend(node: Witness, message: OwnMessage): void {
    const { height, round } = fieldsOf(message);
    if (!node.isDurable(message))
      violated('a message left before it was durable', { node: node.index, height, round });
    const history = this.#histories.get(node.index) ?? { signed: new Map(), committed: new Map() };
    this.#histories.set(node.index, history);
    const key = `${height} ${message.kind} ${round}`;
    const content = contentOf(message);
    const before = history.signed.get(key);
    if (before !== undefined && before !== content)
      violated('an honest node contradicts itself', { node: node.index, key, before, content });
    history.signed.set(key, content);
    const committed = history.committed.get(height) ?? -1;
    if (message.kind === 'commit') history.committed.set(height, Math.max(committed, round));
    if (message.kind === 'round-change' && committed >= 0 && committed < round) {
      const { preparedRound } = message.roundChange.body;
      if (preparedRound === NOT_PREPARED || preparedRound < committed)
        violated('an honest node forgot a commit', { node: node.index, height, committed, preparedRound });
    }
  }

  /** Agreement, validity, and a certificate that verifies on its own. */
  onDecide(node: Witness, block: ProposedBlock, certificate: Certificate): void {
    const { height } = block.proposal.header;
    const agreed = this.decided.get(height);
    if (agreed !== undefined && agreed !== block.hash)
      violated('two honest nodes decided different blocks', {
        node: node.index,
        height,
        hashes: [agreed, block.hash],
      });
    this.decided.set(height, block.hash);
    if (!this.#isValidBlock(block)) violated('an invalid block was decided', { node: node.index, height });
    const { genesisHash } = this.#tokens;
    const expected = { height, blockHash: block.hash, genesisHash, validators: this.#validators };
    const result = certificateChecks(certificate, expected);
    const isSealed =
      'checks' in result &&
      result.checks.every((check) => this.#tokens.verify(check.publicKey, check.bytes, check.signature));
    if (!isSealed) violated('a certificate does not verify', { node: node.index, height });
    for (const history of this.#histories.values()) {
      if (history.signed.size < 4096) continue;
      for (const key of history.signed.keys())
        if (Number(key.split(' ')[0]) < height - 64) history.signed.delete(key);
      for (const known of history.committed.keys()) if (known < height - 64) history.committed.delete(known);
    }
  }
}

function contentOf(message: OwnMessage): string {
  switch (message.kind) {
    case 'proposal':
      return message.proposal.body.blockHash;
    case 'prepare':
      return message.prepare.body.blockHash;
    case 'commit':
      return message.commit.body.blockHash;
    case 'round-change':
      return `${message.roundChange.body.preparedRound} ${message.roundChange.body.preparedHash}`;
  }
}

function violated(what: string, data: Record<string, unknown>): never {
  throw new NodeError<SimulationErrorCode>('INVARIANT_VIOLATED', what, { data });
}
