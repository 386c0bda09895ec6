import { NodeError } from '../src/util/errors.ts';
import type { TestnetDirectory, TestnetErrorCode, TestnetFile, TestnetNode } from './directory.ts';
import { byName } from './manifest.ts';
import {
  isAlive,
  type ProcessIdentity,
  signalProcess,
  spawnLogged,
  terminateAll,
  waitForExit,
} from './process.ts';

/** Time that a node gets to close its database and leave, before it is killed. */
const GRACE_MS = 10_000;

/** The process of a node, or undefined if it is not meant to run. */
export function processOf(node: TestnetNode): ProcessIdentity | undefined {
  return node.pid === null || node.started === null ? undefined : { pid: node.pid, started: node.started };
}

/**
 * Starts and ends the processes of one testnet. Which process belongs to which node stands in testnet.json, where
 * another `metanode testnet` command finds it: a node that such a command stops on purpose has its pid removed there
 * *before* the signal, and so is told apart from a node that died.
 */
export class Supervisor {
  readonly directory: TestnetDirectory;
  /** How to run the metanode command: everything between `node` and the command's arguments. */
  readonly #program: readonly string[];
  #file: TestnetFile;
  readonly #failure: { promise: Promise<never>; reject: (error: Error) => void };
  #stopping = false;
  /** Nodes whose end is no failure, because what is done to them may end them. */
  readonly #doomed = new Set<string>();
  /** What reads or changes testnet.json comes one after the other. */
  #updating: Promise<void> = Promise.resolve();

  private constructor(directory: TestnetDirectory, program: readonly string[], file: TestnetFile) {
    this.directory = directory;
    this.#program = program;
    this.#file = file;
    let reject: (error: Error) => void = () => {};
    const promise = new Promise<never>((_, rejectPromise) => {
      reject = rejectPromise;
    });
    promise.catch(() => {}); // whoever waits meanwhile hears of it through `guard`
    this.#failure = { promise, reject };
  }

  static async open(directory: TestnetDirectory, program: readonly string[]): Promise<Supervisor> {
    return new Supervisor(directory, program, await directory.loadTestnet());
  }

  get testnet(): TestnetFile {
    return this.#file;
  }

  get nodes(): readonly TestnetNode[] {
    return this.#file.nodes;
  }

  node(name: string): TestnetNode {
    const node = this.nodes.find((candidate) => candidate.name === name);
    if (node === undefined) throw new NodeError<TestnetErrorCode>('UNKNOWN_NODE', `no node ${name}`);
    return node;
  }

  /** The nodes that are meant to run. */
  get running(): readonly TestnetNode[] {
    return this.nodes.filter((node) => node.pid !== null);
  }

  /** Those that vote, or did when they were last looked at. */
  get validators(): readonly TestnetNode[] {
    return this.nodes.filter((node) => node.validator !== null);
  }

  /** Reads testnet.json again, because another command may have stopped or started nodes. */
  refresh(): Promise<void> {
    return this.#inTurn(() => this.#read());
  }

  async #read(): Promise<void> {
    this.#file = await this.directory.loadTestnet();
  }

  /** After all reads and writes that were begun before: a read that a write overtook would bring an old view back. */
  #inTurn(step: () => Promise<void>): Promise<void> {
    const done = this.#updating.then(step);
    this.#updating = done.catch(() => {}); // whoever asked for it hears of it
    return done;
  }

  /** The promise, or a rejection as soon as a node that was started here dies unasked. */
  async guard<T>(promise: Promise<T>): Promise<T> {
    return await Promise.race([promise, this.#failure.promise]);
  }

  #update(names: ReadonlySet<string>, change: (node: TestnetNode) => Partial<TestnetNode>): Promise<void> {
    return this.#rewrite((nodes) =>
      nodes.map((node) => (names.has(node.name) ? { ...node, ...change(node) } : node)),
    );
  }

  #rewrite(change: (nodes: readonly TestnetNode[]) => TestnetNode[]): Promise<void> {
    return this.#inTurn(async () => {
      await this.#read();
      this.#file = { ...this.#file, nodes: change(this.#file.nodes) };
      await this.directory.saveTestnet(this.#file);
    });
  }

  /** Writes a node into testnet.json that is not there yet: every command knows it from now on. */
  async add(node: TestnetNode): Promise<void> {
    await this.#rewrite((nodes) => [...nodes, node].sort(byName));
  }

  /** The chain has admitted the node as the validator with this id. */
  async noteAdmitted(name: string, validator: string): Promise<void> {
    await this.#update(new Set([name]), () => ({ validator }));
  }

  /** Starts nodes that do not run, one after the other; `argumentsOf` gives the arguments of the metanode command. */
  async start(
    names: readonly string[],
    argumentsOf: (node: TestnetNode) => readonly string[],
  ): Promise<void> {
    const started = new Map<string, ProcessIdentity>();
    for (const name of names) {
      const node = this.node(name);
      const logPath = this.directory.logPath(name);
      const child = await spawnLogged([...this.#program, ...argumentsOf(node)], logPath);
      started.set(name, child);
      void child.exit.then(({ code, signal }) => this.#onExit(name, child, code, signal));
    }
    await this.#update(new Set(names), ({ name }) => {
      const { pid, started: since } = started.get(name) as ProcessIdentity;
      return { pid, started: since };
    });
    for (const [name, child] of started) if (!(await isAlive(child))) this.#fail(name, 'at once');
  }

  async #onExit(
    name: string,
    child: ProcessIdentity,
    code: number | null,
    signal: string | null,
  ): Promise<void> {
    if (this.#stopping || this.#doomed.has(name)) return;
    await this.refresh().catch(() => {}); // an old view at worst reports a stop on purpose
    if (this.#file.nodes.find((node) => node.name === name)?.pid !== child.pid) return;
    this.#fail(name, `with ${signal ?? `code ${code}`}`);
  }

  #fail(name: string, how: string): void {
    this.#failure.reject(
      new NodeError<TestnetErrorCode>('NODE_DIED', `${name} ended ${how}`, {
        data: { name },
        hint: `see ${this.directory.logPath(name)}`,
      }),
    );
  }

  /** Forgets the processes of `names` in testnet.json and returns those that ran. */
  async #release(names: readonly string[]): Promise<ProcessIdentity[]> {
    await this.refresh();
    const chosen = new Set(names);
    const identities = this.nodes
      .filter((node) => chosen.has(node.name))
      .map(processOf)
      .filter((identity) => identity !== undefined);
    await this.#update(chosen, () => ({ pid: null, started: null }));
    return identities;
  }

  /** Ends nodes in order: SIGTERM, and SIGKILL for those that do not leave. */
  async stop(names: readonly string[]): Promise<void> {
    await terminateAll(await this.#release(names), GRACE_MS);
  }

  /** Ends nodes at once, as a power cut would. */
  async kill(names: readonly string[]): Promise<void> {
    const identities = await this.#release(names);
    await Promise.all(identities.map((identity) => signalProcess(identity, 'SIGKILL')));
    await Promise.all(identities.map((identity) => waitForExit(identity, GRACE_MS)));
  }

  /** Freezes nodes (SIGSTOP), or lets them go on (SIGCONT). */
  async freeze(names: readonly string[], frozen: boolean): Promise<void> {
    await this.refresh();
    for (const name of names) {
      const identity = processOf(this.node(name));
      if (identity !== undefined) await signalProcess(identity, frozen ? 'SIGSTOP' : 'SIGCONT');
    }
  }

  /** From here on, or no longer, the end of these nodes is no failure: a fault that ends them is part of the plan. */
  expectEnd(names: readonly string[], expected: boolean): void {
    for (const name of names)
      if (expected) this.#doomed.add(name);
      else this.#doomed.delete(name);
  }

  /** Ends everything, whoever started it. */
  async stopAll(): Promise<void> {
    this.#stopping = true;
    await this.refresh(); // another command may have added nodes
    await this.stop(this.nodes.map((node) => node.name));
  }

  /** Names of nodes that are meant to run and do not. */
  async deadNodes(): Promise<string[]> {
    const dead: string[] = [];
    for (const node of this.running) {
      const identity = processOf(node);
      if (identity === undefined || !(await isAlive(identity))) dead.push(node.name);
    }
    return dead;
  }
}
