import type { Receipt } from '../types/receipt.ts';
import type { Hash } from '../types/ssz-bytes.ts';
import { decodeTransaction, type EncodedTransaction } from '../types/transaction.ts';
import { rpcError } from './errors.ts';
import type { ChainPort, TransactionPlace } from './ports/chain.ts';
import type { RpcPorts } from './ports/rpc-ports.ts';
import { hash0x } from './text-forms.ts';

/** A transaction from its block or from the pool. @throws NodeError TX_NOT_FOUND */
export async function transactionOf(
  { chain, pool }: Pick<RpcPorts, 'chain' | 'pool'>,
  txId: Hash,
): Promise<EncodedTransaction> {
  const place = await chain.findTransaction(txId);
  const found = place === undefined ? pool.get(txId)?.transaction : await inBlock(chain, place, txId);
  if (found === undefined)
    throw rpcError('TX_NOT_FOUND', `this node does not have the transaction ${hash0x(txId)}`, {
      data: { txId },
      hint: 'tx_status says whether it was dropped',
    });
  return found;
}

async function inBlock(chain: ChainPort, { height }: TransactionPlace, txId: Hash) {
  const block = await chain.block(height);
  for (const bytes of block?.block.transactions.flat() ?? []) {
    const transaction = decodeTransaction(bytes);
    if (transaction.id === txId) return transaction;
  }
  return undefined;
}

/** The receipt at a place in the chain. @throws NodeError PRUNED */
export async function receiptAt(
  chain: ChainPort,
  { height, ledger, index }: TransactionPlace,
): Promise<Receipt> {
  const block = await chain.block(height);
  const receipt = block?.receipts.sections.flat().find((one) => one.ledger === ledger && one.index === index);
  if (receipt === undefined)
    throw rpcError('PRUNED', `the receipts of block ${height} are not kept any more`, {
      data: { lowestHeight: chain.lowestHeight() },
      hint: `the lowest height kept is ${chain.lowestHeight()}`,
    });
  return receipt;
}
