import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deriveAccount } from '../../testnet/identities.ts';
import { runCli } from '../support/cli.ts';
import { Cluster, waitFor } from '../support/cluster.ts';
import { describeMachines, type Machine, TwoNetworks } from '../support/machines.ts';

const SEED = 'joining';
const PORT_BASE = 10_900;
const VALIDATORS = 4;
/** Every question is a process of its own; on a busy machine that takes its time. */
const WAIT_MS = 120_000;
const NAME = 'validator-one.test';
const BOND_REF = `0x${'b0'.repeat(32)}`;

describeMachines('A machine behind a NAT, with an invite to a chain on another', function () {
  this.timeout(240_000);
  const directory = mkdtempSync(join(tmpdir(), 'metanode-joining-'));
  let networks: TwoNetworks;
  let cluster: Cluster;
  let invite: string;
  const rpcOf = (k: number) => `127.0.0.1:${PORT_BASE + 100 + k}`;
  const bootAddress = () => join('/dns4', NAME, 'tcp', String(PORT_BASE));

  before(async () => {
    networks = await TwoNetworks.create([NAME]);
    for (const part of networks.leftOut)
      process.stdout.write(`    left out, this kernel has it not: ${part}\n`);
    cluster = await Cluster.create({
      directory,
      seed: SEED,
      validators: VALIDATORS,
      portBase: PORT_BASE,
      blockTimeMs: 500,
      emptyBlocksMs: 1_000,
    });
    for (let k = 0; k < VALIDATORS; k++)
      networks.outside.startNode([
        ...['node', 'start', '--data-dir', cluster.directoryOf(k), '--insecure-keys', '--log-level', 'fatal'],
        ...['--listen', `/ip4/${networks.outsideAddress}/tcp/${PORT_BASE + k}`, '--rpc-listen', rpcOf(k)],
        ...(k === 0 ? [] : ['--bootnode', `/ip4/${networks.outsideAddress}/tcp/${PORT_BASE}`]),
      ]);
    for (let k = 0; k < VALIDATORS; k++) {
      await importKey(`v${k}`, cluster.identityOf(k).account.keys.seed);
    }
    await importKey('alice', deriveAccount(SEED, 'alice').keys.seed);
    await waitForHeight(networks.outside, rpcOf(0), 2);
  });
  after(async () => {
    await networks?.destroy();
    rmSync(directory, { recursive: true, force: true });
  });

  async function importKey(name: string, seed: Uint8Array): Promise<void> {
    const args = ['keys', 'import', name, '--insecure-keys', '--data-dir', directory];
    assert.equal((await runCli(args, Buffer.from(seed).toString('hex'))).code, 0);
  }
  async function succeed(machine: Machine, args: readonly string[]) {
    const { code, stdout, stderr } = await machine.cli([...args, '--json']);
    assert.equal(code, 0, `${args.join(' ')}: ${stderr}${stdout}`);
    return JSON.parse(stdout);
  }
  async function headOf(machine: Machine, rpc: string): Promise<number> {
    const { code, stdout } = await machine.cli(['bpci', 'finality', '--rpc', `http://${rpc}`, '--json']);
    return code === 0 ? JSON.parse(stdout).height : 0;
  }
  async function waitForHeight(machine: Machine, rpc: string, height: number): Promise<void> {
    await waitFor(`height ${height}`, async () => (await headOf(machine, rpc)) >= height, WAIT_MS);
  }
  const joining = (dataDir: string, ...further: string[]) => [
    ...['join', invite, '--data-dir', dataDir, '--insecure-keys'],
    ...further,
  ];
  /** The start command that `join` printed, with an RPC of its own. */
  function start(machine: Machine, printed: readonly string[], rpc: string): void {
    machine.startNode([...printed, '--rpc-listen', rpc, '--log-level', 'fatal']);
  }

  it('learns where the way to the chain ends, for a name and a port that are wrong', async () => {
    const genesis = join(cluster.directoryOf(0), 'genesis.json');
    const test = async (address: string) => {
      const args = ['peers', 'test', address, '--genesis', genesis, '--data-dir', directory, '--json'];
      const { code, stdout } = await networks.inside.cli(args);
      return { code, last: JSON.parse(stdout).steps.at(-1) };
    };
    const closed = await test(`/dns4/${NAME}/tcp/9`);
    assert.deepEqual([closed.code, closed.last.reason], [3, 'CONNECTION_REFUSED']);
    const open = await test(bootAddress());
    assert.equal(open.code, 0, JSON.stringify(open.last));
    assert.equal(open.last.step, 'handshake');
  });

  it('joins as an observer, takes the genesis from a peer, and follows the chain', async () => {
    const made = await succeed(networks.outside, [
      ...['invite', 'create', '--rpc', `http://${rpcOf(0)}`, '--address', bootAddress()],
    ]);
    invite = made.invite;
    const dataDir = join(directory, 'observer');
    const joined = await succeed(networks.inside, joining(dataDir));
    assert.equal(joined.genesisHash, `0x${cluster.genesisHash}`);
    start(networks.inside, joined.start.map(onPort(4101)), '127.0.0.1:8545');
    const head = await headOf(networks.outside, rpcOf(0));
    await waitForHeight(networks.inside, '127.0.0.1:8545', head + 2);
  });

  it('joins as a validator, is admitted by the others, and its seals stand in the certificates', async () => {
    const dataDir = join(directory, 'newcomer');
    const joined = await succeed(networks.inside, joining(dataDir, '--validator'));
    const newcomer: string = joined.validator;
    start(networks.inside, joined.start.map(onPort(4102)), '127.0.0.1:8546');
    const send = async (from: string, args: readonly string[]) =>
      await succeed(networks.outside, [
        ...args,
        ...['--from', from, '--insecure-keys', '--data-dir', directory, '--rpc', `http://${rpcOf(0)}`],
      ]);
    await send('alice', ['economy', 'transfer', newcomer, '20', '--token', 'GEN', '--no-wait']);
    await send('alice', ['economy', 'transfer', newcomer, '20', '--no-wait']);
    await send('alice', ['economy', 'deposit', newcomer, '5', '--ledger', 'bpci', '--no-wait']);
    await send('alice', ['economy', 'deposit', newcomer, '5', '--ledger', 'bpci', '--token', 'GEN']);
    const account = join(dataDir, 'keys', 'account.json');
    const bond = ['--token', 'GEN', '--ledger', 'bpci', '--purpose', 'bond'];
    await send(account, ['economy', 'lock', BOND_REF, '10', ...bond]);
    const [consensus, vrf] = ['validator', 'vrf'].map((name) => join(dataDir, 'keys', `${name}.json`));
    await send(account, [
      ...['bpci', 'join', '--bond-ref', BOND_REF],
      ...['--consensus-key', consensus as string, '--vrf-key', vrf as string],
    ]);
    await Promise.all([0, 1, 2].map((k) => send(`v${k}`, ['bpci', 'vote', newcomer, 'admit'])));
    await waitFor(
      'a seal of the newcomer',
      async () => {
        const finality = await succeed(networks.outside, ['bpci', 'finality', '--rpc', `http://${rpcOf(0)}`]);
        return finality.validators === VALIDATORS + 1 && !finality.missing.includes(newcomer);
      },
      WAIT_MS,
    );
    assert.ok(readFileSync(join(dataDir, 'votes.journal')).length > 0);
  });

  it('is told its own peer id when it is not on the allow-list, and joins with the same keys once it is', async () => {
    const list = join(directory, 'allow.yaml');
    await cluster.init(VALIDATORS);
    const port = PORT_BASE + 9;
    const startGate = () =>
      networks.outside.startNode([
        ...['node', 'start', '--data-dir', cluster.directoryOf(VALIDATORS), '--insecure-keys'],
        ...['--listen', `/ip4/${networks.outsideAddress}/tcp/${port}`, '--rpc-listen', rpcOf(9)],
        ...['--allowlist', list, '--log-level', 'fatal'],
      ]);
    writeFileSync(list, 'nodes: []\n');
    const stopGate = startGate();
    invite = await waitFor(
      'an invite of the gate',
      async () => {
        const { code, stdout } = await networks.outside.cli([
          'invite',
          'create',
          '--rpc',
          `http://${rpcOf(9)}`,
        ]);
        return code === 0 && stdout.trim();
      },
      WAIT_MS,
    );
    const dataDir = join(directory, 'guest');
    const refused = await networks.inside.cli(joining(dataDir));
    assert.equal(refused.code, 4, refused.stderr);
    assert.match(refused.stderr, /PEER_NOT_ALLOWED/);
    const self = /12D3KooW\w+/.exec(refused.stderr)?.[0];
    await stopGate();
    writeFileSync(list, `nodes:\n  - ${self}\n`);
    startGate();
    await waitFor('the gate', async () => (await networks.inside.cli(joining(dataDir))).code === 0, WAIT_MS);
  });
});

/** All machines inside share one address: each node has a port of its own. */
function onPort(port: number) {
  return (argument: string) => argument.replace(/tcp\/4101$/, `tcp/${port}`);
}
