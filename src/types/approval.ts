import { ContainerType, ListCompositeType, type ValueOf } from '@chainsafe/ssz';
import { verifySignature } from '../crypto/ed25519.ts';
import { hashOf, signingBytes } from '../crypto/hash.ts';
import { LIMITS } from '../util/limits.ts';
import { AUTHORITY_NAMES, type Authority, type AuthorityName } from './genesis.ts';
import { type LedgerName, LedgerNameType } from './names.ts';
import type { KindSpec } from './operations/catalog.ts';
import { encode } from './ssz.ts';
import { AddressType, Hash32, Key32, Signature64 } from './ssz-bytes.ts';
import { NameOf, U64 } from './ssz-numbers.ts';
import { OperationType } from './transaction.ts';

/** One signature of an authority's key under an operation. */
export const ApprovalType = new ContainerType({
  key: Key32,
  signature: Signature64,
});
export type Approval = ValueOf<typeof ApprovalType>;

/** The field `approvals` of an operation that an authority must approve. */
export const ApprovalListType = new ListCompositeType(ApprovalType, LIMITS.maxAuthorityKeys);

/** What an approval signs. Sender, ledger and nonce bind it to one transaction, so it cannot be used again. */
const ApprovalBodyType = new ContainerType({
  authority: NameOf(AUTHORITY_NAMES),
  sender: AddressType,
  ledger: LedgerNameType,
  nonce: U64,
  operation: Hash32,
});

/** The transaction that an approval is good for. */
export interface ApprovalTarget {
  readonly authority: AuthorityName;
  readonly sender: string;
  readonly ledger: LedgerName;
  readonly nonce: bigint;
}

/** H("operation", SSZ of {kind, data}) with the list of approvals left empty. */
export function approvedOperationHash<T extends { approvals: Approval[] }>(
  spec: KindSpec<T>,
  operation: T,
): string {
  const data = encode(spec.type, { ...operation, approvals: [] });
  return hashOf('operation', encode(OperationType, { kind: spec.kind, data }));
}

/** The bytes that a key of the authority signs. `operationHash` is that of `approvedOperationHash`. */
export function approvalSigningBytes(
  genesisHash: string,
  target: ApprovalTarget,
  operationHash: string,
): Uint8Array {
  return signingBytes(
    'approval',
    genesisHash,
    encode(ApprovalBodyType, { ...target, operation: operationHash }),
  );
}

export type ApprovalFault = 'TOO_FEW' | 'UNKNOWN_KEY' | 'REPEATED_KEY' | 'WRONG_SIGNATURE';

/**
 * What is wrong with a list of approvals, or undefined if `threshold` different keys of the authority signed. Every
 * entry must be good: a wrong one beside enough good ones is refused too, so that nobody pays for useless work.
 */
export function findApprovalFault(
  approvals: readonly Approval[],
  authority: Authority,
  signedBytes: Uint8Array,
): ApprovalFault | undefined {
  if (approvals.length < Math.max(1, authority.threshold)) return 'TOO_FEW';
  const keys = new Set<string>();
  for (const { key } of approvals) {
    if (!authority.keys.includes(key)) return 'UNKNOWN_KEY';
    if (keys.has(key)) return 'REPEATED_KEY';
    keys.add(key);
  }
  for (const { key, signature } of approvals)
    if (!verifySignature(key, signedBytes, signature)) return 'WRONG_SIGNATURE';
  return undefined;
}
