import { ContainerType, type ValueOf } from '@chainsafe/ssz';
import { hashOf } from '../../crypto/hash.ts';
import { fromHex } from '../../util/bytes.ts';
import { LedgerNameType } from '../names.ts';
import { type Address, AddressType, type Hash, Hash32 } from '../ssz-bytes.ts';
import type { KindSpec } from './catalog.ts';

/**
 * Outbox messages that other ledgers send to economy, the only ledger that holds value. A sender may speak only about
 * locks of its own: economy refuses a message whose `ledger` is not the ledger that it comes from.
 */
export const ReleaseLockType = new ContainerType({
  ledger: LedgerNameType,
  ref: Hash32,
  to: AddressType,
});
export type ReleaseLock = ValueOf<typeof ReleaseLockType>;

/** Ends the lock (ledger, ref), spent or not, and pays its whole amount to the spendable balance of `to`. */
export const RELEASE_LOCK: KindSpec<ReleaseLock> = { kind: 1, type: ReleaseLockType };

/** Purpose of the lock that secures a validator; its token is GEN and its ledger bpci. */
export const BOND_PURPOSE = 'bond';

/** `ref` of the lock that holds the bond of a genesis validator; every later bond's ref is its owner's choice. */
export function genesisBondRef(validatorId: Address): Hash {
  return hashOf('bond', fromHex(validatorId));
}
