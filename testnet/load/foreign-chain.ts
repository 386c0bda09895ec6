import { BitArray } from '@chainsafe/ssz';
import type { KeyPair } from '../../src/crypto/ed25519.ts';
import { sha256 } from '../../src/crypto/hash.ts';
import { type BlockHeader, HEADER_VERSION, hashHeader } from '../../src/types/block.ts';
import { voteSigningBytes } from '../../src/types/certificate.ts';
import type { LightBlock } from '../../src/types/light-block.ts';
import type { Hash } from '../../src/types/ssz-bytes.ts';
import { type Validator, ValidatorSet } from '../../src/types/validator.ts';
import { toHex, utf8 } from '../../src/util/bytes.ts';
import { deriveValidator } from '../identities.ts';

const CHAIN_ID = 9_001;
const GROUPS = 3;
const VALIDATORS_PER_GROUP = 4;
/** How many blocks one group of validators is in office. */
const TERM = 8;
const BLOCK_MS = 100;
const NO_HASH = '00'.repeat(32);

interface Group {
  readonly set: ValidatorSet;
  readonly keys: ReadonlyMap<string, KeyPair>;
}

/**
 * Another chain, as far as light clients see it: headers with real seals, whose validators change every few blocks.
 * Everything follows from the seed and the time of its first block, so it can be planned before the load begins.
 */
export class ForeignChain {
  readonly genesisHash: Hash;
  readonly #seed: string;
  readonly #beginMs: number;
  readonly #groups: readonly Group[];
  readonly #headers: BlockHeader[] = [];

  constructor(seed: string, beginMs: number) {
    this.#seed = seed;
    this.#beginMs = beginMs;
    this.genesisHash = this.#hash('genesis');
    this.#groups = Array.from({ length: GROUPS }, (_, group) => groupOf(seed, group));
  }

  #hash(what: string): Hash {
    return toHex(sha256(utf8(`foreign chain ${this.#seed} ${what}`)));
  }

  #groupAt(height: number): Group {
    return this.#groups[Math.floor((height - 1) / TERM) % GROUPS] as Group;
  }

  #header(height: number): BlockHeader {
    for (let next = this.#headers.length + 1; next <= height; next++) this.#headers.push(this.#make(next));
    return this.#headers[height - 1] as BlockHeader;
  }

  #make(height: number): BlockHeader {
    const parent = this.#headers.at(-1);
    const { set } = this.#groupAt(height);
    return {
      version: HEADER_VERSION,
      chainId: CHAIN_ID,
      height,
      timeMs: this.#beginMs + height * BLOCK_MS,
      parentHash: parent === undefined ? this.genesisHash : hashHeader(parent),
      proposer: (set.at(height % set.size) as Validator).id,
      beacon: { proof: '00'.repeat(80), output: NO_HASH },
      sectionsRoot: this.#hash(`sections ${height}`),
      receiptsRoot: this.#hash(`receipts ${height}`),
      stateRoot: this.#hash(`state ${height}`),
      validatorsHash: set.hash,
      nextValidatorsHash: this.#groupAt(height + 1).set.hash,
      lastCertificateHash: this.#hash(`certificate ${height - 1}`),
      evidenceRoot: NO_HASH,
    };
  }

  /** The last block that a client at `height` can be led to in one step: the one that changes the validators. */
  lastInReach(height: number): number {
    return Math.ceil((height + 1) / TERM) * TERM;
  }

  /** A final block, sealed by a quorum, or by one validator fewer. */
  lightBlock(height: number, change: Partial<BlockHeader> = {}, missing: 0 | 1 = 0): LightBlock {
    const { set, keys } = this.#groupAt(height);
    const header = { ...this.#header(height), ...change };
    const vote = { height, round: 0, blockHash: hashHeader(header) };
    const bytes = voteSigningBytes('seal', this.genesisHash, vote);
    const sealing = set.members.slice(0, set.quorum - missing);
    return {
      header,
      certificate: {
        ...vote,
        signers: BitArray.fromBoolArray(set.members.map((_, index) => index < sealing.length)),
        seals: sealing.map(({ id }) => (keys.get(id) as KeyPair).sign(bytes)),
      },
      validators: [...set.members],
    };
  }
}

function groupOf(seed: string, group: number): Group {
  const identities = Array.from({ length: VALIDATORS_PER_GROUP }, (_, index) =>
    deriveValidator(seed, `foreign-${group}-${index + 1}`),
  );
  const set = new ValidatorSet(
    identities.map(({ account, consensus, vrf }) => ({
      id: account.address,
      consensusKey: consensus.publicKey,
      vrfKey: vrf.publicKey,
    })),
  );
  return { set, keys: new Map(identities.map(({ account, consensus }) => [account.address, consensus])) };
}
