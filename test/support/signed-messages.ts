import { BitArray } from '@chainsafe/ssz';
import type { CompleteBlock } from '../../src/chain/complete-block.ts';
import type { KeyPair } from '../../src/crypto/ed25519.ts';
import { proposalOf } from '../../src/types/block.ts';
import { voteSigningBytes } from '../../src/types/certificate.ts';
import {
  type ConsensusMessage,
  NOT_PREPARED,
  roundChangeSigningBytes,
  type SignedRoundChange,
  type SignedVote,
  ZERO_HASH,
} from '../../src/types/consensus-message.ts';
import type { ChainWorld } from './chain.ts';

/** Consensus messages of the validators of a world, signed with their real keys. */
export class SignedMessages {
  readonly #world: ChainWorld;

  constructor(world: ChainWorld) {
    this.#world = world;
  }

  /** A vote of validator `index`; `key` signs in its place. */
  vote(
    tag: 'proposal' | 'prepare' | 'seal',
    index: number,
    block: CompleteBlock,
    round = 0,
    key?: KeyPair,
  ): SignedVote {
    const body = { height: block.block.header.height, round, blockHash: block.hash };
    const { id, consensusKey } = this.#world.producer(index);
    const bytes = voteSigningBytes(tag, this.#world.genesisHash, body);
    return { body, signer: id, signature: (key ?? consensusKey).sign(bytes) };
  }

  /** Not prepared, unless a block and the round in which it was prepared are given. */
  roundChange(
    index: number,
    round: number,
    prepared?: { block: CompleteBlock; round: number },
    height = 1,
  ): SignedRoundChange {
    const body = {
      height,
      round,
      preparedRound: prepared?.round ?? NOT_PREPARED,
      preparedHash: prepared?.block.hash ?? ZERO_HASH,
    };
    const { id, consensusKey } = this.#world.producer(index);
    return {
      body,
      signer: id,
      signature: consensusKey.sign(roundChangeSigningBytes(this.#world.genesisHash, body)),
    };
  }

  prepare(index: number, block: CompleteBlock, round = 0): ConsensusMessage {
    return { kind: 'prepare', prepare: this.vote('prepare', index, block, round) };
  }

  commit(index: number, block: CompleteBlock, round = 0): ConsensusMessage {
    return { kind: 'commit', commit: this.vote('seal', index, block, round) };
  }

  proposal(
    index: number,
    block: CompleteBlock,
    round = 0,
    justification: { roundChanges?: SignedRoundChange[]; prepares?: SignedVote[] } = {},
  ): ConsensusMessage {
    return {
      kind: 'proposal',
      proposal: this.vote('proposal', index, block, round),
      block: proposalOf(block.block),
      roundChanges: justification.roundChanges ?? [],
      prepares: justification.prepares ?? [],
    };
  }

  /** A decided block with the seals of the given validators. */
  decided(block: CompleteBlock, indexes: readonly number[]): ConsensusMessage {
    const seals = indexes.map((index) => this.vote('seal', index, block).signature);
    const signers = BitArray.fromBoolArray(this.#world.validators.map((_, index) => indexes.includes(index)));
    const { height } = block.block.header;
    return {
      kind: 'decided',
      block: proposalOf(block.block),
      certificate: { height, round: 0, blockHash: block.hash, signers, seals },
    };
  }
}
