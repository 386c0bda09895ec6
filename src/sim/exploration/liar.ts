import { BitArray } from '@chainsafe/ssz';
import type { OwnMessage, ProposedBlock, UnsignedMessage } from '../../consensus/contract.ts';
import {
  type CommitMessage,
  NOT_PREPARED,
  type PrepareMessage,
  type RoundChangeBody,
  type RoundChangeMessage,
  type SignedRoundChange,
  type SignedVote,
  ZERO_HASH,
} from '../../types/consensus-message.ts';
import { HEIGHT, type MessagePool } from './message-pool.ts';

/** Rounds and blocks that votes were cast in and for, by honest validators. */
interface Heard {
  readonly prepares: readonly SignedVote[];
  readonly commits: readonly SignedVote[];
  readonly roundChanges: readonly RoundChangeMessage[];
  readonly blocks: readonly ProposedBlock[];
}

/** Round changes of the liar: with a proof, and without one or for a round that is not lower. */
interface Claims {
  readonly proved: readonly RoundChangeMessage[];
  readonly lies: readonly RoundChangeMessage[];
}

const FORGED = 'f0'.repeat(64);
const UNPREPARED = { preparedRound: NOT_PREPARED, preparedHash: ZERO_HASH };

/**
 * Everything that one Byzantine validator could say at a moment, made of its own key and of what it has heard: two
 * blocks in each round that it leads, votes for every block in every round, round changes with every claim that it can
 * prove, every justification of a proposal; and lies that honest validators must see through: claims without proof,
 * signatures that do not hold, signers counted twice, short certificates, proposals out of turn.
 */
export class Liar {
  readonly #pool: MessagePool;
  readonly #index: number;
  readonly #rounds: number;
  readonly #known = new Map<string, readonly number[]>();

  constructor(pool: MessagePool, index: number, rounds: number) {
    this.#pool = pool;
    this.#index = index;
    this.#rounds = rounds;
  }

  /** Numbers of its messages, given the numbers of all that honest validators have sent. */
  repertoire(sent: ReadonlySet<number>, key: string): readonly number[] {
    let known = this.#known.get(key);
    if (known === undefined) {
      known = this.#invent(this.#hear(sent));
      this.#known.set(key, known);
    }
    return known;
  }

  #hear(sent: ReadonlySet<number>): Heard {
    const prepares: SignedVote[] = [];
    const commits: SignedVote[] = [];
    const roundChanges: RoundChangeMessage[] = [];
    const blocks = new Set<ProposedBlock>();
    for (const number of sent) {
      const message = this.#pool.at(number);
      if (message.kind === 'prepare') prepares.push(message.prepare);
      else if (message.kind === 'commit') commits.push(message.commit);
      else if (message.kind === 'round-change') roundChanges.push(message);
      else if (message.kind === 'proposal')
        blocks.add(this.#pool.blocks.get(message.proposal.body.blockHash) as ProposedBlock);
    }
    for (let round = 0; round < this.#rounds; round++)
      if (this.#leads(round)) for (const block of this.#ownBlocks(round)) blocks.add(block);
    return { prepares, commits, roundChanges, blocks: [...blocks] };
  }

  #leads(round: number): boolean {
    return round % this.#pool.validators.size === this.#index;
  }

  #ownBlocks(round: number): ProposedBlock[] {
    return [0, 1].map((variant) => this.#pool.build(this.#index, round, variant));
  }

  #invent(heard: Heard): number[] {
    const numbers = new Set<number>();
    for (let round = 0; round < this.#rounds; round++) {
      for (const block of heard.blocks) {
        numbers.add(this.#prepare(round, block).number);
        numbers.add(this.#commit(round, block).number);
      }
      if (round === 0) this.#firstProposals(numbers);
      else {
        const claims = this.#roundChanges(round, heard, numbers);
        if (this.#leads(round)) this.#laterProposals(round, heard, claims, numbers);
      }
    }
    this.#shortCertificates(heard, numbers);
    return [...numbers];
  }

  #prepare(round: number, block: ProposedBlock): { number: number; vote: SignedVote } {
    const unsigned = { kind: 'prepare' as const, height: HEIGHT, round, blockHash: block.hash, block };
    const { number, message } = this.#pool.sign(unsigned, this.#index);
    return { number, vote: (message as PrepareMessage).prepare };
  }

  #commit(round: number, block: ProposedBlock): { number: number; vote: SignedVote } {
    const unsigned = { kind: 'commit' as const, height: HEIGHT, round, blockHash: block.hash, prepares: [] };
    const { number, message } = this.#pool.sign(unsigned, this.#index);
    return { number, vote: (message as CommitMessage).commit };
  }

  /** Two blocks where it is the first leader, one out of turn where it is not. */
  #firstProposals(numbers: Set<number>): void {
    const blocks = this.#ownBlocks(0);
    for (const block of this.#leads(0) ? blocks : blocks.slice(0, 1))
      numbers.add(this.#propose(0, block, [], []).number);
  }

  #propose(round: number, block: ProposedBlock, roundChanges: SignedRoundChange[], prepares: SignedVote[]) {
    const unsigned = { kind: 'proposal' as const, height: HEIGHT, round, block, roundChanges, prepares };
    return this.#pool.sign(unsigned, this.#index);
  }

  /** Claims to be unprepared, or prepared in any round on any block: proved where there is a proof, and without one. */
  #roundChanges(round: number, heard: Heard, numbers: Set<number>): Claims {
    type Claim = Pick<RoundChangeBody, 'preparedRound' | 'preparedHash'>;
    const change = (claim: Claim, prepares: SignedVote[]) =>
      ({ kind: 'round-change', height: HEIGHT, round, ...claim, prepares }) as const;
    const keep = ({ number, message }: { number: number; message: OwnMessage }) => {
      numbers.add(number);
      return message as RoundChangeMessage;
    };
    const proved = [keep(this.#pool.sign(change(UNPREPARED, []), this.#index))];
    const lies: RoundChangeMessage[] = [];
    for (let preparedRound = 0; preparedRound <= round; preparedRound++)
      for (const block of heard.blocks) {
        const claim = { preparedRound, preparedHash: block.hash };
        const certificate = this.#certificate(preparedRound, block, heard);
        if (certificate === undefined)
          lies.push(keep(this.#forge(change(claim, this.#forgedCertificate(preparedRound, block)))));
        else if (preparedRound === round) lies.push(keep(this.#forge(change(claim, certificate))));
        else proved.push(keep(this.#pool.sign(change(claim, certificate), this.#index)));
      }
    return { proved, lies };
  }

  #forgedCertificate(round: number, { hash }: ProposedBlock): SignedVote[] {
    const { members, quorum } = this.#pool.validators;
    const body = { height: HEIGHT, round, blockHash: hash };
    return members.slice(0, quorum).map(({ id }) => ({ body, signer: id, signature: FORGED }));
  }

  /** A quorum of prepares for a block in a round: what others have sent, and the own one. */
  #certificate(round: number, block: ProposedBlock, heard: Heard): SignedVote[] | undefined {
    const others = heard.prepares.filter(({ body }) => body.round === round && body.blockHash === block.hash);
    const { quorum } = this.#pool.validators;
    if (others.length + 1 < quorum) return undefined;
    return [this.#prepare(round, block).vote, ...others].slice(0, quorum);
  }

  /** Every quorum of round changes with every block: those that it justifies, and the others as well. */
  #laterProposals(round: number, heard: Heard, { proved, lies }: Claims, numbers: Set<number>): void {
    const others = heard.roundChanges.filter(({ roundChange }) => roundChange.body.round === round);
    const { quorum } = this.#pool.validators;
    const quorums: RoundChangeMessage[][] = subsets(others, quorum);
    for (const first of proved)
      for (const rest of subsets(others, quorum - 1)) quorums.push([first, ...rest]);
    const blocks = [...new Set([...this.#ownBlocks(round), ...heard.blocks])];
    for (const chosen of quorums) {
      const roundChanges = chosen.map(({ roundChange }) => roundChange);
      for (const block of blocks) {
        const proofs = chosen.filter(({ roundChange }) => roundChange.body.preparedHash === block.hash);
        for (const { prepares } of proofs)
          numbers.add(this.#propose(round, block, roundChanges, prepares).number);
        if (proofs.length === 0) numbers.add(this.#propose(round, block, roundChanges, []).number);
      }
    }
    const rest = others.slice(0, quorum - 1);
    for (const lie of rest.length < quorum - 1 ? [] : lies) {
      const block = this.#pool.blocks.get(lie.roundChange.body.preparedHash) as ProposedBlock;
      const roundChanges = [lie, ...rest].map(({ roundChange }) => roundChange);
      const { prepares } = lie;
      numbers.add(
        this.#forge({ kind: 'proposal', height: HEIGHT, round, block, roundChanges, prepares }).number,
      );
    }
    this.#forgedQuorums(round, proved[0] as RoundChangeMessage, numbers);
  }

  /** A fresh block justified by one round change that counts several times, and by claims that nobody signed. */
  #forgedQuorums(round: number, own: RoundChangeMessage, numbers: Set<number>): void {
    const { quorum, members } = this.#pool.validators;
    const [block] = this.#ownBlocks(round) as [ProposedBlock];
    const repeated = Array.from({ length: quorum }, () => own.roundChange);
    const body = { height: HEIGHT, round, ...UNPREPARED };
    const unsigned = members.slice(0, quorum).map(({ id }) => ({ body, signer: id, signature: FORGED }));
    for (const roundChanges of [repeated, unsigned])
      numbers.add(
        this.#forge({ kind: 'proposal', height: HEIGHT, round, block, roundChanges, prepares: [] }).number,
      );
  }

  /** A message of its own that is no better than it looks: never taken for another one with the same claim. */
  #forge(unsigned: UnsignedMessage): { number: number; message: OwnMessage } {
    const message = this.#pool.signatures.sign(unsigned, this.#pool.validator(this.#index));
    return { number: this.#pool.numberOfForged(message), message };
  }

  /** Blocks with one seal less than a quorum, said to be decided. */
  #shortCertificates(heard: Heard, numbers: Set<number>): void {
    const { validators } = this.#pool;
    for (const { body, signer, signature } of heard.commits) {
      const block = this.#pool.blocks.get(body.blockHash) as ProposedBlock;
      const seals = [{ signer, signature }, { ...this.#commit(body.round, block).vote }];
      seals.sort((a, b) => (a.signer < b.signer ? -1 : 1));
      const signers = BitArray.fromBitLen(validators.size);
      for (const seal of seals) signers.set(validators.indexOf(seal.signer) as number, true);
      const certificate = { ...body, signers, seals: seals.map((seal) => seal.signature) };
      const message = { kind: 'decided' as const, block: block.proposal, certificate };
      numbers.add(this.#pool.numberOfForged(message));
    }
  }
}

/** All ways to take `count` of the items, in their order. */
function subsets<T>(items: readonly T[], count: number): T[][] {
  if (count === 0) return [[]];
  return items.flatMap((item, index) =>
    subsets(items.slice(index + 1), count - 1).map((rest) => [item, ...rest]),
  );
}
