import assert from 'node:assert/strict';
import { BitArray, type Type } from '@chainsafe/ssz';
import fc from 'fast-check';
import { type BlockHeader, BlockHeaderType, BlockProposalType, BlockType } from '../../src/types/block.ts';
import { CertificateType } from '../../src/types/certificate.ts';
import {
  type ConsensusMessage,
  decodeConsensusMessage,
  encodeConsensusMessage,
} from '../../src/types/consensus-message.ts';
import { EvidenceType } from '../../src/types/evidence.ts';
import { DEFAULT_PARAMETERS, GenesisType } from '../../src/types/genesis.ts';
import { JournalRecordType } from '../../src/types/journal.ts';
import { LEDGERS } from '../../src/types/names.ts';
import { BlockReceiptsType, encodeBlockReceipts } from '../../src/types/receipt.ts';
import { emptySection, SignedSectionType } from '../../src/types/section.ts';
import { decode, encode } from '../../src/types/ssz.ts';
import { TransactionType } from '../../src/types/transaction.ts';
import { ValidatorListType } from '../../src/types/validator.ts';
import { toHex } from '../../src/util/bytes.ts';

/** One value of each wire type with something in every list, so that a mutation can hit every offset. */
const hash = (byte: string) => byte.repeat(32);
const vote = {
  body: { height: 3, round: 1, blockHash: hash('aa') },
  signer: hash('01'),
  signature: 'bb'.repeat(64),
};
const roundChange = {
  body: { height: 3, round: 1, preparedRound: 0, preparedHash: hash('aa') },
  signer: hash('01'),
  signature: 'bb'.repeat(64),
};
const certificate = {
  height: 3,
  round: 1,
  blockHash: hash('aa'),
  signers: BitArray.fromBoolArray([true, false, true, true]),
  seals: ['bb', 'cc', 'dd'].map((byte) => byte.repeat(64)),
};
const header: BlockHeader = {
  version: 1,
  chainId: 7,
  height: 3,
  timeMs: 1_700_000_000_000,
  parentHash: hash('01'),
  proposer: hash('02'),
  beacon: { proof: '03'.repeat(80), output: hash('04') },
  sectionsRoot: hash('05'),
  receiptsRoot: hash('06'),
  stateRoot: hash('07'),
  validatorsHash: hash('08'),
  nextValidatorsHash: hash('09'),
  lastCertificateHash: hash('0a'),
  evidenceRoot: hash('0b'),
};
const evidence = { kind: 'prepare' as const, first: Uint8Array.of(1, 2), second: Uint8Array.of(3) };
const sections = LEDGERS.map((ledger) => emptySection(ledger, 3, hash('01'), hash('0c')));
const body = { sections, lastCertificate: [certificate], evidence: [evidence] };
const proposal = { header, body, transactionIds: [[hash('0d'), hash('0e')], [], [hash('0f')], [], []] };
const operation = { kind: 1, data: Uint8Array.of(1, 2, 3) };
const receipt = {
  ledger: 'economy' as const,
  txId: hash('01'),
  height: 3,
  index: 0,
  status: 0,
  failedOperation: 0xffff,
  gas: 21_000,
  charges: [{ token: 'FLX' as const, amount: 21n }],
  events: [{ operation: 0, kind: 2, data: Uint8Array.of(9) }],
  proofCommitment: hash('02'),
};
const validator = { id: hash('01'), consensusKey: hash('02'), vrfKey: hash('03') };

function sample<T>(type: Type<T>, value: T): [Type<unknown>, Uint8Array] {
  return [type as Type<unknown>, Uint8Array.from(encode(type, value))];
}

const SAMPLES: Readonly<Record<string, [Type<unknown>, Uint8Array]>> = {
  header: sample(BlockHeaderType, header),
  proposal: sample(BlockProposalType, proposal),
  block: sample(BlockType, {
    header,
    body,
    transactions: [[Uint8Array.of(1), Uint8Array.of()], [], [], [], []],
  }),
  certificate: sample(CertificateType, certificate),
  evidence: sample(EvidenceType, evidence),
  section: sample(SignedSectionType, sections[0] as (typeof sections)[number]),
  receipts: sample(BlockReceiptsType, {
    sections: [[receipt, receipt], [], [], [], [receipt]],
    system: [{ kind: 1, height: 3, index: 0, data: Uint8Array.of(1) }],
  }),
  validators: sample(ValidatorListType, [validator, validator]),
  'journal record': sample(JournalRecordType, {
    step: 'commit',
    height: 3,
    round: 1,
    blockHash: hash('aa'),
    message: Uint8Array.of(1),
    block: Uint8Array.of(2, 3),
    preparedCertificate: [vote],
  }),
  transaction: sample(TransactionType, {
    body: {
      version: 1,
      chainId: 7,
      ledger: 'bpi',
      sender: hash('01'),
      nonce: 2n ** 64n - 1n,
      validUntilMs: Number.MAX_SAFE_INTEGER,
      maxFee: 2n ** 128n - 1n,
      operations: [operation, operation],
    },
    auth: { scheme: 1, publicKey: new Uint8Array(32), signature: new Uint8Array(64) },
  }),
  genesis: sample(GenesisType, {
    version: 1,
    salt: '00'.repeat(16),
    chainId: 7,
    testnet: true,
    timeMs: 1,
    parameters: DEFAULT_PARAMETERS,
    validators: [{ ...validator, bond: 1n }],
    allocations: [{ address: hash('01'), token: 'GEN', amount: 1n }],
    meters: [{ payer: hash('01'), ledger: 'bpci', token: 'FLX', amount: 1n }],
    banks: [
      { lei: 'HWUPKR0MPOU8FGXBT394', bic: 'CHASUS33', tier: 1, account: hash('01'), licenseHash: hash('02') },
    ],
    authorities: [{ name: 'owner', threshold: 1, keys: [hash('01')] }],
    forks: [{ name: 'first', height: 9 }],
  }),
};

const MESSAGES: readonly ConsensusMessage[] = [
  { kind: 'proposal', proposal: vote, block: proposal, roundChanges: [roundChange], prepares: [vote, vote] },
  { kind: 'prepare', prepare: vote },
  { kind: 'commit', commit: vote },
  { kind: 'round-change', roundChange, prepares: [vote] },
  { kind: 'decided', block: proposal, certificate },
];

/** What a hostile sender may do to good bytes. */
const mutation = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('set' as const), at: fc.nat(), value: fc.nat(255) }),
    fc.record({ kind: fc.constant('drop' as const), at: fc.nat(), value: fc.integer({ min: 1, max: 8 }) }),
    fc.record({ kind: fc.constant('insert' as const), at: fc.nat(), value: fc.nat(255) }),
  ),
  { minLength: 1, maxLength: 4 },
);
type Mutation = typeof mutation extends fc.Arbitrary<infer T> ? T : never;

function mutate(bytes: Uint8Array, mutations: Mutation): Uint8Array {
  const out = [...bytes];
  for (const { kind, at, value } of mutations) {
    const index = at % (out.length + 1);
    if (kind === 'set' && index < out.length) out[index] = value;
    else if (kind === 'drop') out.splice(index, value);
    else if (kind === 'insert') out.splice(index, 0, value);
  }
  return Uint8Array.from(out);
}

/** The decoder refuses with its code, or what it gives encodes to exactly the same bytes. */
function assertCanonical<T>(
  bytes: Uint8Array,
  read: (bytes: Uint8Array) => T,
  write: (value: T) => Uint8Array,
): void {
  let value: T;
  try {
    value = read(bytes);
  } catch (error) {
    assert.equal((error as { code?: string }).code, 'MALFORMED_BYTES', String(error));
    return;
  }
  assert.equal(toHex(write(value)), toHex(bytes));
}

describe('wire types', () => {
  for (const [name, [type, bytes]] of Object.entries(SAMPLES)) {
    it(`a ${name} comes back from its bytes and from its JSON form`, () => {
      const value = decode(type, bytes, name);
      assert.equal(toHex(encode(type, value)), toHex(bytes));
      const json: unknown = JSON.parse(JSON.stringify(type.toJson(value)));
      assert.equal(toHex(encode(type, type.fromJson(json))), toHex(bytes));
    });

    it(`a ${name} with bytes changed, dropped or inserted is refused or means exactly its bytes`, () => {
      const write = (value: unknown) => encode(type, value);
      assertCanonical(Uint8Array.from([...bytes, 0]), (input) => decode(type, input, name), write);
      fc.assert(
        fc.property(mutation, (mutations) => {
          assertCanonical(mutate(bytes, mutations), (input) => decode(type, input, name), write);
        }),
        { numRuns: 400 },
      );
    });
  }

  it('receipts of a block are put together from encoded ones to the same bytes', () => {
    const [, bytes] = SAMPLES.receipts as (typeof SAMPLES)[string];
    assert.equal(toHex(encodeBlockReceipts(decode(BlockReceiptsType, bytes, 'receipts'))), toHex(bytes));
    const empty = { sections: [[], [], [], [], []], system: [] };
    assert.equal(toHex(encodeBlockReceipts(empty)), toHex(encode(BlockReceiptsType, empty)));
  });

  for (const message of MESSAGES)
    it(`a consensus message of kind ${message.kind} comes back, and no other bytes mean the same`, () => {
      const bytes = Uint8Array.from(encodeConsensusMessage(message));
      assert.equal(decodeConsensusMessage(bytes).kind, message.kind);
      assert.equal(toHex(encodeConsensusMessage(decodeConsensusMessage(bytes))), toHex(bytes));
      fc.assert(
        fc.property(mutation, (mutations) => {
          assertCanonical(mutate(bytes, mutations), decodeConsensusMessage, encodeConsensusMessage);
        }),
        { numRuns: 400 },
      );
    });

  it('consensus messages of unknown kinds and empty ones are refused', () => {
    for (const bytes of [Uint8Array.of(), Uint8Array.of(5), Uint8Array.of(255, 1, 2)])
      assert.throws(() => decodeConsensusMessage(bytes), { code: 'MALFORMED_BYTES' });
  });
});
