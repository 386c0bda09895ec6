import type { KeyPair } from '../crypto/ed25519.ts';
import {
  type Approval,
  type ApprovalTarget,
  approvalSigningBytes,
  approvedOperationHash,
} from '../types/approval.ts';
import type { KindSpec } from '../types/operations/catalog.ts';
import type { Hash } from '../types/ssz-bytes.ts';

/** The operation with the approvals of these keys of an authority, good for one transaction. */
export function withApprovals<T extends { approvals: Approval[] }>(
  genesisHash: Hash,
  target: ApprovalTarget,
  keys: readonly KeyPair[],
  spec: KindSpec<T>,
  operation: T,
): T {
  const bytes = approvalSigningBytes(genesisHash, target, approvedOperationHash(spec, operation));
  return {
    ...operation,
    approvals: keys.map((key) => ({ key: key.publicKey, signature: key.sign(bytes) })),
  };
}
