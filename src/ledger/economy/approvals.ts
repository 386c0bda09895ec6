import {
  type Approval,
  type ApprovalFault,
  approvalSigningBytes,
  approvedOperationHash,
  findApprovalFault,
} from '../../types/approval.ts';
import type { Authority, AuthorityName } from '../../types/genesis.ts';
import type { KindSpec } from '../../types/operations/catalog.ts';
import type { EconomyStatus } from '../../types/operations/economy.ts';
import type { BlockContext, OperationContext } from '../seam.ts';
import { fail } from './failure.ts';
import { journal } from './journal.ts';

const STATUS_OF_FAULT: Record<ApprovalFault, EconomyStatus> = {
  TOO_FEW: 'APPROVALS_TOO_FEW',
  UNKNOWN_KEY: 'APPROVAL_KEY_UNKNOWN',
  REPEATED_KEY: 'APPROVAL_KEY_REPEATED',
  WRONG_SIGNATURE: 'APPROVAL_SIGNATURE_WRONG',
};

/** The key set that genesis names. An authority that genesis does not name has nobody in it. */
export function findAuthority(context: BlockContext, name: AuthorityName): Authority | undefined {
  return context.genesis.authorities.find((authority) => authority.name === name);
}

/**
 * Requires that an authority approved this operation of this transaction. The nonce keeps an approval from being used
 * in another transaction, the journal from being used twice in this one.
 */
export function requireApproval<T extends { approvals: Approval[] }>(
  context: OperationContext,
  authorityName: AuthorityName,
  spec: KindSpec<T>,
  operation: T,
): void {
  const authority = findAuthority(context, authorityName);
  if (authority === undefined) fail('AUTHORITY_UNKNOWN', `genesis names no authority ${authorityName}`);
  const operationHash = approvedOperationHash(spec, operation);
  const { sender, nonce, genesisHash } = context;
  const target = { authority: authorityName, sender, ledger: 'economy', nonce } as const;
  const signed = approvalSigningBytes(genesisHash, target, operationHash);
  const fault = findApprovalFault(operation.approvals, authority, signed);
  if (fault !== undefined) fail(STATUS_OF_FAULT[fault], `approval by ${authorityName}: ${fault}`);
  if (!journal.useApproval(operationHash)) fail('APPROVAL_USED', 'approved once, done twice');
}
