import assert from 'node:assert/strict';
import type { z } from 'zod';
import { Dispatcher, type Session } from '../../src/rpc/dispatcher.ts';
import { createHandlers } from '../../src/rpc/handlers.ts';
import {
  METHODS,
  type MethodName,
  type MethodParams,
  type MethodResult,
} from '../../src/rpc/schema/methods.ts';
import { toHex } from '../../src/util/bytes.ts';
import { errorCode } from '../../src/util/errors.ts';
import { silentLogger } from '../../src/util/logger.ts';
import { RpcNode } from './rpc-ports.ts';

const SESSION: Session = { scopes: new Set(['read', 'write', 'debug', 'admin']), subscriptions: undefined };

/** The methods of a node in memory, called in process by somebody who may do everything. */
export function openRpc(node = new RpcNode()) {
  const dispatcher = new Dispatcher({ handlers: createHandlers(node.ports()), logger: silentLogger });
  const controller = new AbortController();
  const context = { session: SESSION, signal: controller.signal };
  /** Calls a method and holds its answer against the schema. */
  const call = async <Name extends MethodName>(
    name: Name,
    params?: MethodParams<Name>,
  ): Promise<MethodResult<Name>> => {
    const result = await dispatcher.call(name, params ?? {}, context);
    const text = JSON.parse(JSON.stringify(result));
    const strict = METHODS[name].result as z.ZodType;
    assert.deepEqual(strict.parse(text), text, `${name} returns what its schema does not name`);
    return text;
  };
  const rejects = async (name: MethodName, params: object, reason: string) =>
    assert.rejects(dispatcher.call(name, params, context), (error) => {
      assert.equal(errorCode(error), reason);
      return true;
    });
  const send = async () => {
    const transaction = node.chain.nextTransaction();
    await call('tx_send', { transaction: `0x${toHex(transaction.bytes)}` });
    return transaction;
  };
  return { node, call, rejects, send, controller };
}
