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

interface SignedVote {
  readonly vote: RoundVote;
  readonly bytes: Uint8Array;
}

type Outgoing = Pick<Network, 'publish' | 'forward' | 'sendTo'>;

/**
 * The way of Prepares and Commits in a large set, and what is said again in any. Those of a round go to its collector;
 * once it holds a quorum of a step, the quorum leaves in one frame to each validator, and nobody checks more signatures
 * than it needs. Who voted and does not see that vote's step end in time entrusts its votes, and the later ones of the
 * round, to the collector of the next round as well, and who still does not, sends them to all: a collector that fails
 * or withholds costs the round that time and nothing else. A second collector comes first since votes to all are the
 * most expensive thing that validators can do, and most of those who are late are so because their machines are busy; for
 * the same reason a step has longer in later rounds. It has its time from the own vote on.
 */
export class VoteCollection {
  readonly #network: Outgoing;
  readonly #self: Address | undefined;
  #at: CollectedHeight = { height: 0, collectorOf: () => undefined, quorum: 0 };
  /** The highest round in which this validator has said something. */
  #round = 0;
  /** How often own messages of the height might have been sent again. */
  #occasions = 0;
  /** Own votes that only collectors have. */
  readonly #entrusted = new Map<RoundVote['step'], SignedVote>();
  /** How many collectors an own vote of the round is entrusted to; none once it goes to all. */
  #collectors = 1;
  #patience: NodeJS.Timeout | undefined;
  /** By step the first vote of each, as nobody may have two, at those who may have to pass them on. */
  readonly #collected = { prepare: new Map<Address, SignedVote>(), commit: new Map<Address, SignedVote>() };
  /** Step and block. */
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
    for (const votes of Object.values(this.#collected)) votes.clear();
    this.#passedOn.clear();
  }

  /** Sends an own vote on its way; false for a message that goes to all at once. */
  send(message: OwnMessage, bytes: Uint8Array): boolean {
    this.#follow(message);
    const vote = voteOf(message);
    if (vote === undefined || !this.#isOfRound(vote)) return false;
    const own = { vote, bytes };
    const takers = this.#trusted.filter((collector) => this.#entrust(collector, own));
    if (takers.length === 0) return false;
    this.#entrusted.set(vote.step, own);
    this.#wait();
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
    if (vote !== undefined && this.#isOfRound(vote) && this.#ownTurn >= 0) this.#collect({ vote, bytes });
  }

  /** Who collects in the present round: its own collector and those of the rounds after it, in large sets. */
  #firstCollectors(count: number): (Address | undefined)[] {
    return Array.from({ length: count }, (_, turn) => this.#at.collectorOf(this.#round + turn));
  }

  /** Which of the collectors this validator is, from 0; -1 if it is none. */
  get #ownTurn(): number {
    return this.#self === undefined ? -1 : this.#firstCollectors(MOST_COLLECTORS).indexOf(this.#self);
  }

  /** The collectors that have own votes of the round now. */
  get #trusted(): Address[] {
    return this.#firstCollectors(this.#collectors).filter((collector) => collector !== undefined);
  }

  /** Whether it is on its way to the collector. */
  #entrust(collector: Address, signed: SignedVote): boolean {
    if (collector !== this.#self) return this.#network.sendTo(collector, 'vote', signed.bytes);
    this.#collect(signed);
    return true;
  }

  /** Own messages tell the round: its collector has proposed in it before anyone votes. */
  #follow(message: OwnMessage): void {
    const { height, round } = fieldsOf(message);
    if (height === this.#at.height && round > this.#round) this.#startRound(round);
  }

  #startRound(round: number): void {
    this.stop();
    this.#round = round;
    this.#collectors = 1;
  }

  #isEntrusted(message: OwnMessage): boolean {
    const vote = voteOf(message);
    return vote !== undefined && this.#isOfRound(vote) && this.#entrusted.has(vote.step);
  }

  #isOfRound({ height, round }: RoundVote): boolean {
    return height === this.#at.height && round === this.#round;
  }

  #collect(signed: SignedVote): void {
    const { step, signer } = signed.vote;
    const votes = this.#collected[step];
    if (votes.has(signer)) return;
    votes.set(signer, signed);
    this.#passOn(signed.vote);
  }

  /** A second collector waits until the first one has been given up here: else it would repeat what that one says. */
  #passOn({ step, blockHash }: RoundVote): void {
    const isDue = this.#ownTurn === 0 || (this.#ownTurn > 0 && this.#collectors !== 1);
    const slot = `${step}/${blockHash}`;
    if (!isDue || this.#passedOn.has(slot)) return;
    const votes = [...this.#collected[step].values()].filter(({ vote }) => vote.blockHash === blockHash);
    if (votes.length < this.#at.quorum) return;
    this.#passedOn.add(slot);
    for (const { bytes } of votes) this.#network.forward('vote', bytes);
  }

  #wait(): void {
    clearTimeout(this.#patience);
    const longer = 2 ** Math.min(this.#round, MAX_DOUBLINGS);
    this.#patience = setTimeout(() => this.#turn(), LIMITS.maxCollectorDelayMs * longer);
  }

  /** The collectors did not show the end of a step in time. */
  #turn(): void {
    const next = this.#firstCollectors(MOST_COLLECTORS)[this.#collectors];
    const entrusted = [...this.#entrusted.values()];
    if (next === undefined || !entrusted.every((own) => this.#entrust(next, own))) {
      this.#turnToAll();
      return;
    }
    this.#collectors += 1;
    for (const votes of Object.values(this.#collected))
      for (const { vote } of votes.values()) this.#passOn(vote);
    this.#wait();
  }

  #turnToAll(): void {
    this.#collectors = 0;
    for (const { bytes } of this.#entrusted.values()) this.#network.publish('vote', bytes);
    this.#entrusted.clear();
  }
}

/** To whom a vote is entrusted before it goes to all. */
const MOST_COLLECTORS = 2;
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
