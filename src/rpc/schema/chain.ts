import * as z from 'zod';
import { method } from './method.ts';
import {
  AddressParam,
  BlockParam,
  HashParam,
  HeightParam,
  LedgerParam,
  noParams,
  pageParams,
} from './params.ts';
import {
  Address,
  Certificate,
  Count,
  dumpFields,
  Hash,
  Header,
  Height,
  Hex,
  Ledger,
  page,
  Receipt,
  Section,
  SystemReceipt,
  Time,
} from './results.ts';

/** Each of them is read whole. */
const MAX_STATS_BLOCKS = 100;

/** `height` takes a number, a hash or a word; `hash` is the same for callers who have only that. */
const blockParams = z.strictObject({ height: BlockParam.optional(), hash: HashParam.optional() });

const Side = z.enum(['left', 'right']);
const PathStep = z.object({ side: Side, hash: Hash });

/** The JSON form of types/finality-proof.ts; the same bytes that `metanode verify` reads. */
export const FinalityProof = z.object({
  version: Count,
  genesisHash: Hash,
  transaction: Hex,
  receipt: z.looseObject({ ledger: Ledger, txId: Hash, height: Height }),
  receiptPath: z.array(PathStep),
  ledgerPath: z.array(Hash),
  header: Header,
  certificate: Certificate,
  anchor: z.array(z.unknown()),
  links: z.array(z.unknown()),
});

export const chainMethods = {
  chain_getHeader: method({
    scope: 'read',
    summary: 'The header of a block and its hash.',
    params: blockParams,
    result: z.object({ hash: Hash, header: Header, time: Time }),
  }),
  chain_getBlock: method({
    scope: 'read',
    summary: 'A block: header, sections and the ids of its transactions.',
    params: blockParams,
    result: z.object({
      height: Height,
      hash: Hash,
      time: Time,
      header: Header,
      sections: z.array(Section),
      txIds: z.array(z.object({ ledger: Ledger, txId: Hash })),
      txCount: Count,
      evidence: z.array(z.object({ kind: z.string(), hash: Hash })),
      lastCertificate: Certificate.nullable(),
    }),
  }),
  chain_getBlockHash: method({
    scope: 'read',
    summary: 'The hash of the block at a height.',
    params: z.strictObject({ height: BlockParam.optional() }),
    result: z.object({ height: Height, hash: Hash }),
  }),
  chain_getFinalizedHead: method({
    scope: 'read',
    summary: 'The last block of this node. Every block is final when it is stored. Height 0 is genesis.',
    params: noParams,
    result: z.object({
      height: Height,
      hash: Hash,
      time: Time,
      timeMs: Count,
      stateRoot: Hash,
      receiptsRoot: Hash.nullable(),
      lowestHeight: Height,
    }),
  }),
  chain_getCertificate: method({
    scope: 'read',
    summary: 'The commit seals of a block, with the validators who signed.',
    params: blockParams,
    result: z.object({
      height: Height,
      hash: Hash,
      round: Count,
      quorum: Count,
      validators: Count,
      signedBy: z.array(Address),
      certificate: Certificate,
    }),
  }),
  chain_getTransactionProof: method({
    scope: 'read',
    summary:
      'Everything that convinces a holder of the genesis file that a transaction is final: save it as a file for `metanode verify`.',
    params: z.strictObject({ txId: HashParam, trustedHeight: HeightParam.optional() }),
    result: FinalityProof,
  }),
  chain_getReceiptProof: method({
    scope: 'read',
    summary:
      'A receipt with its path to the header of its block, for a reader who already trusts that header.',
    params: z.strictObject({ txId: HashParam }),
    result: z.object({
      height: Height,
      hash: Hash,
      receipt: Receipt,
      receiptBytes: Hex,
      receiptPath: z.array(PathStep),
      ledgerPath: z.array(Hash),
      receiptsRoot: Hash,
    }),
  }),
  chain_getReceipts: method({
    scope: 'read',
    summary: 'The receipts of a block in ledger order.',
    params: z.strictObject({ height: BlockParam.optional(), ledger: LedgerParam.optional(), ...pageParams }),
    result: z.object({ height: Height, hash: Hash, ...page(Receipt).shape }),
  }),
  chain_getSystemReceipts: method({
    scope: 'read',
    summary: 'What a block did outside transactions: deliveries, settlement, validator changes, evidence.',
    params: z.strictObject({ height: BlockParam.optional(), ...pageParams }),
    result: z.object({ height: Height, hash: Hash, ...page(SystemReceipt).shape }),
  }),
  chain_searchReceipts: method({
    scope: 'read',
    summary:
      'Receipts in a range of heights by ledger, by name of an operation or event, and by an address that they mention. One call looks at a bounded number of blocks; go on with the cursor.',
    params: z.strictObject({
      ledger: LedgerParam.optional(),
      type: z.string().min(1).max(64).optional(),
      address: AddressParam.optional(),
      fromHeight: HeightParam.optional(),
      toHeight: HeightParam.optional(),
      ...pageParams,
    }),
    result: z.object({ ...page(Receipt).shape, scannedTo: Height }),
  }),
  chain_getRawBlock: method({
    scope: 'read',
    summary: 'The SSZ bytes of a block with its transactions, of its certificate and of its receipts.',
    params: blockParams,
    result: z.object({ height: Height, hash: Hash, block: Hex, certificate: Hex, receipts: Hex }),
  }),
  chain_stats: method({
    scope: 'read',
    summary:
      'The last blocks together: what they held, how long they took, how many needed more than one round, and how many seals they have.',
    params: z.strictObject({ blocks: z.int().min(1).max(MAX_STATS_BLOCKS).default(50) }),
    result: z.object({
      ...dumpFields,
      fromHeight: Height,
      toHeight: Height,
      blocks: Count,
      transactions: z.record(Ledger, Count),
      transactionBytes: Count,
      /** From the first of these blocks to the last; null with fewer than two. */
      intervalMs: z.object({ mean: z.number().min(0), max: z.number().min(0) }).nullable(),
      transactionsPerSecond: z.number().min(0).nullable(),
      /** Decided in a round above 0. */
      laterRounds: Count,
      seals: z.object({ mean: z.number().min(0), min: Count }).nullable(),
    }),
  }),
  chain_getGenesis: method({
    scope: 'read',
    summary: 'The genesis file of the chain and its hash.',
    params: noParams,
    result: z.object({ genesisHash: Hash, genesis: z.record(z.string(), z.unknown()) }),
  }),
};
