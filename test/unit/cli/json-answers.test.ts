import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { EXIT } from '../../../src/cli/exit-code.ts';
import { createProgram } from '../../../src/cli/program.ts';
import { EXAMPLE_AGREEMENT } from '../../../src/client/example-agreement.ts';
import { inviteToText } from '../../../src/types/invite.ts';
import { quietProcess, runInProcess } from '../../support/program.ts';
import { exampleParams, RecordedNode } from '../../support/recorded-node.ts';

const ID = `0x${'9'.repeat(64)}`;
const PEER = '/ip4/127.0.0.1/tcp/4101/p2p/12D3KooWGRUfh3kPmoBjDkJ3GgUBYNsbxBBmCBBB7ZpRZ1x5Dfnd';
const ADDRESS = exampleParams('txpool_contentFrom').address as string;

/** Commands that send, make, change or run something, or hand on a stream; what they print is tried where they are. */
const OTHERS = new Set([
  ...[
    'testnet up',
    'testnet run',
    'testnet stop',
    'testnet add-node',
    'testnet heal',
    'testnet kill',
    'testnet resume',
    'testnet down',
    'testnet partition',
    'testnet reset',
  ],
  // These read from the processes of a testnet.
  ...['testnet status', 'testnet logs', 'testnet load', 'testnet chaos', 'testnet check'],
  ...['node init', 'node start', 'node token create', 'node token revoke', 'join'],
  ...[
    'peers add',
    'peers remove',
    'peers ban',
    'peers unban',
    'peers test',
    'keys new',
    'keys import',
    'keys change-password',
    'keys rotate',
    'genesis new',
  ],
  ...['validators propose-add', 'validators propose-remove', 'validators discard'],
  ...[
    'tx send',
    'tx demo',
    'bpi propose',
    'bpi sign',
    'bpi activate',
    'bpi invoke',
    'bpi attest',
    'bpi terminate',
  ],
  // It simulates an invocation that is signed as one that is sent.
  'bpi check',
  ...['bpci anchor', 'bpci message', 'bpci join', 'bpci vote', 'bpci leave', 'bpci rotate'],
  ...['bpci client create', 'bpci client update', 'bpci client misbehaviour'],
  ...[
    'cluster join',
    'cluster leave',
    'cluster heartbeat',
    'cluster suspect',
    'cluster refute',
    'cluster rebalance',
  ],
  ...['cluster service register', 'cluster service update', 'cluster service deregister'],
  ...['cluster workload submit', 'cluster workload cancel'],
  ...[
    'docklock rootfs',
    'docklock run',
    'docklock image register',
    'docklock deploy',
    'docklock start',
    'docklock stop',
  ],
  ...['docklock scale', 'docklock update', 'docklock delete'],
  ...[
    'economy owner-account',
    'economy owner-hold',
    'economy pool join',
    'economy pool leave',
    'economy transfer',
  ],
  ...[
    'economy faucet',
    'economy lock',
    'economy unlock',
    'economy deposit',
    'economy withdraw',
    'economy issue',
  ],
  'economy redeem',
  ...['snapshot create', 'snapshot verify', 'snapshot restore', 'export', 'import', 'debug tail', 'sim'],
]);

interface Read {
  readonly args?: readonly string[];
  /** Where the recorded answer is one that the command ends with. */
  readonly code?: number;
}

const leaves = (command: Command): Command[] =>
  command.commands.length === 0 ? [command] : command.commands.flatMap(leaves);
const pathOf = (command: Command): string =>
  command.parent === null ? '' : `${pathOf(command.parent)} ${command.name()}`.trim();

describe('every command that reads', () => {
  let directory: string;
  let node: RecordedNode;
  let reads: Readonly<Record<string, Read>>;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'metanode-json-'));
    node = await RecordedNode.listen();
    const file = (name: string) => join(directory, name);
    await writeFile(file('terms.yaml'), EXAMPLE_AGREEMENT);
    await writeFile(file('proof.json'), '{}');
    const run = async (...args: string[]) => {
      const { code, stdout, stderr } = await runInProcess([...args, '--data-dir', directory, '--json']);
      assert.equal(code, EXIT.ok, stderr);
      return JSON.parse(stdout);
    };
    await run('genesis', 'new', '--seed', 'x', '--validator-count', '4', '--out', file('chain.json'));
    const key = await run('keys', 'new', 'me', '--insecure-keys');
    const { signature } = await run('keys', 'sign', 'me', '0x00', '--insecure-keys');
    const invite = inviteToText({
      chainId: 1,
      genesisHash: 'ab'.repeat(32),
      addresses: [PEER],
      swarmKey: new Uint8Array(),
      expiresMs: Date.now() + 60_000,
      sealedSwarmKey: new Uint8Array(),
    });
    reads = {
      'node token list': {},
      'config show': { args: ['--origin'] },
      'invite create': {},
      'invite show': { args: [invite] },
      'peers list': {},
      'peers history': {},
      'validators list': {},
      'validators votes': {},
      'validators metrics': {},
      'keys list': {},
      'keys export': { args: ['me', '--insecure-keys'] },
      'keys sign': { args: ['me', '0x00', '--insecure-keys'] },
      'keys verify': { args: [key.publicKey, '0x00', signature] },
      'genesis inspect': { args: [file('chain.json')] },
      'genesis hash': { args: [file('chain.json')] },
      'genesis validate': { args: [file('chain.json')] },
      'tx get': { args: [ID] },
      'tx receipt': { args: [ID] },
      'tx pool': {},
      'tx proof': { args: [ID] },
      'bpi parse': { args: [file('terms.yaml')] },
      'bpi example': {},
      'bpi show': { args: [ID] },
      'bpi list': {},
      'bpi evaluate': { args: [ID, '--subject', '{"id":"x"}'] },
      'bpi proof': { args: [ID] },
      'bpci members': {},
      'bpci light-blocks': {},
      'bpci client show': { args: [ID] },
      'bpci client list': {},
      'bpci finality': {},
      'bpci votes': {},
      'bpci anchors': {},
      'bpci channel': { args: [ID, 'service'] },
      'bpci transfer': { args: [ID] },
      'bpci proof': { args: [ID] },
      'cluster members': {},
      'cluster load': {},
      'cluster service list': {},
      'cluster service resolve': { args: ['web', 'key'] },
      'cluster workload placement': { args: ['app', '--owner', ADDRESS] },
      'docklock image show': { args: [ID] },
      'docklock app': { args: [ID] },
      'docklock container': { args: [ID] },
      'docklock containers': {},
      'docklock proof': { args: [ID] },
      'docklock runtimes': {},
      'economy balance': { args: [ADDRESS] },
      'economy supply': {},
      'economy rewards': { args: [ADDRESS] },
      'economy bill': { args: [ADDRESS] },
      'economy claims': {},
      'economy poe': {},
      verify: { args: [file('proof.json'), '--genesis', file('chain.json')], code: EXIT.failed },
      'miner status': {},
      'miner history': {},
      'miner queue': { args: ['economy'] },
      'miner election': {},
      'debug consensus': { code: EXIT.notHealthy },
      'debug gossip': {},
      'debug mempool': {},
      'debug diff-state': { args: [node.url] },
      'debug rpc': { args: ['net_status'] },
      doctor: { args: ['--rpc-listen', '127.0.0.1:0'], code: EXIT.notHealthy },
      ui: {},
      limits: {},
      completion: { args: ['bash'] },
      version: {},
    };
  });
  after(async () => {
    node?.close();
    await rm(directory, { recursive: true, force: true });
  });

  it('is known here, so that none is forgotten', () => {
    const all = leaves(createProgram(quietProcess().cliProcess)).map(pathOf);
    assert.deepEqual([...Object.keys(reads), ...OTHERS].sort(), all.sort());
  });

  it('prints one JSON value with --json, and text without', async () => {
    for (const [path, { args = [], code = EXIT.ok }] of Object.entries(reads)) {
      const line = [...path.split(' '), ...args, '--rpc', node.url, '--data-dir', directory];
      const json = await runInProcess([...line, '--json'], {});
      assert.equal(json.code, code, `${path}: ${json.stderr}`);
      const value: unknown = JSON.parse(json.stdout);
      assert.ok(typeof value === 'object' && value !== null, path);
      const text = await runInProcess(line, {});
      assert.equal(text.code, code, `${path}: ${text.stderr}`);
      // What fails says why on standard error.
      assert.notEqual(text.stdout + text.stderr, '', path);
    }
  });
});
