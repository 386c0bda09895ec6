import { withApprovals } from '../../src/client/approvals.ts';
import type { KeyPair } from '../../src/crypto/ed25519.ts';
import { sha256 } from '../../src/crypto/hash.ts';
import { addressOf } from '../../src/types/address.ts';
import type { Approval } from '../../src/types/approval.ts';
import type { AuthorityName } from '../../src/types/genesis.ts';
import { type LedgerName, MICRO } from '../../src/types/names.ts';
import { encodeOperation, type KindSpec } from '../../src/types/operations/catalog.ts';
import { SCHEME_ED25519 } from '../../src/types/transaction.ts';
import { toHex, utf8 } from '../../src/util/bytes.ts';
import type { Account } from '../identities.ts';
import type { PlanContext, PlannedTransaction } from './scenario.ts';

/** What the scenarios of several ledgers have in common. */

/** Time after which an effect that another sender's transaction builds on has surely been recorded. */
export const SETTLED_MS = 5_000;

/** More than anybody has, in micro-units. */
export const FORTUNE = 1_000_000_000n * MICRO;

/** A transaction of one operation. */
export function plan<T>(sender: Account, expected: string, spec: KindSpec<T>, value: T): PlannedTransaction {
  return { sender, expected, operations: [encodeOperation(spec, value)] };
}

/** A hash that nobody else uses, for references, locks and things that do not exist. */
export function freshHash(context: PlanContext, what: string): string {
  return toHex(sha256(utf8(`${what} ${context.seed} ${context.runId} ${context.unique()}`)));
}

/** An address that nobody has the key of. */
export function freshAddress(context: PlanContext): string {
  return addressOf(SCHEME_ED25519, utf8(freshHash(context, 'address')));
}

/** An operation with the approvals of an authority, good for the sender's next transaction on the ledger. */
export function approve<T extends { approvals: Approval[] }>(
  context: PlanContext,
  { sender, ledger, authority }: { sender: Account; ledger: LedgerName; authority: AuthorityName },
  keys: readonly KeyPair[],
  spec: KindSpec<T>,
  value: T,
): T {
  const nonce = context.nonceOf(sender, ledger);
  const target = { authority, sender: sender.address, ledger, nonce };
  return withApprovals(context.genesisHash, target, keys, spec, value);
}
