import { BitArray } from '@chainsafe/ssz';
import type { KeyPair } from '../../src/crypto/ed25519.ts';
import type { BlockHeader } from '../../src/types/block.ts';
import type { LightBlock, SealedHeader } from '../../src/types/light-block.ts';
import { CertifiedChain, certify, setOf, validatorGroup } from './certified-chain.ts';

type Group = ReadonlyMap<string, KeyPair>;

/** Another chain as a light client meets it: headers with real seals, one second apart, and forgeries of them. */
export class ForeignChain {
  readonly chain: CertifiedChain;

  /** `groups[h - 1]` is V(h); the last one stays. */
  constructor(groups: readonly Group[] = [validatorGroup(40, 4)], blocks = 10) {
    this.chain = new CertifiedChain(groups);
    for (let height = 1; height <= blocks; height++) this.chain.append([]);
  }

  get genesisHash(): string {
    return this.chain.genesisHash;
  }

  lightBlock(height: number): LightBlock {
    const { block, certificate } = this.chain.blockAt(height);
    return { header: block.header, certificate, validators: [...setOf(this.chain.groupAt(height)).members] };
  }

  /** The block of a height with other content, sealed by `count` of its validators, by default a quorum. */
  variant(height: number, change: Partial<BlockHeader>, count?: number): LightBlock {
    const group = this.chain.groupAt(height);
    const header = { ...this.lightBlock(height).header, ...change };
    const certificate = certify(header, this.genesisHash, group, count);
    return { header, certificate, validators: [...setOf(group).members] };
  }
}

/** Header and certificate of a block. */
export function sealedHeader({ header, certificate }: LightBlock): SealedHeader {
  return { header, certificate };
}

/** A certificate of the header by all who are in the set; `silent` members did not seal. */
export function certificateOf(
  header: { height: number; blockHash: string },
  validators: number,
  silent: readonly number[] = [],
) {
  const signed = Array.from({ length: validators }, (_, index) => !silent.includes(index));
  return {
    ...header,
    round: 0,
    signers: BitArray.fromBoolArray(signed),
    seals: signed.filter(Boolean).map(() => '00'.repeat(64)),
  };
}
