import type { OwnMessage } from '../consensus/contract.ts';
import type { Network } from '../network/contract.ts';
import type { ConsensusMessage } from '../types/consensus-message.ts';
import type { Address, Hash } from '../types/ssz.ts';
import { LIMITS } from '../util/limits.ts';

/** Who collects at a height, and how many votes are worth passing on. */
export interface CollectedHeight {
  readonly height: number;
  /** Undefined where all votes go to all. */
  readonly collector: Address | undefined;
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
 * The way of Prepares and Commits in a large set. Those of round 0 go to the collector; once it holds a quorum of a
 * step, the quorum leaves in one frame to each validator, and nobody checks more signatures than it needs. Who voted
 * and does not see that vote's step end in time sends its votes to all, as everyone does in later rounds: a collector
 * that fails or withholds costs the height that time and nothing else. A step has its time from its own vote on, since
 * votes to all are the most expensive thing that validators can do who are late because their machines are busy.
 */
export class VoteCollection {
  readonly #network: Outgoing;
  readonly #self: Address | undefined;
  #at: CollectedHeight = { height: 0, collector: undefined, quorum: 0 };
  /** Own votes that only the collector has. */
  #entrusted: Uint8Array[] = [];
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
    this.stop();
    this.#at = at;
    this.#isPatient = true;
  }

  stop(): void {
    clearTimeout(this.#patience);
    this.#patience = undefined;
    this.#entrusted = [];
    this.#collected.clear();
    this.#passedOn.clear();
  }

  /** Sends an own vote on its way; false for a message that goes to all at once. */
  send(message: OwnMessage, bytes: Uint8Array): boolean {
    const vote = voteOf(message);
    if (vote === undefined || !this.#isCollected(vote) || !this.#isPatient) return false;
    const { collector } = this.#at;
    if (collector === this.#self) this.#collect(vote, bytes);
    else if (collector === undefined || !this.#network.sendTo(collector, 'vote', bytes)) return false;
    this.#entrusted.push(bytes);
    clearTimeout(this.#patience);
    this.#patience = setTimeout(() => this.#turnToAll(), LIMITS.maxCollectorDelayMs);
    return true;
  }

  /** A vote of another validator, with a valid signature. */
  heard(message: ConsensusMessage, bytes: Uint8Array): void {
    const vote = voteOf(message);
    if (vote !== undefined && this.#at.collector === this.#self && this.#isCollected(vote))
      this.#collect(vote, bytes);
  }

  #isCollected({ height, round }: RoundVote): boolean {
    return this.#at.collector !== undefined && height === this.#at.height && round === 0;
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
    for (const bytes of this.#entrusted) this.#network.publish('vote', bytes);
    this.#entrusted = [];
  }
}

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
