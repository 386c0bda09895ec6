import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createClient } from '../../src/client/client.ts';
import type { MethodResult } from '../../src/rpc/schema/methods.ts';
import { type CliResult, PROGRAM } from './cli.ts';
import { freePortBase } from './ports.ts';
import type { NodeEntry } from './testnet.ts';
import { waitFor } from './wait-for.ts';

const ROOT = join(import.meta.dirname, '../..');
const BOOT_MS = 240_000;
/** Transactions a second that the testnet sends itself. */
export const LOAD_RATE = 2;

type Receipt = MethodResult<'chain_getReceipts'>['items'][number];

/**
 * A person with a terminal in a fresh checkout and a home of their own, who types what the README says; `npx metanode`
 * is the program that the build made.
 */
export class ReadmeShell {
  #home = '';
  #testnet: ReturnType<ReadmeShell['spawn']> | undefined;
  /** Variables of the shell that lines have set. */
  #assignments = '';
  /** An address that has paid for something, and the window of its bills in which it has. */
  address = '';
  window = 0;

  async open(): Promise<void> {
    this.#home = await mkdtemp(join(tmpdir(), 'metanode-readme-'));
    await mkdir(join(this.#home, 'bin'));
    const npx = `#!/bin/sh\n[ "$1" = metanode ] && shift && exec "${process.execPath}" "${PROGRAM}" "$@"\n`;
    await writeFile(join(this.#home, 'bin', 'npx'), npx, { mode: 0o755 });
    for (const name of ['test', 'testnet', 'scripts', 'node_modules'])
      await symlink(join(ROOT, name), join(this.#home, name));
  }

  async close(): Promise<void> {
    await this.interrupt();
    await rm(this.#home, { recursive: true, force: true });
  }

  /** Runs a line to its end. What it names as an example becomes what this testnet has. */
  async run(line: string): Promise<CliResult> {
    const actual = await this.#actual(line);
    const { output, code } = this.spawn(`${this.#assignments}${actual}`);
    if (/^\w+=\S+$/.test(line)) this.#assignments += `${line}; `;
    return { code: await code, ...output() };
  }

  /** Starts a line that goes on beside the next ones. */
  spawn(line: string) {
    const child = spawn('sh', ['-c', line], {
      cwd: this.#home,
      detached: true,
      env: {
        PATH: [join(this.#home, 'bin'), process.env.PATH].join(delimiter),
        HOME: this.#home,
        NO_COLOR: '1',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const texts = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const)
      child[name].on('data', (chunk) => {
        texts[name] += String(chunk);
      });
    const code = new Promise<number | null>((resolve) => child.once('close', resolve));
    return { code, output: () => texts, kill: (signal: NodeJS.Signals) => killGroup(child, signal) };
  }

  /** Starts the testnet, smaller than its user's, on free ports. */
  async boot(line: string): Promise<void> {
    const ports = `METANODE_PORT_BASE=${await freePortBase()}`;
    const size = `METANODE_VALIDATORS=4 ${ports} METANODE_EMPTY_BLOCKS=2s METANODE_LOAD_RATE=${LOAD_RATE}`;
    const testnet = this.spawn(`${size} exec ${line}`);
    this.#testnet = testnet;
    let ended: number | null | undefined;
    void testnet.code.then((code) => {
      ended = code;
    });
    await waitFor(
      'the testnet makes blocks',
      async () => {
        if (ended !== undefined) throw new Error(`the testnet has ended: ${testnet.output().stderr}`);
        const first = await this.first().catch(() => undefined);
        if (first === undefined) return false;
        const head = await createClient(first.rpc)
          .call('chain_getFinalizedHead')
          .catch(() => undefined);
        return head !== undefined && head.height >= 2;
      },
      BOOT_MS,
    );
    this.address = await waitFor('somebody who has paid', () => this.#payer(), BOOT_MS);
  }

  /** What the testnet has told in its terminal. */
  told(): string {
    return this.#testnet?.output().stdout ?? '';
  }

  /** Ctrl-C; the exit code of the testnet. */
  async interrupt(): Promise<number | null | undefined> {
    this.#testnet?.kill('SIGINT');
    return await this.#testnet?.code;
  }

  async nodes(): Promise<readonly NodeEntry[]> {
    return JSON.parse(await readFile(join(this.#directory, 'testnet.json'), 'utf8')).nodes;
  }

  async first(): Promise<NodeEntry> {
    return (await this.nodes())[0] as NodeEntry;
  }

  get #directory(): string {
    return join(this.#home, '.local/share/metanode/testnets/default');
  }

  async #actual(line: string): Promise<string> {
    const genesis = join(this.#directory, 'genesis.json');
    const receipt = line.includes('<txId>') ? await this.#findReceipt(() => true) : undefined;
    return line
      .replaceAll('<address>', this.address)
      .replace('--window 0', `--window ${this.window}`)
      .replaceAll('<txId>', receipt?.txId ?? '')
      .replace(/ DIR$/, ` ${join(this.#directory, 'nodes', 'v4')}`)
      .replace(/ genesis\.json$/, ` ${genesis}`);
  }

  async #payer(): Promise<string | undefined> {
    const client = createClient((await this.first()).rpc);
    const receipt = await this.#findReceipt(({ charges }) => charges.length > 0);
    return receipt && (await client.call('tx_get', { txId: receipt.txId })).transaction.sender;
  }

  async #findReceipt(isMeant: (receipt: Receipt) => boolean): Promise<Receipt | undefined> {
    const client = createClient((await this.first()).rpc);
    const { height: head } = await client.call('chain_getFinalizedHead');
    for (let height = 1; height <= head; height++) {
      const found = (await client.call('chain_getReceipts', { height })).items.find(isMeant);
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

/** A signal to a child and all that it has started, as a terminal sends it. */
function killGroup({ pid, exitCode }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined || exitCode !== null) return;
  process.kill(-pid, signal);
}
