import { withApprovals } from '../../client/approvals.ts';
import type { Client } from '../../client/client.ts';
import {
  assertOk,
  type Receipt,
  refusalsAsErrors,
  TransactionSender,
} from '../../client/transaction-sender.ts';
import type { Approval } from '../../types/approval.ts';
import type { AuthorityName } from '../../types/genesis.ts';
import type { LedgerName } from '../../types/names.ts';
import { encodeOperation, type KindSpec } from '../../types/operations/catalog.ts';
import type { Operation } from '../../types/transaction.ts';
import type { CliContext } from '../context.ts';
import { KeyDirectory } from '../key-directory.ts';
import { formatCoins } from '../parse.ts';
import { clientOf } from '../rpc.ts';

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

/** What a transaction is to hold. */
type Built = Operation | readonly Operation[];

/**
 * Signs operations with the key of `--from`, sends them, waits for the receipt and prints it. A failed receipt is an
 * error of its own, FAILED_RECEIPT.
 * @throws NodeError REFUSED with the node's reason
 */
export async function sendOperations(
  context: CliContext,
  options: SendOptions,
  ledger: LedgerName,
  build: (situation: SendSituation) => Built | Promise<Built>,
): Promise<void> {
  const { output } = context;
  const { maxFee, timeout: timeoutMs } = options;
  const client = await clientOf(context);
  const keyPair = await new KeyDirectory(context).loadKeyPair(options.from, options);
  const sender = await TransactionSender.open(client, keyPair, { maxFee, timeoutMs });
  const nonce = options.nonce ?? (await sender.nextNonce(ledger));
  const { genesisHash } = sender.chain;
  const built = await build({ client, sender: sender.address, nonce, genesisHash });
  const transaction = sender.sign(ledger, nonce, [built].flat());
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
  output.progress('waiting for the receipt');
  const receipt = await sender.sendAndWait(transaction);
  output.result(receipt, renderReceipt(receipt));
  assertOk(receipt);
}

/** Sends an operation under the approvals of an authority, whose keys sign for exactly this transaction. */
export async function sendApproved<T extends { approvals: Approval[] }>(
  context: CliContext,
  options: SendOptions,
  by: { readonly ledger: LedgerName; readonly authority: AuthorityName; readonly keys: readonly string[] },
  spec: KindSpec<T>,
  operation: T,
): Promise<void> {
  const { ledger, authority } = by;
  const keys = await new KeyDirectory(context).loadKeyPairs(by.keys, options);
  await sendOperations(context, options, ledger, ({ sender, nonce, genesisHash }) => {
    const target = { authority, sender, ledger, nonce };
    return encodeOperation(spec, withApprovals(genesisHash, target, keys, spec, operation));
  });
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
