import type { OwnMessage } from '../consensus/contract.ts';
import { fieldsOf } from '../consensus/message-fields.ts';
import type { Network } from '../network/contract.ts';
import type { ConsensusMessage } from '../types/consensus-message.ts';
import type { Address, Hash } from '../types/ssz-bytes.ts';
import { LIMITS } from '../util/limits.ts';

/** Who collects at a height, and how many votes are worth passing on. */
export interface CollectedHeight {
  readonly height: number;
  /** By round; undefined where all votes go to all. */
  readonly collectorOf: (round: number) => Address | undefined;
  readonly quorum: number;
}

interface RoundVote {
  readonly step: 'prepare' | 'commit';
  readonly signer: Address;
  readonly height: number;
  readonly round: number;
  readonly blockHash: Hash;
}

type Outgoing = Pick<Network, 'publish' | 'forward' | 'sendTo'>;

/**
 * The way of Prepares and Commits in a large set, and what is said again in any. Those of a round go to its collector;
 * once it holds a quorum of a step, the quorum leaves in one frame to each validator, and nobody checks more signatures
 * than it needs. Who voted and does not see that vote's step end in time sends its votes to all, and the later ones of
 * the round as well: a collector that fails or withholds costs the round that time and nothing else. A step has its
 * time from its own vote on, since votes to all are the most expensive thing that validators can do who are late
 * because their machines are busy; for the same reason it has longer in later rounds.
 */
export class VoteCollection {
  readonly #network: Outgoing;
  readonly #self: Address | undefined;
  #at: CollectedHeight = { height: 0, collectorOf: () => undefined, quorum: 0 };
  /** The highest round in which this validator has said something. */
  #round = 0;
  /** How often own messages of the height might have been sent again. */
  #occasions = 0;
  /** Own votes that only the collector has. */
  readonly #entrusted = new Map<RoundVote['step'], Uint8Array>();
  #patience: NodeJS.Timeout | undefined;
  #isPatient = true;
  /** Step and block → signer → vote, at the collector. */
  readonly #collected = new Map<string, Map<Address, Uint8Array>>();
  readonly #passedOn = new Set<string>();

  constructor(network: Outgoing, self: Address | undefined) {
    this.#network = network;
    this.#self = self;
  }

  startHeight(at: CollectedHeight): void {
    this.#at = at;
    this.#occasions = 0;
    this.#startRound(0);
  }

  stop(): void {
    clearTimeout(this.#patience);
    this.#patience = undefined;
    this.#entrusted.clear();
    this.#collected.clear();
    this.#passedOn.clear();
  }

  /** Sends an own vote on its way; false for a message that goes to all at once. */
  send(message: OwnMessage, bytes: Uint8Array): boolean {
    this.#follow(message);
    const vote = voteOf(message);
    if (vote === undefined || !this.#isOfRound(vote) || !this.#isPatient) return false;
    const collector = this.#at.collectorOf(this.#round);
    if (collector === undefined) return false;
    if (collector === this.#self) this.#collect(vote, bytes);
    else if (!this.#network.sendTo(collector, 'vote', bytes)) return false;
    this.#entrusted.set(vote.step, bytes);
    clearTimeout(this.#patience);
    const longer = 2 ** Math.min(this.#round, MAX_DOUBLINGS);
    this.#patience = setTimeout(() => this.#turnToAll(), LIMITS.maxCollectorDelayMs * longer);
    return true;
  }

  /**
   * Those of own messages that are sent to all again, on an occasion that comes at an even pace. Who needs another
   * round has a slow network or a busy machine, which re-sends make slower: in round 1 every second occasion is used,
   * in later ones every fourth. What the collector has and the others will have from it is not sent again at all.
   */
  dueAgain(messages: readonly OwnMessage[]): OwnMessage[] {
    for (const message of messages) this.#follow(message);
    const isDue = this.#occasions++ % 2 ** Math.min(this.#round, MAX_DOUBLINGS) === 0;
    return isDue ? messages.filter((message) => !this.#isEntrusted(message)) : [];
  }

  /** A vote of another validator, with a valid signature. */
  heard(message: ConsensusMessage, bytes: Uint8Array): void {
    const vote = voteOf(message);
    if (vote !== undefined && this.#isOfRound(vote) && this.#at.collectorOf(this.#round) === this.#self)
      this.#collect(vote, bytes);
  }

  /** Own messages tell the round: its collector has proposed in it before anyone votes. */
  #follow(message: OwnMessage): void {
    const { height, round } = fieldsOf(message);
    if (height === this.#at.height && round > this.#round) this.#startRound(round);
  }

  #startRound(round: number): void {
    this.stop();
    this.#round = round;
    this.#isPatient = true;
  }

  #isEntrusted(message: OwnMessage): boolean {
    const vote = voteOf(message);
    return vote !== undefined && this.#isOfRound(vote) && this.#entrusted.has(vote.step);
  }

  #isOfRound({ height, round }: RoundVote): boolean {
    return height === this.#at.height && round === this.#round;
  }

  #collect({ step, signer, blockHash }: RoundVote, bytes: Uint8Array): void {
    const slot = `${step}/${blockHash}`;
    if (this.#passedOn.has(slot)) return;
    const votes = this.#collected.get(slot) ?? new Map<Address, Uint8Array>();
    this.#collected.set(slot, votes.set(signer, bytes));
    if (votes.size < this.#at.quorum) return;
    this.#passedOn.add(slot);
    for (const vote of votes.values()) this.#network.forward('vote', vote);
  }

  #turnToAll(): void {
    this.#isPatient = false;
    for (const bytes of this.#entrusted.values()) this.#network.publish('vote', bytes);
    this.#entrusted.clear();
  }
}

/** Of the time that a step has and of the pace of re-sends, as rounds have longer time-outs. */
const MAX_DOUBLINGS = 2;

function voteOf(message: ConsensusMessage): RoundVote | undefined {
  if (message.kind === 'prepare') {
    const { body, signer } = message.prepare;
    return { step: 'prepare', signer, ...body };
  }
  if (message.kind === 'commit') {
    const { body, signer } = message.commit;
    return { step: 'commit', signer, ...body };
  }
  return undefined;
}
