import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '../../src/client/client.ts';
import { type RunningNode, startNode } from '../../src/node/node.ts';
import { freePortBase, RPC_OFFSET } from '../support/ports.ts';
import { runInProcess } from '../support/program.ts';
import { waitFor } from '../support/wait-for.ts';

describe('A chain that two operators found together', () => {
  const directory = mkdtempSync(join(tmpdir(), 'metanode-ceremony-'));
  const dataDir = (k: number) => join(directory, `machine-${k}`);
  const entryFile = (k: number) => join(dataDir(k), 'validator-entry.json');
  const genesisFile = join(directory, 'genesis.json');
  const password = join(directory, 'password');
  const nodes: RunningNode[] = [];
  before(() => writeFileSync(password, 'tidy otter brick\n'));
  after(async () => {
    for (const node of nodes) await node.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  async function cli(args: readonly string[], code = 0): Promise<string> {
    const result = await runInProcess([...args, '--json']);
    assert.equal(result.code, code, result.stderr);
    return code === 0 ? result.stdout : result.stderr;
  }
  /** One operator keeps the keys in the clear, the other encrypted. */
  const keeping = (k: number) => (k === 0 ? ['--insecure-keys'] : ['--key-password-file', password]);
  const init = (k: number, further: string[]) => [
    'node',
    'init',
    '--data-dir',
    dataDir(k),
    ...keeping(k),
    ...further,
  ];

  it('begins with keys that each makes on a machine of its own', async function () {
    this.timeout(600_000);
    const entries = [];
    for (const k of [0, 1]) {
      const { validator } = JSON.parse(await cli(init(k, ['--keys-only', '--bond', '2.5'])));
      assert.deepEqual(validator, JSON.parse(readFileSync(entryFile(k), 'utf8')));
      assert.deepEqual(Object.keys(validator).sort(), ['bond', 'consensusKey', 'id', 'vrfKey']);
      entries.push(validator);
    }
    assert.notEqual(entries[0].id, entries[1].id);
    assert.match(await cli(init(0, ['--keys-only']), 1), /KEY_FILE_EXISTS/);
  });

  it('goes on with one genesis of the public entries, in which all GEN has an owner', async () => {
    const args = ['genesis', 'new', '--testnet', '--chain-id', '99', '--out', genesisFile];
    args.push(...[0, 1].flatMap((k) => ['--validators', entryFile(k)]));
    assert.match(await cli(args, 1), /GENESIS_GEN_SUPPLY/);
    const { id } = JSON.parse(readFileSync(entryFile(0), 'utf8'));
    await cli([...args, '--alloc', `GEN:${id}=99995`]);
    const genesis = JSON.parse(readFileSync(genesisFile, 'utf8'));
    assert.equal(genesis.validators.length, 2);
  });

  it('refuses a genesis that names a validator with other keys', async () => {
    const genesis = JSON.parse(readFileSync(genesisFile, 'utf8'));
    const [first, second] = genesis.validators;
    [first.vrfKey, second.vrfKey] = [second.vrfKey, first.vrfKey];
    const wrong = join(directory, 'wrong.json');
    writeFileSync(wrong, JSON.stringify(genesis));
    assert.match(await cli(init(0, ['--genesis', wrong]), 1), /VALIDATOR_KEYS_DIFFER/);
  });

  it('runs when both have made their nodes of it, and they agree', async function () {
    this.timeout(600_000);
    for (const k of [0, 1]) {
      const { validator } = JSON.parse(await cli(init(k, ['--genesis', genesisFile])));
      assert.equal(validator.id, JSON.parse(readFileSync(entryFile(k), 'utf8')).id);
    }
    const portBase = await freePortBase();
    for (const k of [0, 1])
      nodes.push(
        await startNode({
          dataDir: dataDir(k),
          name: `machine-${k}`,
          listen: [`/ip4/127.0.0.1/tcp/${portBase + k}`],
          bootnodes: nodes.flatMap(({ addresses }) => addresses.slice(0, 1)),
          rpcListen: `127.0.0.1:${portBase + RPC_OFFSET + k}`,
          ...(k === 0 ? { insecureKeys: true } : { keyPasswordFile: password }),
          emptyBlockIntervalMs: 1_000,
          loopbackTestnet: true,
          logLevel: 'fatal',
        }),
      );
    const clients = nodes.map(({ rpcUrl }) => createClient(rpcUrl));
    const hashes = await Promise.all(
      clients.map((client) =>
        waitFor('height 3', async () => {
          const { height } = await client.call('chain_getFinalizedHead');
          return height >= 3 && (await client.call('chain_getBlockHash', { height: 3 })).hash;
        }),
      ),
    );
    assert.equal(hashes[0], hashes[1]);
  });

  it('does not take the keys for unused once they have a vote journal', async () => {
    await nodes.pop()?.stop();
    rmSync(join(dataDir(1), 'votes.journal'), { force: true });
    assert.match(await cli(init(1, ['--genesis', genesisFile]), 1), /KEY_FILE_EXISTS|JOURNAL_EXISTS/);
  });
});
