import { signTransaction } from '../../../src/client/transaction-builder.ts';
import { encodeOperation } from '../../../src/types/operations/catalog.ts';
import { ECONOMY } from '../../../src/types/operations/economy.ts';
import type { ChainIdentity } from '../../../src/types/sign-transaction.ts';
import type { EncodedTransaction } from '../../../src/types/transaction.ts';
import type { Account } from '../../../testnet/identities.ts';

/** What a transaction of transfers costs at most while gas has its lowest price, in micro-FLX. */
const FEE_PER_TRANSACTION = 1_300n;
const FEE_PER_OPERATION = 300n;
/** Full blocks raise the price of gas: a load goes on until it is so many times the lowest. */
const PRICE_ROOM = 100n;
/** Prime, so that receivers differ from transaction to transaction and all are met in turn. */
const STRIDE = 7_919;

export interface TransferPlan {
  readonly senders: readonly Account[];
  /** Nonces that the senders have used before: the same for all. */
  readonly firstNonce?: number;
  readonly count: number;
  readonly operations: number;
  readonly validUntilMs: number;
  /** Who gets the payment number `index` of all; the senders in turn if undefined. */
  readonly receiver?: (index: number) => string;
}

/** Signs transactions of the senders in turn, each with its sender's next nonce: small payments. */
export function signTransfers(chain: ChainIdentity, plan: TransferPlan): EncodedTransaction[] {
  const { senders, count, operations, validUntilMs, firstNonce = 0 } = plan;
  const receiver =
    plan.receiver ?? ((index) => (senders[(index * STRIDE + 1) % senders.length] as Account).address);
  return Array.from({ length: count }, (_, index) =>
    signTransaction((senders[index % senders.length] as Account).keys, chain, {
      ledger: 'economy',
      nonce: BigInt(firstNonce + Math.floor(index / senders.length)),
      validUntilMs,
      maxFee: PRICE_ROOM * (FEE_PER_TRANSACTION + FEE_PER_OPERATION * BigInt(operations)),
      operations: Array.from({ length: operations }, (_, position) =>
        encodeOperation(ECONOMY.operations.Transfer, {
          to: receiver(index * operations + position),
          token: 'FLX',
          amount: 1n,
          reference: '',
        }),
      ),
    }),
  );
}
