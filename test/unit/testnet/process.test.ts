import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorCode } from '../../../src/util/errors.ts';
import { choosePorts } from '../../../testnet/ports.ts';
import { isAlive, processStart, signalProcess, spawnLogged, terminateAll } from '../../../testnet/process.ts';

describe('processes of a testnet', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'metanode-process-'));
  });
  afterEach(async () => {
    await rm(directory, { recursive: true, force: true });
  });

  it('are ended even if they ignore the polite signal, and leave a log', async () => {
    const log = join(directory, 'logs', 'child.log');
    const script = "process.on('SIGTERM', () => {}); console.log('ready'); setInterval(() => {}, 1000)";
    const child = await spawnLogged(['-e', script], log);
    while (!(await readFile(log, 'utf8')).includes('ready')) await sleep(20);
    assert.ok(await isAlive(child));
    await terminateAll([child], 500);
    assert.equal(await isAlive(child), false);
    assert.equal((await child.exit).signal, 'SIGKILL');
  });

  it('are never signalled under a number that belongs to somebody else by now', async () => {
    const stranger = { pid: process.pid, started: 'another time' };
    assert.notEqual(await processStart(process.pid), undefined);
    assert.equal(await signalProcess(stranger, 'SIGKILL'), false);
  });

  it('get free ports, or an error that names the taken one and the flag to use', async () => {
    const [first] = await choosePorts(0, 1);
    assert.ok(first !== undefined && first.p2p !== first.rpc && first.rpc < 32_768);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(first.p2p, '127.0.0.1', resolve));
    try {
      await assert.rejects(
        () => choosePorts(first.p2p - 1, 1),
        (error: Error & { hint?: string; data?: unknown }) =>
          errorCode(error) === 'PORT_TAKEN' &&
          error.message.includes(String(first.p2p)) &&
          error.hint?.includes('--port-base') === true,
      );
    } finally {
      server.close();
    }
  });
});
