import { BitListType, ContainerType } from '@chainsafe/ssz';
import { toHex } from '../util/bytes.ts';
import { LIMITS } from '../util/limits.ts';
import { EvidenceKindType } from './evidence.ts';
import { LedgerNameType, TokenNameType } from './names.ts';
import { BPCI_SYSTEM_RECEIPTS } from './operations/bpci-records.ts';
import { findKind, type KindSpec } from './operations/catalog.ts';
import { CLUSTER_SYSTEM_RECEIPTS } from './operations/cluster.ts';
import { ECONOMY_SYSTEM_RECEIPTS } from './operations/economy-receipts.ts';
import type { SystemReceipt } from './receipt.ts';
import { decode, encode } from './ssz.ts';
import { AddressType, Hash32, Key32 } from './ssz-bytes.ts';
import { Bool, Height, SafeU64, U16, U32, U128 } from './ssz-numbers.ts';

/**
 * What a block did outside transactions. Kinds below 1000 belong to the block machine; a ledger's own have its
 * thousand, like its statuses. A kind never changes its meaning.
 */
const delivery = {
  /** Place in the queue of all messages since genesis. */
  position: SafeU64,
  sentAt: Height,
  from: LedgerNameType,
  to: LedgerNameType,
  kind: U16,
};
const OutboxDeliveredType = new ContainerType(delivery);
/** `status` is the receiving ledger's reason to refuse. */
const OutboxBouncedType = new ContainerType({ ...delivery, status: U16 });
/** What the transactions of one section paid in one token, as EndBlock settled it. */
const FeesSettledType = new ContainerType({
  ledger: LedgerNameType,
  token: TokenNameType,
  charges: U32,
  amount: U128,
});
const KeysFromType = new ContainerType({
  validator: AddressType,
  consensusKey: Key32,
  vrfKey: Key32,
  fromHeight: Height,
});
/**
 * A validator answers for having contradicted itself at `evidenceHeight`: `slashed` micro-GEN of the bond `bondRef`
 * went to the treasury; no bond that the chain still holds is all zeros. Who is `jailed` stands in no set from the
 * height on that a removal in the same block names.
 */
const ValidatorSlashedType = new ContainerType({
  validator: AddressType,
  offence: EvidenceKindType,
  evidenceHeight: Height,
  evidenceHash: Hash32,
  bondRef: Hash32,
  slashed: U128,
  jailed: Bool,
});
const ValidatorRemovedType = new ContainerType({ validator: AddressType, fromHeight: Height });
/** The certificate of the block before, as it stands in this block's body; `signers` as in the certificate. */
const FinalityType = new ContainerType({
  height: Height,
  round: U32,
  blockHash: Hash32,
  signers: new BitListType(LIMITS.maxValidators),
});

export const SYSTEM_RECEIPTS = {
  OutboxDelivered: { kind: 1, type: OutboxDeliveredType },
  OutboxBounced: { kind: 2, type: OutboxBouncedType },
  FeesSettled: { kind: 3, type: FeesSettledType },
  ValidatorAdmitted: { kind: 4, type: KeysFromType },
  ValidatorRemoved: { kind: 5, type: ValidatorRemovedType },
  ValidatorRotated: { kind: 6, type: KeysFromType },
  Finality: { kind: 7, type: FinalityType },
  ValidatorSlashed: { kind: 8, type: ValidatorSlashedType },
} as const;

// biome-ignore lint/suspicious/noExplicitAny: every schema has its own value type; the map is read by number
const ALL_KINDS: Readonly<Record<string, KindSpec<any>>> = {
  ...SYSTEM_RECEIPTS,
  ...CLUSTER_SYSTEM_RECEIPTS,
  ...BPCI_SYSTEM_RECEIPTS,
  ...ECONOMY_SYSTEM_RECEIPTS,
};

/** A system receipt before it has its place in the block. */
export type SystemReceiptBody = Pick<SystemReceipt, 'kind' | 'data'>;

export function systemReceipt<T>(spec: KindSpec<T>, value: T): SystemReceiptBody {
  return { kind: spec.kind, data: encode(spec.type, value) };
}

/** The readable form. A kind that this version does not know shows its number and bytes. */
export function systemReceiptToJson(receipt: SystemReceipt): {
  kind: string;
  height: number;
  index: number;
  data: unknown;
} {
  const { height, index, kind } = receipt;
  const found = findKind(ALL_KINDS, kind);
  if (found === undefined) return { kind: String(kind), height, index, data: `0x${toHex(receipt.data)}` };
  const value = decode(found.spec.type, receipt.data, found.name);
  return { kind: found.name, height, index, data: found.spec.type.toJson(value) };
}

/** The value of a system receipt of a known kind, or undefined if it is of another kind. */
export function readSystemReceipt<T>(spec: KindSpec<T>, receipt: SystemReceiptBody): T | undefined {
  return receipt.kind === spec.kind ? decode(spec.type, receipt.data, 'system receipt') : undefined;
}
