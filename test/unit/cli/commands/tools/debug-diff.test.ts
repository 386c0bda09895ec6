import assert from 'node:assert/strict';
import { EXIT } from '../../../../../src/cli/exit-code.ts';
import { createRpcServer, type RpcServer } from '../../../../../src/rpc/server.ts';
import { encodeOperation } from '../../../../../src/types/operations/catalog.ts';
import { ECONOMY } from '../../../../../src/types/operations/economy.ts';
import { silentLogger } from '../../../../../src/util/logger.ts';
import { ExecutingRpc } from '../../../../support/executing-rpc.ts';
import { runInProcess } from '../../../../support/program.ts';

describe('metanode debug diff-state', () => {
  const servers: RpcServer[] = [];
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.close()));
  });

  /** A node with a payment in each of its blocks. */
  const serve = async (amounts: readonly bigint[]) => {
    const rpc = await ExecutingRpc.open(() => ({}));
    const { alice, bob } = rpc.world;
    for (const amount of amounts) {
      const payment = { to: bob.address, token: 'FLX' as const, amount, reference: 'diff' };
      await rpc.run(alice, 'economy', [encodeOperation(ECONOMY.operations.Transfer, payment)]);
    }
    const server = await createRpcServer(rpc.ports, { host: '127.0.0.1', port: 0, logger: silentLogger });
    servers.push(server);
    return { rpc, url: server.url };
  };
  const diff = async (here: string, there: string) => {
    const { code, stdout } = await runInProcess(['debug', 'diff-state', there, '--rpc', here, '--json']);
    return { code, answer: JSON.parse(stdout) };
  };

  it('finds nodes alike whichever of them is ahead, and otherwise names the first path that differs', async () => {
    const [one, ahead, other] = [await serve([1n]), await serve([1n, 2n]), await serve([3n])];
    for (const [here, there] of [
      [one, ahead],
      [ahead, one],
    ] as const) {
      const { code, answer } = await diff(here.url, there.url);
      assert.deepEqual([code, answer.ok, answer.height, answer.first], [EXIT.ok, true, 1, null]);
    }
    const [forth, back] = [await diff(ahead.url, other.url), await diff(other.url, ahead.url)];
    assert.deepEqual([forth.code, back.code], [EXIT.notHealthy, EXIT.notHealthy]);
    const { subtree, path, here, there } = forth.answer.first;
    assert.deepEqual(back.answer.first, { subtree, path, here: there, there: here });
    assert.ok(here !== there);
    const { state } = other.rpc.node.chain;
    assert.ok(state.reader(subtree).get(path) !== undefined || there === null);
    const differing = (answer: { roots: { subtree: string; same: boolean }[] }) =>
      answer.roots.filter(({ same }) => !same).map((root) => root.subtree);
    assert.equal(differing(forth.answer)[0], subtree);
  });
});
