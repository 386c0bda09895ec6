import type * as z from 'zod';
import { statusName } from '../types/operations/catalogs.ts';
import { ECONOMY } from '../types/operations/economy.ts';
import { decode } from '../types/ssz.ts';
import type { Hash } from '../types/ssz-bytes.ts';
import type { EncodedTransaction, Operation } from '../types/transaction.ts';
import { rpcError } from './errors.ts';
import { finalityOf } from './finality.ts';
import type { RpcPorts } from './ports/rpc-ports.ts';
import type * as bpci from './schema/bpci.ts';
import { addressText, hash0x } from './text-forms.ts';
import { receiptAt, transactionOf } from './transaction-lookup.ts';

type Movement = z.input<typeof bpci.Movement>;

const SUCCEEDED = 0;
const { Transfer, BankTransfer } = ECONOMY.operations;

/**
 * What a transaction moves from one account to another, and how final that is. The movements are those that its sender
 * signed: a transaction does all of them or none.
 * @throws NodeError TX_NOT_FOUND, NO_TRANSFER if it moves nothing, PRUNED
 */
export async function transferOf(
  { chain, pool }: Pick<RpcPorts, 'chain' | 'pool'>,
  txId: Hash,
): Promise<z.input<typeof bpci.TransferView>> {
  const transaction = await transactionOf({ chain, pool }, txId);
  const movements = movementsOf(transaction);
  if (movements.length === 0)
    throw rpcError('NO_TRANSFER', `the transaction ${hash0x(txId)} moves nothing from account to account`, {
      data: { txId, ledger: transaction.value.body.ledger },
      hint: 'tx_get shows its operations',
    });
  const own = { txId: hash0x(txId), movements };
  const place = await chain.findTransaction(txId);
  if (place === undefined) return { ...own, state: 'pending', status: null, finality: null };
  const { ledger, status } = await receiptAt(chain, place);
  return {
    ...own,
    state: status === SUCCEEDED ? 'finalized' : 'failed',
    status: statusName(ledger, status),
    finality: await finalityOf(chain, { height: place.height }),
  };
}

function movementsOf({ value }: EncodedTransaction): Movement[] {
  const { ledger, sender, operations } = value.body;
  if (ledger !== 'economy') return [];
  return operations.flatMap((operation, index) => {
    const movement = movementOf(operation, addressText(sender));
    return movement === undefined ? [] : [{ operation: index, ...movement }];
  });
}

/** Undefined for an operation that moves nothing between accounts, or that no node can read. */
function movementOf({ kind, data }: Operation, from: string) {
  try {
    if (kind === Transfer.kind) {
      const { to, token, amount, reference } = decode(Transfer.type, data, 'Transfer');
      return {
        kind: 'Transfer' as const,
        from,
        to: addressText(to),
        token,
        amount: amount.toString(),
        reference,
      };
    }
    if (kind === BankTransfer.kind) {
      const { amount, referenceHash, ...banks } = decode(BankTransfer.type, data, 'BankTransfer');
      return {
        kind: 'BankTransfer' as const,
        from,
        ...banks,
        token: 'AUR' as const,
        amount: amount.toString(),
        referenceHash: hash0x(referenceHash),
      };
    }
  } catch {
    // It stands in a failed transaction.
  }
  return undefined;
}
