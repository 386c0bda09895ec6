import { BitArray } from '@chainsafe/ssz';
import { signTransaction } from '../../src/client/transaction-builder.ts';
import { type KeyPair, keyPairFromSeed } from '../../src/crypto/ed25519.ts';
import { addressOf } from '../../src/types/address.ts';
import { type Block, type BlockHeader, hashHeader } from '../../src/types/block.ts';
import { type Certificate, voteSigningBytes } from '../../src/types/certificate.ts';
import { DEFAULT_PARAMETERS, type Genesis, hashGenesis } from '../../src/types/genesis.ts';
import { LEDGERS } from '../../src/types/names.ts';
import { encodeOperation } from '../../src/types/operations/catalog.ts';
import { ECONOMY } from '../../src/types/operations/economy.ts';
import {
  type BlockReceipts,
  NO_FAILED_OPERATION,
  type Receipt,
  receiptListRoot,
  receiptsRoot,
} from '../../src/types/receipt.ts';
import { emptySection, sectionsRoot } from '../../src/types/section.ts';
import { encode } from '../../src/types/ssz.ts';
import { type EncodedTransaction, SCHEME_ED25519 } from '../../src/types/transaction.ts';
import { type Validator, ValidatorSet } from '../../src/types/validator.ts';
import { fromHex } from '../../src/util/bytes.ts';

const ZERO_HASH = '00'.repeat(32);
const ALICE = keyPairFromSeed(new Uint8Array(32).fill(200));

/** A group of validators with their keys; `first` seeds them, so groups with disjoint seeds share nobody. */
export function validatorGroup(first: number, count: number): Map<string, KeyPair> {
  const pairs = Array.from({ length: count }, (_, i) => keyPairFromSeed(new Uint8Array(32).fill(first + i)));
  return new Map(pairs.map((pair) => [addressOf(SCHEME_ED25519, fromHex(pair.publicKey)), pair]));
}

export function setOf(group: ReadonlyMap<string, KeyPair>): ValidatorSet {
  return new ValidatorSet(membersOf(group));
}

function membersOf(group: ReadonlyMap<string, KeyPair>): Validator[] {
  return [...group].map(([id, { publicKey }]) => ({ id, consensusKey: publicKey, vrfKey: publicKey }));
}

export interface CertifiedBlock {
  readonly height: number;
  readonly hash: string;
  readonly block: Block;
  readonly certificate: Certificate;
  readonly receipts: BlockReceipts;
  readonly transactions: readonly EncodedTransaction[];
}

/**
 * A chain with real keys, signatures, receipts and certificates, but without execution: what a light client sees.
 * `groups[h - 1]` is V(h); the last one stays. Each block holds `perBlock` transfers of Alice.
 */
export class CertifiedChain {
  readonly genesis: Genesis;
  readonly genesisHash: string;
  readonly blocks: CertifiedBlock[] = [];
  readonly #groups: readonly ReadonlyMap<string, KeyPair>[];
  #nonce = 0n;

  constructor(groups: readonly ReadonlyMap<string, KeyPair>[]) {
    this.#groups = groups;
    this.genesis = {
      version: 1,
      salt: '07'.repeat(16),
      chainId: 77,
      testnet: true,
      timeMs: 1_700_000_000_000,
      parameters: DEFAULT_PARAMETERS,
      validators: membersOf(this.groupAt(1)).map((validator) => ({ ...validator, bond: 0n })),
      allocations: [],
      meters: [],
      banks: [],
      authorities: [],
      forks: [],
    };
    this.genesisHash = hashGenesis(this.genesis);
  }

  groupAt(height: number): ReadonlyMap<string, KeyPair> {
    return this.#groups[Math.min(height, this.#groups.length) - 1] as ReadonlyMap<string, KeyPair>;
  }

  get height(): number {
    return this.blocks.length;
  }

  blockAt(height: number): CertifiedBlock {
    const block = this.blocks[height - 1];
    if (block === undefined) throw new RangeError(`no block ${height}`);
    return block;
  }

  /** A transfer of Alice with her next nonce. */
  nextTransaction(): EncodedTransaction {
    return signTransaction(
      ALICE,
      { chainId: this.genesis.chainId, genesisHash: this.genesisHash },
      {
        ledger: 'economy',
        nonce: this.#nonce++,
        validUntilMs: 1_800_000_000_000,
        maxFee: 5_000n,
        operations: [
          encodeOperation(ECONOMY.operations.Transfer, {
            to: addressOf(SCHEME_ED25519, new Uint8Array(32)),
            token: 'FLX',
            amount: 1_000_000n,
            reference: 'lunch',
          }),
        ],
      },
    );
  }

  /** Appends a block with these transactions on the economy ledger, each with a successful receipt. */
  append(transactions: readonly EncodedTransaction[]): CertifiedBlock {
    const height = this.height + 1;
    const parent = this.blocks.at(-1);
    const parentHash = parent?.hash ?? this.genesisHash;
    const receipts: BlockReceipts = {
      sections: LEDGERS.map((ledger) =>
        ledger === 'economy' ? transactions.map((one, i) => receiptOf(one, height, i)) : [],
      ),
      system: [],
    };
    const sections = LEDGERS.map((ledger) => emptySection(ledger, height, parentHash, ZERO_HASH));
    const header: BlockHeader = {
      version: 1,
      chainId: this.genesis.chainId,
      height,
      timeMs: this.genesis.timeMs + height * 1000,
      parentHash,
      proposer: setOf(this.groupAt(height)).at(0)?.id as string,
      beacon: { proof: '00'.repeat(80), output: ZERO_HASH },
      sectionsRoot: sectionsRoot(sections),
      receiptsRoot: receiptsRoot(receipts.sections.map(receiptListRoot), receipts.system),
      stateRoot: '11'.repeat(32),
      validatorsHash: setOf(this.groupAt(height)).hash,
      nextValidatorsHash: setOf(this.groupAt(height + 1)).hash,
      lastCertificateHash: ZERO_HASH,
      evidenceRoot: ZERO_HASH,
    };
    const hash = hashHeader(header);
    const block: Block = {
      header,
      body: { sections, lastCertificate: [], evidence: [] },
      transactions: LEDGERS.map((ledger) =>
        ledger === 'economy' ? transactions.map(({ bytes }) => bytes) : [],
      ),
    };
    const certificate = certify(header, this.genesisHash, this.groupAt(height));
    const certified = { height, hash, block, certificate, receipts, transactions };
    this.blocks.push(certified);
    return certified;
  }
}

function receiptOf({ id, value }: EncodedTransaction, height: number, index: number): Receipt {
  return {
    ledger: value.body.ledger,
    txId: id,
    height,
    index,
    status: 0,
    failedOperation: NO_FAILED_OPERATION,
    gas: 700,
    charges: [{ token: 'FLX', amount: 700n }],
    events: [
      {
        operation: 0,
        kind: ECONOMY.events.CoinRedeemed.kind,
        data: encode(ECONOMY.events.CoinRedeemed.type, { from: value.body.sender, token: 'FLX', amount: 1n }),
      },
    ],
    proofCommitment: '22'.repeat(32),
  };
}

/** A certificate with seals of the first `count` members of the group, by default a quorum. */
export function certify(
  header: BlockHeader,
  genesisHash: string,
  group: ReadonlyMap<string, KeyPair>,
  count?: number,
): Certificate {
  const set = setOf(group);
  const vote = { height: header.height, round: 0, blockHash: hashHeader(header) };
  const bytes = voteSigningBytes('seal', genesisHash, vote);
  const signing = set.members.slice(0, count ?? set.quorum);
  return {
    ...vote,
    signers: BitArray.fromBoolArray(set.members.map((member) => signing.includes(member))),
    seals: signing.map(({ id }) => (group.get(id) as KeyPair).sign(bytes)),
  };
}
