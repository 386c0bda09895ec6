import { ContainerType } from '@chainsafe/ssz';
import { LEDGERS, type LedgerName, TokenNameType } from '../../types/names.ts';
import { ECONOMY, type EconomyStatus, type Lock, type Unlock } from '../../types/operations/economy.ts';
import { ECONOMY_SYSTEM_RECEIPTS } from '../../types/operations/economy-receipts.ts';
import { RELEASE_LOCK, type ReleaseLock } from '../../types/operations/settlement-messages.ts';
import { decode, encode } from '../../types/ssz.ts';
import { type Address, AddressType, type Hash, Text } from '../../types/ssz-bytes.ts';
import { Bool } from '../../types/ssz-numbers.ts';
import { COMMON_STATUSES } from '../../types/status.ts';
import { OPERATION_GAS } from '../gas-table.ts';
import type {
  LedgerContext,
  LockRecord,
  OperationHandler,
  OutboxMessage,
  SettlementReceipt,
  StateReader,
  StateWriter,
} from '../seam.ts';
import { isLockSpent } from '../state/spent-locks.ts';
import { Table } from '../state/table.ts';
import { balanceAccount, lockAccount, TREASURY } from './account.ts';
import { addToTotal, amountOf, move, moveInTransaction, requirePositive } from './books.ts';
import { endBlockQueue, type QueuedRequest } from './end-block-queue.ts';
import { fail } from './failure.ts';

/** Everything about a lock but its amount, which stands in its account. */
const LockEntryType = new ContainerType({
  owner: AddressType,
  purpose: Text(32),
  token: TokenNameType,
  unlockQueued: Bool,
});
const locks = new Table('lock', LockEntryType);

/** Which lock a path of the state belongs to, or undefined for a path of another table. */
export function parseLockPath(path: string): { ledger: LedgerName; ref: Hash } | undefined {
  const [table, name, ref, ...rest] = path.split('/');
  const ledger = LEDGERS.find((candidate) => candidate === name);
  if (table !== 'lock' || ledger === undefined || ref === undefined || rest.length > 0) return undefined;
  return { ledger, ref };
}

export function readLock(economy: StateReader, ledger: LedgerName, ref: Hash): LockRecord | undefined {
  const entry = locks.get(economy, ledger, ref);
  if (entry === undefined) return undefined;
  const { owner, purpose, token } = entry;
  return { owner, ledger, purpose, ref, token, amount: amountOf(economy, lockAccount(ledger, ref), token) };
}

/** Writes the entry of a lock whose account is filled by the caller. */
export function addLockEntry(state: StateWriter, lock: Omit<LockRecord, 'amount'>): void {
  const { owner, ledger, purpose, ref, token } = lock;
  locks.set(state, { owner, purpose, token, unlockQueued: false }, ledger, ref);
}

/** Ends a lock and pays its whole amount to the balance of `to`. */
function endLock(state: StateWriter, lock: LockRecord, to: Address): void {
  const { ledger, ref, token, amount } = lock;
  move(state, { debit: lockAccount(ledger, ref), credit: balanceAccount(to), token, amount });
  locks.delete(state, ledger, ref);
}

export const lockHandler: OperationHandler<Lock> = {
  name: 'Lock',
  spec: ECONOMY.operations.Lock,
  gas: OPERATION_GAS.economy.Lock,
  execute({ ledger, purpose, ref, token, amount }, context) {
    requirePositive(amount);
    if (ledger === 'economy') fail('LEDGER_NOT_ALLOWED', 'a lock reserves value for another ledger');
    if (token === 'AUR') fail('TOKEN_NOT_ALLOWED', 'AUR stands in bank accounts only');
    if (!/^[a-z0-9][a-z0-9-]*$/.test(purpose))
      fail('INVALID_PURPOSE', 'a purpose is lowercase letters, digits, hyphens');
    if (locks.has(context.own, ledger, ref)) fail('LOCK_EXISTS', `${ledger} has a lock ${ref}`);
    // The ledger's note that a ref is spent outlives the lock: a new lock with that ref could never be unlocked.
    if (isLockSpent(context.at(ledger), ref)) fail('LOCK_EXISTS', `${ledger} has spent a lock ${ref}`);
    const owner = context.sender;
    moveInTransaction(context.own, {
      debit: balanceAccount(owner),
      credit: lockAccount(ledger, ref),
      token,
      amount,
    });
    addLockEntry(context.own, { owner, ledger, purpose, ref, token });
    context.emit(ECONOMY.events.Locked, { owner, ledger, purpose, ref, token, amount });
  },
};

export const unlockHandler: OperationHandler<Unlock> = {
  name: 'Unlock',
  spec: ECONOMY.operations.Unlock,
  gas: OPERATION_GAS.economy.Unlock,
  execute({ ledger, ref }, context) {
    const entry = locks.get(context.own, ledger, ref);
    if (entry === undefined) fail('LOCK_UNKNOWN', `${ledger} has no lock ${ref}`);
    if (entry.owner !== context.sender) fail('NOT_LOCK_OWNER', 'the lock is not the sender’s');
    if (entry.unlockQueued) fail('UNLOCK_PENDING', 'an unlock of it already waits for the end of a block');
    locks.set(context.own, { ...entry, unlockQueued: true }, ledger, ref);
    const owner = context.sender;
    const request = {
      action: 'unlock',
      requester: owner,
      ledger,
      ref,
      token: entry.token,
      amount: 0n,
    } as const;
    const position = endBlockQueue.push(context.own, request);
    context.emit(ECONOMY.events.UnlockQueued, { owner, ledger, ref, position });
  },
};

/** EndBlock: gives a lock back to its owner, unless it is gone or its ledger has spent it. */
export function executeUnlock(
  state: StateWriter,
  position: number,
  request: QueuedRequest,
  isSpent: (lock: LockRecord) => boolean,
): SettlementReceipt {
  const { requester: owner, ledger, ref, token } = request;
  const entry = locks.get(state, ledger, ref);
  const lock = readLock(state, ledger, ref);
  const outcome = (status: EconomyStatus | 'OK', amount: bigint): SettlementReceipt => {
    const spec = ECONOMY_SYSTEM_RECEIPTS.UnlockOutcome;
    const code = status === 'OK' ? COMMON_STATUSES.OK : ECONOMY.statuses[status];
    return {
      kind: spec.kind,
      data: encode(spec.type, { position, status: code, owner, ledger, ref, token, amount }),
    };
  };
  // Released meanwhile, and perhaps locked anew by somebody else: that lock is not meant.
  if (entry === undefined || lock === undefined || !entry.unlockQueued || lock.owner !== owner)
    return outcome('LOCK_UNKNOWN', 0n);
  if (isSpent(lock)) {
    locks.set(state, { ...entry, unlockQueued: false }, ledger, ref);
    return outcome('LOCK_SPENT', 0n);
  }
  endLock(state, lock, owner);
  return outcome('OK', lock.amount);
}

/** See Settlement.slashable. */
export function slashablePart(state: StateReader, ledger: LedgerName, ref: Hash, ppm: number): bigint {
  const lock = readLock(state, ledger, ref);
  return lock === undefined ? 0n : (lock.amount * BigInt(ppm)) / 1_000_000n;
}

/** See Settlement.slash. */
export function slashLock(state: StateWriter, ledger: LedgerName, ref: Hash, ppm: number): bigint {
  const lock = readLock(state, ledger, ref);
  const amount = slashablePart(state, ledger, ref, ppm);
  if (lock === undefined || amount === 0n) return 0n;
  const { token } = lock;
  move(state, { debit: lockAccount(ledger, ref), credit: TREASURY, token, amount });
  addToTotal(state, 'slashed', token, amount);
  return amount;
}

/**
 * BeginBlock: a ledger releases a lock that was made for it. Total: whatever the message says, it is applied or
 * refused with a status.
 */
export function deliverRelease(
  context: LedgerContext,
  from: LedgerName,
  message: OutboxMessage,
): { refused?: number } {
  if (message.kind !== RELEASE_LOCK.kind) return { refused: COMMON_STATUSES.UNKNOWN_OPERATION };
  let release: ReleaseLock;
  try {
    release = decode(RELEASE_LOCK.type, message.data, 'release of a lock');
  } catch {
    return { refused: COMMON_STATUSES.MALFORMED_OPERATION };
  }
  if (release.ledger !== from) return { refused: COMMON_STATUSES.NOT_AUTHORIZED };
  const lock = readLock(context.own, release.ledger, release.ref);
  if (lock === undefined) return { refused: ECONOMY.statuses.LOCK_UNKNOWN };
  endLock(context.own, lock, release.to);
  return {};
}
