import type { KeyPair } from '../crypto/ed25519.ts';
import type { MethodResult } from '../rpc/schema/methods.ts';
import { addressToText } from '../types/address.ts';
import type { LedgerName } from '../types/names.ts';
import type { Operation } from '../types/transaction.ts';
import { toHex } from '../util/bytes.ts';
import { errorCode, NodeError } from '../util/errors.ts';
import type { Client } from './client.ts';
import { senderOf, signTransaction } from './transaction-builder.ts';

/** The node refused a transaction, or its receipt says that it failed. */
export type SendErrorCode = 'REFUSED' | 'FAILED_RECEIPT';
export type Receipt = MethodResult<'tx_getReceipt'>;

/** The transaction is void this long after it was signed. */
const TRANSACTION_LIFETIME_MS = 10 * 60_000;
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
    const receipt = await this.sendAndWait(this.sign(ledger, await this.nextNonce(ledger), operations));
    assertOk(receipt);
    return receipt;
  }

  /** The nonce after those that the chain and the pool have. */
  async nextNonce(ledger: LedgerName): Promise<bigint> {
    const address = addressToText(this.address);
    return BigInt((await this.client.call('tx_getNonce', { address, ledger })).pending);
  }

  /** A signed transaction as 0x…, which is what the node takes. */
  sign(ledger: LedgerName, nonce: bigint, operations: readonly Operation[]): string {
    const validUntilMs = Date.now() + TRANSACTION_LIFETIME_MS;
    const draft = { ledger, nonce, validUntilMs, maxFee: this.#maxFee, operations };
    return `0x${toHex(signTransaction(this.#keyPair, this.chain, draft).bytes)}`;
  }

  /** The receipt, whatever its status. @throws NodeError REFUSED */
  async sendAndWait(transaction: string): Promise<Receipt> {
    const timeoutMs = this.#timeoutMs;
    const { receipt } = await refusalsAsErrors(
      this.client.call(
        'tx_sendAndWait',
        { transaction, timeoutMs },
        { timeoutMs: timeoutMs + ANSWER_MARGIN_MS },
      ),
    );
    return receipt;
  }
}

/** @throws NodeError FAILED_RECEIPT */
export function assertOk(receipt: Receipt): void {
  if (receipt.status === 'OK') return;
  const { failedOperation, status, ledger, txId } = receipt;
  throw new NodeError<SendErrorCode>('FAILED_RECEIPT', `operation ${failedOperation} failed: ${status}`, {
    data: { status, ledger, txId },
  });
}

/** Turns what the node says against a transaction into REFUSED. */
export async function refusalsAsErrors<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof NodeError) || NO_ANSWER.has(errorCode(error) ?? '')) throw error;
    throw new NodeError<SendErrorCode>('REFUSED', `${error.code}: ${error.message}`, {
      data: error.data,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      cause: error,
    });
  }
}
