import assert from 'node:assert/strict';
import type { z } from 'zod';
import { chainPort } from '../../src/node/ports/chain-port.ts';
import { Dispatcher, type Session } from '../../src/rpc/dispatcher.ts';
import { createHandlers } from '../../src/rpc/handlers.ts';
import type { RpcPorts } from '../../src/rpc/ports/rpc-ports.ts';
import { SCOPES } from '../../src/rpc/schema/method.ts';
import {
  METHODS,
  type MethodName,
  type MethodParams,
  type MethodResult,
} from '../../src/rpc/schema/methods.ts';
import type { LedgerName } from '../../src/types/names.ts';
import type { Receipt } from '../../src/types/receipt.ts';
import type { EncodedTransaction, Operation } from '../../src/types/transaction.ts';
import { errorCode } from '../../src/util/errors.ts';
import { silentLogger } from '../../src/util/logger.ts';
import type { Account } from '../../testnet/identities.ts';
import { type ChainNode, ChainWorld } from './chain.ts';
import { RpcNode } from './rpc-ports.ts';

const SESSION: Session = { scopes: new Set(SCOPES), subscriptions: undefined };

/** The RPC over a chain that executes: blocks with real transactions, and the state that they leave. */
export class ExecutingRpc {
  readonly world: ChainWorld;
  readonly node: ChainNode;
  readonly ports: RpcPorts;
  readonly #dispatcher: Dispatcher;

  private constructor(world: ChainWorld, node: ChainNode, ports: RpcPorts) {
    this.ports = ports;
    this.world = world;
    this.node = node;
    this.#dispatcher = new Dispatcher({ handlers: createHandlers(ports), logger: silentLogger });
  }

  /** `portsOf` gives the ports of the ledgers in question; all others answer from a chain in memory. */
  static async open(
    portsOf: (node: ChainNode) => Partial<RpcPorts>,
    world = new ChainWorld(),
  ): Promise<ExecutingRpc> {
    const node = await world.open();
    const ports = { ...new RpcNode().ports(), chain: chainPort(node.chain), ...portsOf(node) };
    return new ExecutingRpc(world, node, ports);
  }

  /** Leaves a transaction in the pool, for the next block. */
  async submit(
    sender: Account,
    ledger: LedgerName,
    operations: readonly Operation[],
  ): Promise<EncodedTransaction> {
    const { pool } = this.node;
    const nonce = pool.mempool.nextNonce(ledger, sender.address);
    const transaction = this.world.sign(sender, nonce, operations, { ledger, maxFee: 1_000_000n });
    await pool.submit(transaction.bytes);
    return transaction;
  }

  /** Puts a transaction, and what waits in the pool, into a block. */
  async run(sender: Account, ledger: LedgerName, operations: readonly Operation[]): Promise<Receipt> {
    const { chain } = this.node;
    const transaction = await this.submit(sender, ledger, operations);
    await this.world.extend(this.node);
    const receipts = chain.history.block(chain.head.height)?.receipts.sections.flat() ?? [];
    const receipt = receipts.find(({ txId }) => txId === transaction.id);
    assert.ok(receipt, 'the block holds the transaction');
    return receipt;
  }

  /** Calls a method and holds its answer against the schema. */
  async call<Name extends MethodName>(name: Name, params: MethodParams<Name>): Promise<MethodResult<Name>> {
    const result = await this.#dispatcher.call(name, params, this.#context());
    const text = JSON.parse(JSON.stringify(result));
    const schema = METHODS[name].result as z.ZodType;
    assert.deepEqual(schema.parse(text), text, `${name} returns what its schema does not name`);
    return text;
  }

  async rejects(name: MethodName, params: object, reason: string): Promise<void> {
    await assert.rejects(this.#dispatcher.call(name, params, this.#context()), (error) => {
      assert.equal(errorCode(error), reason);
      return true;
    });
  }

  #context() {
    return { session: SESSION, signal: new AbortController().signal };
  }
}
