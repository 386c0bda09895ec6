import type { ProposedBlock } from '../../../src/consensus/contract.ts';
import type { Signatures } from '../../../src/sim/signatures.ts';
import {
  type CommitMessage,
  NOT_PREPARED,
  type PrepareMessage,
  type ProposalMessage,
  type RoundChangeMessage,
  type SignedVote,
  ZERO_HASH,
} from '../../../src/types/consensus-message.ts';
import type { Validator } from '../../../src/types/validator.ts';

/** Another validator: makes signed messages of any content, true or not. */
export class Peer {
  readonly id: string;
  readonly #validator: Validator;
  readonly #tokens: Signatures;

  constructor(validator: Validator, tokens: Signatures) {
    this.id = validator.id;
    this.#validator = validator;
    this.#tokens = tokens;
  }

  proposal(
    round: number,
    block: ProposedBlock,
    justification: { roundChanges?: RoundChangeMessage[]; prepares?: SignedVote[] } = {},
  ): ProposalMessage {
    const { height } = block.proposal.header;
    const roundChanges = (justification.roundChanges ?? []).map((message) => message.roundChange);
    const prepares = justification.prepares ?? [];
    return this.#sign<ProposalMessage>({ kind: 'proposal', height, round, block, roundChanges, prepares });
  }

  prepare(round: number, block: ProposedBlock, height = block.proposal.header.height): PrepareMessage {
    return this.#sign<PrepareMessage>({ kind: 'prepare', height, round, blockHash: block.hash, block });
  }

  commit(round: number, block: ProposedBlock, height = block.proposal.header.height): CommitMessage {
    return this.#sign<CommitMessage>({ kind: 'commit', height, round, blockHash: block.hash, prepares: [] });
  }

  /** Not prepared unless a prepared round, its block and the prepares are given. */
  roundChange(
    round: number,
    prepared?: { round: number; block: ProposedBlock; prepares: SignedVote[] },
    height = prepared?.block.proposal.header.height ?? 1,
  ): RoundChangeMessage {
    return this.#sign<RoundChangeMessage>({
      kind: 'round-change',
      height,
      round,
      preparedRound: prepared?.round ?? NOT_PREPARED,
      preparedHash: prepared?.block.hash ?? ZERO_HASH,
      prepares: prepared?.prepares ?? [],
    });
  }

  #sign<M>(message: Parameters<Signatures['sign']>[0]): M {
    return this.#tokens.sign(message, this.#validator) as M;
  }
}

/** The prepares of several peers for one block in one round. */
export function preparesOf(peers: readonly Peer[], round: number, block: ProposedBlock): SignedVote[] {
  return peers.map((peer) => peer.prepare(round, block).prepare);
}

export function sealsOf(peers: readonly Peer[], round: number, block: ProposedBlock): SignedVote[] {
  return peers.map((peer) => peer.commit(round, block).commit);
}
