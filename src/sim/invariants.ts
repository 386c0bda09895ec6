import type { ConsensusEffect, OwnMessage, ProposedBlock, UnsignedMessage } from '../consensus/contract.ts';
import { fieldsOf } from '../consensus/message-fields.ts';
import type { Certificate } from '../types/certificate.ts';
import { NOT_PREPARED, type SignedVote } from '../types/consensus-message.ts';
import type { ValidatorSet } from '../types/validator.ts';
import { NodeError } from '../util/errors.ts';
import type { Signatures } from './signatures.ts';

export type SimulationErrorCode = 'INVARIANT_VIOLATED' | 'SIMULATION_STALLED' | 'DECIDED_TOO_LATE';

/** What the checker needs to know of the node that acted. */
export interface Witness {
  readonly index: number;
  readonly id: string;
  readonly headHeight: number;
  isDurable(message: OwnMessage): boolean;
}

/** What the checker knows of the chain: who votes on a height, and which blocks are valid. */
export interface ChainRules {
  validatorsAt(height: number): ValidatorSet;
  isValid(block: ProposedBlock): boolean;
}

/** What one honest validator has signed and sent, across all its lives. */
interface VoteHistory {
  /** Block hash, or prepared claim, per `height kind round`. */
  readonly signed: Map<string, string>;
  /** Highest committed round per height. */
  readonly committed: Map<number, number>;
}

/** Who has sent a commit for one block in one round; only honest validators are known. */
interface CommitTally {
  readonly round: number;
  readonly blockHash: string;
  readonly signers: Set<string>;
}

const KEPT_HEIGHTS = 64;

/**
 * The safety properties that must hold after every step of every run, checked from outside the cores, with
 * thresholds and certificate rules of their own. Only honest nodes are reported to it. The first violation throws.
 */
export class Invariants {
  readonly decided = new Map<number, string>();
  readonly #signatures: Signatures;
  readonly #rules: ChainRules;
  /** Byzantine validators: a quorum of commits may hold their seals without anyone seeing them. */
  readonly #faulty: ReadonlySet<string>;
  readonly #histories = new Map<number, VoteHistory>();
  readonly #commits = new Map<number, CommitTally[]>();
  /** Present height and round of each node, from its round timers. */
  readonly #rounds = new Map<number, { height: number; round: number }>();

  constructor(signatures: Signatures, rules: ChainRules, faulty: ReadonlySet<string> = new Set()) {
    this.#signatures = signatures;
    this.#rules = rules;
    this.#faulty = faulty;
  }

  /** Bounded output, finite timers, rounds that never fall within a height, no vote after a decision. */
  onEffects(node: Witness, effects: readonly ConsensusEffect[]): void {
    // The most effects come from a start that replays every buffered message of every validator.
    if (effects.length > 32 && effects.length > 32 + 16 * this.#rules.validatorsAt(node.headHeight + 1).size)
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
    const { height, round } = message;
    if (height !== node.headHeight + 1)
      violated('a node signs at a height that is not its own', { node: node.index, height });
    if (!this.#rules.validatorsAt(height).has(node.id))
      violated('a node signs that is no validator of the height', { node: node.index, height });
    if (message.kind !== 'commit') return;
    const { blockHash } = message;
    const signers = new Set<string>();
    for (const prepare of message.prepares) {
      const { body } = prepare;
      if (body.height === height && body.round === round && body.blockHash === blockHash)
        if (this.#isSigned(height, prepare)) signers.add(prepare.signer);
    }
    if (!isQuorum(signers.size, this.#rules.validatorsAt(height)))
      violated('a commit without a prepare quorum', { node: node.index, height, round, blockHash });
  }

  #isSigned(height: number, { signer, body, signature }: SignedVote): boolean {
    const publicKey = this.#rules.validatorsAt(height).get(signer)?.consensusKey;
    if (publicKey === undefined) return false;
    return this.#signatures.scheme.verify(publicKey, { tag: 'prepare', body }, signature);
  }

  /** Journal before wire; one content per step; no commit forgotten; none against a block that may be decided. */
  onSend(node: Witness, message: OwnMessage): void {
    const { height, round } = fieldsOf(message);
    if (!node.isDurable(message))
      violated('a message left before it was durable', { node: node.index, height, round });
    const history = this.#histories.get(node.index) ?? { signed: new Map(), committed: new Map() };
    this.#histories.set(node.index, history);
    const key = `${height} ${message.kind} ${round}`;
    const content = contentOf(message);
    const before = history.signed.get(key);
    if (before === content) return;
    if (before !== undefined)
      violated('an honest node contradicts itself', { node: node.index, key, before, content });
    history.signed.set(key, content);
    const committed = history.committed.get(height) ?? -1;
    if (message.kind === 'commit') {
      history.committed.set(height, Math.max(committed, round));
      this.#onCommit(node, height, round, content);
    }
    if (message.kind === 'round-change' && committed >= 0 && committed < round) {
      const { preparedRound } = message.roundChange.body;
      if (preparedRound === NOT_PREPARED || preparedRound < committed)
        violated('an honest node forgot a commit', { node: node.index, height, committed, preparedRound });
    }
  }

  /**
   * Once the honest commits of a round and all Byzantine validators together are a quorum, the block may be decided
   * somewhere. From then on, and looking back, no honest validator commits another block in a later round.
   */
  #onCommit(node: Witness, height: number, round: number, blockHash: string): void {
    const tallies = this.#commits.get(height) ?? [];
    this.#commits.set(height, tallies);
    let tally = tallies.find((entry) => entry.round === round && entry.blockHash === blockHash);
    if (tally === undefined) {
      tally = { round, blockHash, signers: new Set() };
      tallies.push(tally);
    }
    tally.signers.add(node.id);
    const validators = this.#rules.validatorsAt(height);
    for (const earlier of tallies) {
      if (!this.#mayBeDecided(earlier, validators)) continue;
      const later = tallies.find(
        (entry) => entry.round > earlier.round && entry.blockHash !== earlier.blockHash,
      );
      if (later !== undefined)
        violated('a commit against a block that may be decided', {
          node: node.index,
          height,
          rounds: [earlier.round, later.round],
          hashes: [earlier.blockHash, later.blockHash],
        });
    }
  }

  #mayBeDecided({ signers }: CommitTally, validators: ValidatorSet): boolean {
    let count = signers.size;
    for (const id of this.#faulty) if (validators.has(id) && !signers.has(id)) count++;
    return isQuorum(count, validators);
  }

  /** Agreement, validity, and a certificate that verifies on its own. */
  onDecide(node: Witness, block: ProposedBlock, certificate: Certificate): void {
    const { height } = block.proposal.header;
    if (height !== node.headHeight + 1)
      violated('a node decides a height that is not its own', { node: node.index, height });
    const agreed = this.decided.get(height);
    if (agreed !== undefined && agreed !== block.hash)
      violated('two honest nodes decided different blocks', {
        node: node.index,
        height,
        hashes: [agreed, block.hash],
      });
    this.decided.set(height, block.hash);
    if (!this.#rules.isValid(block)) violated('an invalid block was decided', { node: node.index, height });
    if (!this.#isSealed(height, block.hash, certificate))
      violated('a certificate does not verify', { node: node.index, height });
    this.#forgetBelow(height - KEPT_HEIGHTS);
  }

  #isSealed(height: number, blockHash: string, certificate: Certificate): boolean {
    const validators = this.#rules.validatorsAt(height);
    const { signers, seals, round } = certificate;
    const indexes = signers.getTrueBitIndexes();
    if (certificate.height !== height || certificate.blockHash !== blockHash) return false;
    if (signers.bitLen !== validators.size || indexes.length !== seals.length) return false;
    const content = { tag: 'seal' as const, body: { height, round, blockHash } };
    return (
      isQuorum(indexes.length, validators) &&
      indexes.every((index, i) => {
        const publicKey = validators.at(index)?.consensusKey as string;
        return this.#signatures.scheme.verify(publicKey, content, seals[i] as string);
      })
    );
  }

  /** Old heights are forgotten in batches, so that long runs do not grow. */
  #forgetBelow(height: number): void {
    if (height % KEPT_HEIGHTS !== 0) return;
    for (const history of this.#histories.values()) {
      for (const key of history.signed.keys())
        if (Number(key.slice(0, key.indexOf(' '))) < height) history.signed.delete(key);
      for (const known of history.committed.keys()) if (known < height) history.committed.delete(known);
    }
    for (const known of this.#commits.keys()) if (known < height) this.#commits.delete(known);
  }
}

/** At least two thirds, in integers; not taken from the code under test. */
function isQuorum(count: number, validators: ValidatorSet): boolean {
  return 3 * count >= 2 * validators.size;
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
