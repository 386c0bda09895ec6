import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { swarmKeyToFile } from '../../src/types/invite.ts';
import { deriveAccount } from '../../testnet/identities.ts';
import { Cluster } from '../support/cluster.ts';
import { describeMachines, type Machine, TwoNetworks } from '../support/machines.ts';
import { runInProcess } from '../support/program.ts';
import { waitFor } from '../support/wait-for.ts';

const SEED = 'joining';
const VALIDATORS = 4;
const PAUSE_MS = 1_000;
const NAME = 'validator-one.test';
/** In each way in which an address can be written. */
const ADVERTISED = ['203.0.113.7', NAME, '/dns4/forwarded.test/tcp/4199'];
const BOND_REF = `0x${'b0'.repeat(32)}`;

describeMachines('A machine behind a NAT, with an invite to a chain on another', function () {
  this.timeout(600_000);
  const directory = mkdtempSync(join(tmpdir(), 'metanode-joining-'));
  let networks: TwoNetworks;
  let cluster: Cluster;
  let invite: string;
  const rpcOf = (k: number) => `127.0.0.1:${cluster.rpcPortOf(k)}`;
  const bootAddress = () => join('/dns4', NAME, 'tcp', String(cluster.portOf(0)));

  before(async () => {
    networks = await TwoNetworks.create([NAME]);
    for (const part of networks.leftOut)
      process.stdout.write(`    left out, this kernel has it not: ${part}\n`);
    cluster = await Cluster.create({
      directory,
      seed: SEED,
      validators: VALIDATORS,
      blockTimeMs: 500,
      emptyBlocksMs: 1_000,
    });
    for (let k = 0; k < VALIDATORS; k++)
      networks.outside.startNode([
        ...['node', 'start', '--data-dir', cluster.directoryOf(k), '--insecure-keys', '--log-level', 'fatal'],
        ...['--listen', `/ip4/${networks.outsideAddress}/tcp/${cluster.portOf(k)}`, '--rpc-listen', rpcOf(k)],
        ...(k === 0
          ? ADVERTISED.flatMap((address) => ['--advertise', address])
          : ['--bootnode', `/ip4/${networks.outsideAddress}/tcp/${cluster.portOf(0)}`]),
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
    assert.equal((await runInProcess(args, {}, Buffer.from(seed).toString('hex'))).code, 0);
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
    await askUntil(`height ${height}`, async () => (await headOf(machine, rpc)) >= height);
  }
  const joining = (dataDir: string, ...further: string[]) => [
    ...['join', invite, '--data-dir', dataDir, '--insecure-keys'],
    ...further,
  ];
  /** The start command that `join` printed, with an RPC of its own. */
  function start(machine: Machine, printed: readonly string[], rpc: string): void {
    machine.startNode([...printed, '--rpc-listen', rpc, '--log-level', 'fatal']);
  }

  /** What `peers test` says on the inner machine, by the genesis of the chain if no other is given. */
  async function testPeer(address: string, ...further: string[]) {
    const genesis = ['--genesis', join(cluster.directoryOf(0), 'genesis.json')];
    const given = further.includes('--genesis') ? further : [...further, ...genesis];
    const args = ['peers', 'test', address, ...given, '--data-dir', directory, '--json'];
    const { code, stdout } = await networks.inside.cli(args);
    const steps: { step: string; reason?: string; detail: string }[] = JSON.parse(stdout).steps;
    const { step, reason } = steps.at(-1) ?? {};
    return { end: [code, step, reason], steps };
  }
  /** A swarm key in a file. */
  function swarmKeyFile(name: string, byte: number): string {
    const file = join(directory, name);
    writeFileSync(file, swarmKeyToFile(new Uint8Array(32).fill(byte)));
    return file;
  }

  it('learns where the way to the chain ends: a wrong port, genesis or swarm key', async () => {
    const closed = await testPeer(`/dns4/${NAME}/tcp/9`);
    assert.deepEqual(closed.end, [3, 'tcp', 'CONNECTION_REFUSED']);
    const other = join(directory, 'other.json');
    const making = ['genesis', 'new', '--seed', 'other', '--validator-count', '4', '--out', other];
    assert.equal((await runInProcess(making)).code, 0);
    const foreign = await testPeer(bootAddress(), '--genesis', other);
    assert.deepEqual(foreign.end, [4, 'handshake', 'GENESIS_MISMATCH']);
    const secret = await testPeer(bootAddress(), '--swarm-key', swarmKeyFile('any.key', 1));
    assert.deepEqual(secret.end, [4, 'swarm-key', 'SWARM_KEY_NOT_USED_THERE']);
    const open = await testPeer(bootAddress());
    assert.deepEqual(open.end, [0, 'handshake', undefined], JSON.stringify(open.steps));
  });

  it('is told by identify what the node advertises: an IP address, a name and a multiaddr', async () => {
    const port = cluster.portOf(0);
    const expected = [
      `/ip4/203.0.113.7/tcp/${port}`,
      `/dns4/${NAME}/tcp/${port}`,
      ADVERTISED.at(-1) as string,
    ];
    const asked = ['debug', 'rpc', 'net_identity', '--rpc', `http://${rpcOf(0)}`];
    const identity = await succeed(networks.outside, asked);
    const listening = `/ip4/${networks.outsideAddress}/tcp/${port}`;
    const announced = [...expected, listening].map((address) => `${address}/p2p/${identity.peerId}`);
    assert.deepEqual(identity.announcedAddresses, announced);
    const { steps } = await testPeer(bootAddress());
    const learned = steps.find(({ step }) => step === 'identify')?.detail ?? '';
    for (const address of expected) assert.ok(learned.includes(address), learned);
    const { items } = await succeed(networks.outside, ['peers', 'list', '--rpc', `http://${rpcOf(1)}`]);
    const first = items.find(({ peerId }: { peerId: string }) => peerId === identity.peerId);
    assert.deepEqual(first?.announcedAddresses, announced);
  });

  it('joins as an observer, takes the genesis from a peer, and follows the chain', async () => {
    const made = await succeed(networks.outside, [
      ...['invite', 'create', '--rpc', `http://${rpcOf(0)}`, '--address', bootAddress()],
    ]);
    invite = made.invite;
    const dataDir = join(directory, 'observer');
    const tried = await succeed(networks.inside, ['join', invite, '--data-dir', dataDir, '--dry-run']);
    assert.deepEqual([tried.genesisHash, existsSync(dataDir)], [`0x${cluster.genesisHash}`, false]);
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
    await send('alice', ['economy', 'transfer', newcomer, '20', '--coin', 'GEN', '--no-wait']);
    await send('alice', ['economy', 'transfer', newcomer, '20', '--no-wait']);
    await send('alice', ['economy', 'deposit', newcomer, '5', '--ledger', 'bpci', '--no-wait']);
    await send('alice', ['economy', 'deposit', newcomer, '5', '--ledger', 'bpci', '--coin', 'GEN']);
    const account = join(dataDir, 'keys', 'account.json');
    const bond = ['--coin', 'GEN', '--ledger', 'bpci', '--purpose', 'bond'];
    await send(account, ['economy', 'lock', BOND_REF, '10', ...bond]);
    const [consensus, vrf] = ['validator', 'vrf'].map((name) => join(dataDir, 'keys', `${name}.json`));
    await send(account, [
      ...['bpci', 'join', '--bond-ref', BOND_REF],
      ...['--consensus-key', consensus as string, '--vrf-key', vrf as string],
    ]);
    await Promise.all([0, 1, 2].map((k) => send(`v${k}`, ['bpci', 'vote', newcomer, 'admit'])));
    await askUntil('a seal of the newcomer', async () => {
      const finality = await succeed(networks.outside, ['bpci', 'finality', '--rpc', `http://${rpcOf(0)}`]);
      return finality.validators === VALIDATORS + 1 && !finality.missing.includes(newcomer);
    });
    assert.ok(readFileSync(join(dataDir, 'votes.journal')).length > 0);
  });

  it('is told its own peer id when it is not on the allow-list, and joins with the same keys once it is', async () => {
    const list = join(directory, 'allow.yaml');
    await cluster.init(VALIDATORS);
    const port = cluster.portOf(9);
    const startGate = (...further: string[]) =>
      networks.outside.startNode([
        ...['node', 'start', '--data-dir', cluster.directoryOf(VALIDATORS), '--insecure-keys', ...further],
        ...['--listen', `/ip4/${networks.outsideAddress}/tcp/${port}`, '--rpc-listen', rpcOf(9)],
        ...['--allowlist', list, '--log-level', 'fatal'],
      ]);
    writeFileSync(list, 'nodes: []\n');
    const stopGate = startGate();
    invite = await askUntil('an invite of the gate', async () => {
      const args = ['invite', 'create', '--rpc', `http://${rpcOf(9)}`];
      const { code, stdout } = await networks.outside.cli(args);
      return code === 0 && stdout.trim();
    });
    const dataDir = join(directory, 'guest');
    const refused = await networks.inside.cli(joining(dataDir));
    assert.equal(refused.code, 4, refused.stderr);
    assert.match(refused.stderr, /PEER_NOT_ALLOWED/);
    const gate = `/ip4/${networks.outsideAddress}/tcp/${port}`;
    assert.deepEqual((await testPeer(gate)).end, [4, 'handshake', 'PEER_NOT_ALLOWED']);
    const self = /12D3KooW\w+/.exec(refused.stderr)?.[0];
    await stopGate();
    writeFileSync(list, `nodes:\n  - ${self}\n`);
    const stopOpenGate = startGate();
    await askUntil('the gate', async () => (await networks.inside.cli(joining(dataDir))).code === 0);
    await stopOpenGate();
    startGate('--swarm-key', swarmKeyFile('gate.key', 2));
    const wrongKey = ['--swarm-key', swarmKeyFile('wrong.key', 3)];
    await askUntil('the gate of a private network', async () => {
      const { end } = await testPeer(gate, ...wrongKey);
      return end[2] === 'SWARM_KEY_MISMATCH_LIKELY';
    });
  });
});

/** Each question is a process of its own, and many of them would take the processor from the nodes. */
async function askUntil<T>(what: string, ask: () => Promise<T | false>): Promise<T> {
  return await waitFor(what, async () => {
    const answer = await ask();
    if (answer === false) await sleep(PAUSE_MS);
    return answer;
  });
}

/** All machines inside share one address: each node has a port of its own. */
function onPort(port: number) {
  return (argument: string) => argument.replace(/tcp\/4101$/, `tcp/${port}`);
}
