import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { CliResult } from './cli.ts';

const PROGRAM = fileURLToPath(new URL('../../dist/metanode.js', import.meta.url));
const run = promisify(execFile);

function works(command: string, args: readonly string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** What this machine lacks for network namespaces; empty if nothing. */
function missingForMachines(): string[] {
  if (process.platform !== 'linux') return ['Linux'];
  if (process.getuid?.() !== 0) return ['root'];
  if (!works('ip', ['-V'])) return ['the program ip (package iproute2)'];
  const name = `mn-try-${process.pid}`;
  const isAllowed = works('ip', ['netns', 'add', name]);
  works('ip', ['netns', 'delete', name]);
  return isAllowed ? [] : ['the right to make network namespaces'];
}

/**
 * A suite that needs several machines with networks of their own. Where that cannot be had it is left out and says so;
 * with CI=true it runs and fails.
 */
export function describeMachines(title: string, suite: (this: Mocha.Suite) => void): void {
  const missing = missingForMachines();
  if (missing.length === 0 || process.env.CI === 'true') describe(title, suite);
  else process.stderr.write(`${title}: left out, there is no ${missing.join(', no ')}\n`);
}

/** One machine: a network namespace, whose files are those of all. */
export class Machine {
  readonly namespace: string;
  readonly #nodes: ChildProcess[] = [];

  constructor(namespace: string) {
    this.namespace = namespace;
  }

  async ip(...args: string[]): Promise<void> {
    await run('ip', ['-n', this.namespace, ...args]);
  }

  async exec(command: string, ...args: string[]): Promise<void> {
    await run('ip', ['netns', 'exec', this.namespace, command, ...args]);
  }

  /** Runs `metanode` here to its end. */
  async cli(args: readonly string[]): Promise<CliResult> {
    const child = this.#spawn(args, 'pipe');
    let [stdout, stderr] = ['', ''];
    child.stdout?.on('data', (chunk) => {
      stdout += String(chunk);
    });
    child.stderr?.on('data', (chunk) => {
      stderr += String(chunk);
    });
    return await new Promise((resolve) => child.once('close', (code) => resolve({ code, stdout, stderr })));
  }

  /** Starts a node here that runs until `stop`, or until the function that is returned has ended it. */
  startNode(args: readonly string[]): () => Promise<void> {
    const node = this.#spawn(args, 'ignore');
    this.#nodes.push(node);
    return () => end(node);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#nodes.map(end));
  }

  #spawn(args: readonly string[], output: 'pipe' | 'ignore') {
    // `ip netns exec` becomes the program, so that the child is the node itself.
    const command = ['netns', 'exec', this.namespace, process.execPath, PROGRAM, ...args];
    return spawn('ip', command, { stdio: ['ignore', output, output] });
  }
}

async function end(node: ChildProcess): Promise<void> {
  if (node.exitCode !== null || node.signalCode !== null) return;
  const ended = new Promise((resolve) => node.once('close', resolve));
  node.kill('SIGTERM');
  setTimeout(() => node.kill('SIGKILL'), 5_000).unref();
  await ended;
}

/**
 * Two networks with a router between them that hides the inner one behind its address (masquerade): machines inside
 * reach those outside and not the other way round, as at home or in an office.
 */
export class TwoNetworks {
  readonly outside: Machine;
  readonly inside: Machine;
  readonly outsideAddress = '10.99.1.2';
  readonly insideAddress = '10.99.2.2';
  /** What the kernel here cannot do, for the test to say. */
  readonly leftOut: string[] = [];
  readonly #router: Machine;

  private constructor() {
    const prefix = `mn${process.pid}`;
    this.outside = new Machine(`${prefix}-out`);
    this.inside = new Machine(`${prefix}-in`);
    this.#router = new Machine(`${prefix}-nat`);
  }

  /** `names`: host names that the inner machine knows, all of the outer one. */
  static async create(names: readonly string[]): Promise<TwoNetworks> {
    const networks = new TwoNetworks();
    try {
      await networks.#connect(names);
      await networks.#hideInside();
      await networks.#disturb();
      return networks;
    } catch (error) {
      await networks.destroy();
      throw error;
    }
  }

  async destroy(): Promise<void> {
    await Promise.all([this.outside.stop(), this.inside.stop()]);
    rmSync(`/etc/netns/${this.inside.namespace}`, { recursive: true, force: true });
    for (const { namespace } of [this.outside, this.inside, this.#router])
      works('ip', ['netns', 'delete', namespace]);
  }

  async #connect(names: readonly string[]): Promise<void> {
    // ip-netns(8): files in /etc/netns/<name> stand in the place of those in /etc for what runs there.
    const settings = `/etc/netns/${this.inside.namespace}`;
    mkdirSync(settings, { recursive: true });
    const hosts = names.map((name) => `${this.outsideAddress} ${name}\n`);
    writeFileSync(`${settings}/hosts`, `127.0.0.1 localhost\n${hosts.join('')}`);
    for (const machine of [this.outside, this.inside, this.#router]) {
      await run('ip', ['netns', 'add', machine.namespace]);
      await machine.ip('link', 'set', 'lo', 'up');
    }
    await this.#cable(this.outside, this.outsideAddress, 'out0', '10.99.1.1');
    await this.#cable(this.inside, this.insideAddress, 'in0', '10.99.2.1');
    // Only the inner machine has a way through the router.
    await this.inside.ip('route', 'add', 'default', 'via', '10.99.2.1');
    await this.#router.exec('sysctl', '-q', '-w', 'net.ipv4.ip_forward=1');
  }

  async #cable(machine: Machine, address: string, port: string, routerAddress: string): Promise<void> {
    const peer = ['peer', 'name', 'eth0', 'netns', machine.namespace];
    await this.#router.ip('link', 'add', port, 'type', 'veth', ...peer);
    await this.#router.ip('addr', 'add', `${routerAddress}/24`, 'dev', port);
    await this.#router.ip('link', 'set', port, 'up');
    await machine.ip('addr', 'add', `${address}/24`, 'dev', 'eth0');
    await machine.ip('link', 'set', 'eth0', 'up');
  }

  async #hideInside(): Promise<void> {
    try {
      await this.#nft('add table ip nat');
      await this.#nft('add chain ip nat post { type nat hook postrouting priority 100; }');
      await this.#nft('add rule ip nat post oifname "out0" masquerade');
    } catch {
      this.leftOut.push('NAT (nft masquerade)');
      await this.outside.ip('route', 'add', '10.99.2.0/24', 'via', '10.99.1.1');
    }
  }

  /** One packet of fifty is lost, and each takes 20 ms longer, where the kernel can do that. */
  async #disturb(): Promise<void> {
    try {
      await this.#nft('add table ip lossy');
      await this.#nft('add chain ip lossy forward { type filter hook forward priority 0; }');
      await this.#nft('add rule ip lossy forward numgen random mod 50 < 1 drop');
    } catch {
      this.leftOut.push('packet loss (nft numgen)');
    }
    try {
      await this.#router.exec('tc', 'qdisc', 'add', 'dev', 'out0', 'root', 'netem', 'delay', '20ms');
    } catch {
      this.leftOut.push('delay (tc netem)');
    }
  }

  async #nft(command: string): Promise<void> {
    await this.#router.exec('nft', command);
  }
}
