import type { Client } from '../../client/client.ts';
import { senderOf, signTransaction } from '../../client/transaction-builder.ts';
import type { KeyPair } from '../../crypto/ed25519.ts';
import type { MethodResult } from '../../rpc/schema/methods.ts';
import { addressToText } from '../../types/address.ts';
import type { LedgerName } from '../../types/names.ts';
import type { Operation } from '../../types/transaction.ts';
import { toHex } from '../../util/bytes.ts';
import { errorCode, NodeError } from '../../util/errors.ts';
import type { CliErrorCode } from '../exit-code.ts';

export type Receipt = MethodResult<'tx_getReceipt'>;

/** The transaction is void this long after it was signed. */
export const TRANSACTION_LIFETIME_MS = 10 * 60_000;
/** What the node needs to answer, beyond the wait for the receipt. */
const ANSWER_MARGIN_MS = 5_000;
/** These say that there was no answer, not that the transaction was refused. */
const NO_ANSWER: ReadonlySet<string> = new Set(['NOT_REACHABLE', 'TIMED_OUT', 'BAD_ANSWER']);

/** Signs and sends the transactions of one account, one after the other, each after the receipt of the one before. */
export class TransactionSender {
  readonly client: Client;
  /** 64 hex digits. */
  readonly address: string;
  readonly chain: { readonly chainId: number; readonly genesisHash: string };
  readonly #keyPair: KeyPair;
  readonly #maxFee: bigint;
  readonly #timeoutMs: number;

  private constructor(
    client: Client,
    keyPair: KeyPair,
    chain: TransactionSender['chain'],
    { maxFee, timeoutMs }: { readonly maxFee: bigint; readonly timeoutMs: number },
  ) {
    this.client = client;
    this.address = senderOf(keyPair);
    this.chain = chain;
    this.#keyPair = keyPair;
    this.#maxFee = maxFee;
    this.#timeoutMs = timeoutMs;
  }

  /** `maxFee` in micro-FLX per transaction, `timeoutMs`: the longest wait for a receipt. */
  static async open(
    client: Client,
    keyPair: KeyPair,
    bounds: { readonly maxFee: bigint; readonly timeoutMs: number },
  ): Promise<TransactionSender> {
    const { chainId, genesisHash } = await client.call('net_status');
    return new TransactionSender(client, keyPair, { chainId, genesisHash: genesisHash.slice(2) }, bounds);
  }

  /**
   * Sends one transaction and waits for its receipt.
   * @throws NodeError REFUSED with the node's reason; FAILED_RECEIPT for a receipt that is not OK, with its `status`
   */
  async send(ledger: LedgerName, operations: readonly Operation[]): Promise<Receipt> {
    const address = addressToText(this.address);
    const { pending } = await this.client.call('tx_getNonce', { address, ledger });
    const signed = signTransaction(this.#keyPair, this.chain, {
      ledger,
      nonce: BigInt(pending),
      validUntilMs: Date.now() + TRANSACTION_LIFETIME_MS,
      maxFee: this.#maxFee,
      operations,
    });
    const receipt = await sendAndWait(this.client, signed.bytes, this.#timeoutMs);
    assertOk(receipt);
    return receipt;
  }
}

/** @throws NodeError REFUSED */
export async function sendAndWait(client: Client, bytes: Uint8Array, timeoutMs: number): Promise<Receipt> {
  const transaction = `0x${toHex(bytes)}`;
  const { receipt } = await refusalsAsErrors(
    client.call('tx_sendAndWait', { transaction, timeoutMs }, { timeoutMs: timeoutMs + ANSWER_MARGIN_MS }),
  );
  return receipt;
}

/** @throws NodeError FAILED_RECEIPT */
export function assertOk(receipt: Receipt): void {
  if (receipt.status === 'OK') return;
  const { failedOperation, status, ledger, txId } = receipt;
  throw new NodeError('FAILED_RECEIPT', `operation ${failedOperation} failed: ${status}`, {
    data: { status, ledger, txId },
  });
}

/** Turns what the node says against a transaction into REFUSED. */
export async function refusalsAsErrors<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof NodeError) || NO_ANSWER.has(errorCode(error) ?? '')) throw error;
    throw new NodeError<CliErrorCode>('REFUSED', `${error.code}: ${error.message}`, {
      data: error.data,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      cause: error,
    });
  }
}
