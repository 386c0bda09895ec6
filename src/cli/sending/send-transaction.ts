import type { Client } from '../../client/client.ts';
import { senderOf, signTransaction } from '../../client/transaction-builder.ts';
import { keyPairFromSeed } from '../../crypto/ed25519.ts';
import { addressToText } from '../../types/address.ts';
import type { LedgerName } from '../../types/names.ts';
import type { Operation } from '../../types/transaction.ts';
import { toHex } from '../../util/bytes.ts';
import type { CliContext } from '../context.ts';
import { KeyDirectory } from '../key-directory.ts';
import { formatCoins } from '../parse.ts';
import { clientOf } from '../rpc.ts';
import {
  assertOk,
  type Receipt,
  refusalsAsErrors,
  sendAndWait,
  TRANSACTION_LIFETIME_MS,
} from './transaction-sender.ts';

/** The options of every command that sends a transaction. */
export interface SendOptions {
  from: string;
  nonce?: bigint;
  maxFee: bigint;
  wait: boolean;
  dryRun?: boolean;
  passwordFile?: string;
  insecureKeys?: boolean;
  timeout: number;
}

/** What an operation may depend on: who sends it, with which nonce, to which chain. */
export interface SendSituation {
  readonly client: Client;
  readonly sender: string;
  readonly nonce: bigint;
  readonly genesisHash: string;
}

/**
 * Signs operations with the key of `--from`, sends them, waits for the receipt and prints it. A failed receipt is an
 * error of its own, FAILED_RECEIPT.
 * @throws NodeError REFUSED with the node's reason
 */
export async function sendOperations(
  context: CliContext,
  options: SendOptions,
  ledger: LedgerName,
  build: (situation: SendSituation) => Promise<readonly Operation[]> | readonly Operation[],
): Promise<void> {
  const { output } = context;
  const client = await clientOf(context);
  const { seed } = await new KeyDirectory(context).load(options.from, options);
  const keyPair = keyPairFromSeed(seed);
  const sender = senderOf(keyPair);
  const status = await client.call('net_status');
  const chain = { chainId: status.chainId, genesisHash: status.genesisHash.slice(2) };
  const nonce =
    options.nonce ??
    BigInt((await client.call('tx_getNonce', { address: addressToText(sender), ledger })).pending);
  const operations = await build({ client, sender, nonce, genesisHash: chain.genesisHash });
  const validUntilMs = Date.now() + TRANSACTION_LIFETIME_MS;
  const signed = signTransaction(keyPair, chain, {
    ledger,
    nonce,
    validUntilMs,
    maxFee: options.maxFee,
    operations,
  });
  const transaction = `0x${toHex(signed.bytes)}`;
  if (options.dryRun === true) {
    const outcome = await client.call('tx_simulate', { transaction });
    output.result(
      outcome,
      outcome.receipt === null ? `refused: ${outcome.refusal?.reason}` : renderReceipt(outcome.receipt),
    );
    return;
  }
  if (!options.wait) {
    const { txId } = await refusalsAsErrors(client.call('tx_send', { transaction }));
    output.result({ txId }, txId);
    return;
  }
  const receipt = await sendAndWait(client, signed.bytes, options.timeout);
  output.result(receipt, renderReceipt(receipt));
  assertOk(receipt);
}

/** A receipt for people. */
export function renderReceipt(receipt: Receipt): string {
  return [
    `transaction  ${receipt.txId}`,
    `ledger       ${receipt.ledger}`,
    `height       ${receipt.height}, number ${receipt.index} of its section`,
    `status       ${receipt.status}`,
    `charged      ${receipt.charges.map(({ token, amount }) => `${formatCoins(BigInt(amount))} ${token}`).join(', ') || 'nothing'}`,
    ...receipt.events.map(({ name, data }) => `event        ${name} ${JSON.stringify(data)}`),
  ].join('\n');
}
