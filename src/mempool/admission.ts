import type { EncodedTransaction } from '../types/transaction.ts';
import { LIMITS } from '../util/limits.ts';
import type { MempoolLimits } from './contract.ts';
import type { Account, PoolEntry } from './lane.ts';
import { refusal } from './refusal.ts';

/** What the pool knows when a transaction asks to come in. */
export interface AdmissionContext {
  readonly account: Account;
  readonly ruleTimeMs: number;
  /** The pooled transaction with the same sender, ledger and nonce. */
  readonly occupant: PoolEntry | undefined;
  /** Sum of the maxFee of the sender's pooled transactions on this ledger. */
  readonly laneFees: bigint;
  readonly senderBytes: number;
  readonly poolBytes: number;
  readonly poolTransactions: number;
  readonly limits: Omit<MempoolLimits, 'maxAgeMs'>;
}

/**
 * The rules of admission, cheapest first; the signature is checked elsewhere.
 * @throws NodeError with a PoolRefusal
 */
export function assertAdmissible(transaction: EncodedTransaction, context: AdmissionContext): void {
  assertInTime(transaction, context.ruleTimeMs);
  assertNonce(transaction, context.account.nextNonce);
  if (context.occupant !== undefined) assertReplaces(transaction, context.occupant);
  assertPayable(transaction, context);
  assertRoom(transaction, context);
}

/** The next block may hold a transaction as long as validUntilMs is not before its rule time. */
function assertInTime(transaction: EncodedTransaction, ruleTimeMs: number): void {
  const { validUntilMs } = transaction.value.body;
  if (validUntilMs < ruleTimeMs)
    throw refusal('EXPIRED', transaction, 'validUntilMs is over', { validUntilMs, ruleTimeMs });
  const latestMs = ruleTimeMs + LIMITS.maxTransactionLifetimeMs;
  if (validUntilMs > latestMs)
    throw refusal('TOO_FAR_IN_FUTURE', transaction, 'validUntilMs is too late', { validUntilMs, latestMs });
}

function assertNonce(transaction: EncodedTransaction, nextNonce: bigint): void {
  const { nonce } = transaction.value.body;
  const data = { nonce: nonce.toString(), nextNonce: nextNonce.toString() };
  if (nonce < nextNonce)
    throw refusal('NONCE_TOO_LOW', transaction, `nonce ${nonce} is used, the next one is ${nextNonce}`, data);
  if (nonce > nextNonce + BigInt(LIMITS.maxQueuedNonces))
    throw refusal(
      'NONCE_GAP',
      transaction,
      `nonce ${nonce} is more than ${LIMITS.maxQueuedNonces} ahead of the next one, ${nextNonce}`,
      data,
    );
}

function assertReplaces(transaction: EncodedTransaction, occupant: PoolEntry): void {
  const { maxFee } = transaction.value.body;
  const occupantFee = occupant.transaction.value.body.maxFee;
  // A free transaction can be replaced by one that offers anything at all, but not by another free one.
  if (10n * maxFee < 11n * occupantFee || maxFee <= occupantFee)
    throw refusal(
      'REPLACEMENT_UNDERPRICED',
      transaction,
      'another transaction has this nonce and pays as well',
      {
        occupant: occupant.transaction.id,
        maxFee: maxFee.toString(),
        occupantFee: occupantFee.toString(),
      },
    );
  if (occupant.replacements >= LIMITS.maxReplacements)
    throw refusal(
      'REPLACEMENT_LIMIT',
      transaction,
      `the transaction with this nonce was replaced ${LIMITS.maxReplacements} times`,
      { occupant: occupant.transaction.id },
    );
}

function assertPayable(transaction: EncodedTransaction, context: AdmissionContext): void {
  const { available } = context.account;
  const before = context.laneFees - (context.occupant?.transaction.value.body.maxFee ?? 0n);
  const needed = before + transaction.value.body.maxFee;
  if (needed > available)
    throw refusal(
      'INSUFFICIENT_METER',
      transaction,
      'the meter does not cover what the sender has in the pool',
      {
        available: available.toString(),
        needed: needed.toString(),
      },
    );
}

function assertRoom(transaction: EncodedTransaction, context: AdmissionContext): void {
  const { occupant, limits } = context;
  const added = transaction.bytes.length - (occupant?.transaction.bytes.length ?? 0);
  if (context.senderBytes + added > limits.maxBytesPerSender)
    throw refusal(
      'SENDER_LIMIT',
      transaction,
      `one sender may have ${limits.maxBytesPerSender} bytes in the pool`,
    );
  const isFull =
    (occupant === undefined && context.poolTransactions >= limits.maxTransactions) ||
    context.poolBytes + added > limits.maxBytes;
  if (isFull)
    throw refusal('POOL_FULL', transaction, 'the pool is full', {
      transactions: context.poolTransactions,
      retryAfterMs: LIMITS.maxBlockWaitMs,
    });
}
