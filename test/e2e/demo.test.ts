import assert from 'node:assert/strict';
import { chmod, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { createClient } from '../../src/client/client.ts';
import type { MethodResult } from '../../src/rpc/schema/methods.ts';
import { LEDGERS } from '../../src/types/names.ts';
import { runCli } from '../support/cli.ts';
import { freePortBase } from '../support/ports.ts';
import { runInProcess } from '../support/program.ts';
import { waitFor } from '../support/wait-for.ts';

interface DemoReceipt {
  ledger: string;
  txId: string;
  height: number;
  status: string;
  detail: string;
  verified: boolean;
  seals: number;
  quorum: number;
  receipt: MethodResult<'tx_getReceipt'>;
}

describe('a testnet of four validators that people try out', function () {
  this.timeout(600_000);
  let root: string;
  let directory: string;
  let rpcs: string[];

  const metanode = async (args: readonly string[]) =>
    await runInProcess([...args, '--rpc', rpcs[0] as string]);
  const succeed = async (...args: string[]): Promise<unknown> => {
    const { code, stdout, stderr } = await metanode([...args, '--json']);
    assert.equal(code, 0, `${args.join(' ')}: ${stderr}${stdout}`);
    return JSON.parse(stdout);
  };
  const demo = async (dataDir: string) => {
    const { code, stdout, stderr } = await metanode(['tx', 'demo', '--data-dir', dataDir, '--json']);
    const { receipts } = JSON.parse(stdout) as { receipts: DemoReceipt[] };
    return { code, receipts, stderr };
  };

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'metanode-demo-'));
    directory = join(root, 'net');
    const ports = ['--port-base', String(await freePortBase()), '--data-dir', directory];
    const up = ['testnet', 'up', '--validators', '4', '--detach', '--no-load', '--wait-blocks', '1'];
    const started = await runCli([...up, ...ports]);
    assert.equal(started.code, 0, started.stderr);
    const { nodes } = JSON.parse(await readFile(join(directory, 'testnet.json'), 'utf8'));
    rpcs = nodes.map(({ rpc }: { rpc: string }) => rpc);
  });

  after(async () => {
    await runInProcess(['testnet', 'down', '--data-dir', directory]);
    await rm(root, { recursive: true, force: true });
  });

  it('does one thing on each ledger, and verifies every receipt, that of the denied subject too', async () => {
    const { code, receipts, stderr } = await demo(directory);
    assert.equal(code, 0, stderr);
    assert.deepEqual(new Set(receipts.map(({ ledger }) => ledger)), new Set(LEDGERS));
    for (const { verified, seals, quorum } of receipts) assert.ok(verified && seals >= quorum);
    const denied = receipts.filter(({ status }) => status !== 'OK');
    assert.deepEqual(
      denied.map(({ ledger, status }) => [ledger, status]),
      [['bpi', 'DENIED']],
    );
    const refusals = denied.flatMap(({ receipt }) => receipt.events.map(({ data }) => data));
    assert.deepEqual(
      (refusals as { policyType: string }[]).map(({ policyType }) => policyType),
      ['geographic_restriction'],
    );
  });

  it('says so where no container can run, and does something else on that ledger', async () => {
    const programs = join(root, 'bin');
    await cp(join(directory, 'accounts'), programs, { recursive: true });
    await writeFile(join(programs, 'runc'), '#!/bin/sh\necho runc version 1.0.0\n');
    await chmod(join(programs, 'runc'), 0o755);
    const PATH = `${programs}:${process.env.PATH}`;
    const line = ['tx', 'demo', '--data-dir', directory, '--rpc', rpcs[0] as string];
    const { code, stdout, stderr } = await runCli(line, '', { PATH });
    assert.equal(code, 0, stderr);
    assert.match(stdout, /docklock +register image +\d+ +OK/);
    assert.match(stdout, /no container: /);
    assert.match(stdout, /6 receipts verified/);
  });

  it('ends with 1 where the receipts do not verify under the genesis that the reader trusts', async () => {
    const other = join(root, 'other');
    for (const part of ['accounts', 'testnet.json'])
      await cp(join(directory, part), join(other, part), { recursive: true });
    const genesis = JSON.parse(await readFile(join(directory, 'genesis.json'), 'utf8'));
    genesis.salt = `0x${'ee'.repeat(16)}`;
    await writeFile(join(other, 'genesis.json'), JSON.stringify(genesis));
    const { code, receipts, stderr } = await demo(other);
    assert.equal(code, 1);
    assert.match(stderr, /NOT_VERIFIED/);
    assert.ok(receipts.every(({ verified }) => !verified));
  });

  it('places what `metanode cluster` asks for, and every node says the same about it', async () => {
    const alice = ['--from', join(directory, 'accounts', 'alice.json'), '--insecure-keys'];
    const keys = ['--data-dir', root, '--insecure-keys'];
    const { address } = JSON.parse(await readFile(join(directory, 'accounts', 'alice.json'), 'utf8'));
    for (const region of ['eu', 'us']) {
      assert.equal((await runInProcess(['keys', 'new', region, '--type', 'node', ...keys])).code, 0);
      await succeed('cluster', 'join', region, '--region', region, '--data-dir', root, ...alice);
    }
    await succeed('cluster', 'workload', 'submit', 'web', '--replicas', '2', ...alice);
    await succeed('cluster', 'service', 'register', 'web', '--port', '80', ...alice);
    await succeed('cluster', 'heartbeat', 'eu', '--data-dir', root, ...alice);
    const asked = ['cluster', 'workload', 'placement', 'web', '--owner', address, '--replica', '0'];
    const { replicas, why } = (await succeed(...asked)) as MethodResult<'cluster_placement'>;
    assert.deepEqual(replicas.map(({ region }) => region).sort(), ['eu', 'us']);
    assert.equal(why?.choice, replicas[0]?.node);

    const clients = rpcs.map((rpc) => createClient(rpc));
    // They may stand at different heights when they are asked.
    await waitFor('all say the same', async () => {
      const answers = await Promise.all(
        clients.map(async (client) => [
          await client.call('cluster_placement', { owner: address, app: 'web', replica: 1 }),
          await client.call('cluster_resolve', { service: 'web', key: 'somebody' }),
          await client.call('cluster_load'),
        ]),
      );
      return answers.every((answer) => isDeepStrictEqual(answer, answers[0]));
    });
  });
});
