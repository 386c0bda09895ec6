import * as z from 'zod';
import { LEDGERS, PROOF_TYPES, SUBTREES, TOKENS } from '../../types/names.ts';

/** The building blocks of results, and the objects that several methods return. */

export const Hash = z.string().regex(/^0x[0-9a-f]{64}$/);
export const Hex = z.string().regex(/^0x(?:[0-9a-f]{2})*$/);
export const Address = z.string().regex(/^meta1[02-9ac-hj-np-z]{58}$/);
/** Micro-units, nonces and other integers that may pass 2^53: decimal text. */
export const Decimal = z.string().regex(/^(?:0|[1-9]\d*)$/);
export const Count = z.int().min(0);
export const Height = Count;
/** RFC 3339. */
export const Time = z.iso.datetime();
export const Ledger = z.enum(LEDGERS);
/** What the sections of a ledger are proved by. */
export const ProofType = z.enum(Object.values(PROOF_TYPES));
export const Subtree = z.enum(SUBTREES);
export const Token = z.enum(TOKENS);

/** One page of a list; `nextCursor` is null on the last one. */
export function page<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable(), total: Count.optional() });
}

/** What every dump of a node's inside begins with, so that two nodes' dumps can be compared. */
export const dumpFields = {
  schema: z.string(),
  nodeId: z.string(),
  genesisHash: Hash,
  height: Height,
  takenAt: Time,
};

/** A header as it is hashed: every field of the SSZ container. */
export const Header = z.object({
  version: Count,
  chainId: Count,
  height: Height,
  timeMs: Count,
  parentHash: Hash,
  proposer: Address,
  beacon: z.object({ proof: Hex, output: Hash }),
  sectionsRoot: Hash,
  receiptsRoot: Hash,
  stateRoot: Hash,
  validatorsHash: Hash,
  nextValidatorsHash: Hash,
  lastCertificateHash: Hash,
  evidenceRoot: Hash,
});

/** A certificate as it is stored: `signers` is the SSZ bit list over V(height), one seal per set bit. */
export const Certificate = z.object({
  height: Height,
  round: Count,
  blockHash: Hash,
  signers: Hex,
  seals: z.array(Hex),
});

/** An operation or an event by name; of a kind or data that the ledger does not know, `name` is `kind:<n>` and `data` the bytes. */
export const NamedData = z.object({ name: z.string(), data: z.unknown() });

export const Transaction = z.object({
  txId: Hash,
  version: Count,
  chainId: Count,
  ledger: Ledger,
  sender: Address,
  nonce: Decimal,
  validUntilMs: Count,
  maxFee: Decimal,
  operations: z.array(NamedData),
  scheme: Count,
  publicKey: Hex,
  signature: Hex,
  bytes: Count,
});

/** A transaction on one line, its operations by name. */
export const TransactionLine = z.object({
  txId: Hash,
  ledger: Ledger,
  sender: Address,
  nonce: Decimal,
  maxFee: Decimal,
  operations: z.array(z.string()),
});

export const Receipt = z.object({
  ledger: Ledger,
  txId: Hash,
  height: Height,
  index: Count,
  /** `OK`, or the name of what failed. */
  status: z.string(),
  failedOperation: Count.nullable(),
  gas: Count,
  charges: z.array(z.object({ token: Token, amount: Decimal })),
  events: z.array(z.object({ operation: Count, name: z.string(), data: z.unknown() })),
  proofCommitment: Hash,
});

/** What a block did outside transactions. */
export const SystemReceipt = z.object({
  kind: z.string(),
  height: Height,
  index: Count,
  data: z.unknown(),
});

/** One ledger's part of a block, without the bytes of its proof. Of one that nobody mined `rank` is 255. */
export const Section = z.object({
  ledger: Ledger,
  proofType: ProofType,
  height: Height,
  parent: Hash,
  miner: Address,
  rank: Count,
  txRoot: Hash,
  txCount: Count,
  receiptRoot: Hash,
  pre: Hash,
  post: Hash,
  outboxRoot: Hash,
  chargeRoot: Hash,
  work: Count,
  proofBytes: Count,
  signature: Hex,
});

/** Where a transaction is. `queued` waits for an earlier nonce of its sender, `pooled` can be executed. */
export const TransactionStatus = z.discriminatedUnion('state', [
  z.object({ state: z.literal('unknown'), txId: Hash }),
  z.object({ state: z.literal('pooled'), txId: Hash }),
  z.object({ state: z.literal('queued'), txId: Hash }),
  z.object({ state: z.literal('included'), txId: Hash, height: Height, ledger: Ledger, index: Count }),
  z.object({ state: z.literal('dropped'), txId: Hash, reason: z.string(), at: Time }),
]);

/** The error object of an item in a list of outcomes; the same shape as a JSON-RPC error. */
export const ErrorObject = z.object({
  code: z.int(),
  message: z.string(),
  data: z.object({
    reason: z.string(),
    hint: z.string().nullable(),
    details: z.record(z.string(), z.unknown()),
  }),
});
export type ErrorObject = z.output<typeof ErrorObject>;
