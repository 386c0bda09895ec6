import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LIMITS } from '../util/limits.ts';
import { BoundedOutput } from './bounded-output.ts';
import { type ContainerSpec, cgroupOf } from './bundle.ts';
import type { CgroupLayout, CgroupUsage } from './cgroups.ts';
import type { ContainerEnd, ContainerRun, ContainerUsage, RunSettings, StartTimes } from './container-run.ts';
import { MemoryMeter } from './memory-meter.ts';
import { type Runtime, runProgram } from './runc.ts';

const TICK_MS = 50;
const DEFAULT_GRACE_MS = 2_000;
const SIGKILL_CODE = 137;

/**
 * One run. `runc run` creates and starts the container and stays as the parent of its program, because only a parent
 * learns how a program ended; when the program began to run, the pid file says, which is written right then, and when
 * the container was created, `runc state`.
 */
export class ContainerProcess {
  readonly #runtime: Runtime;
  readonly #spec: ContainerSpec;
  readonly #settings: RunSettings;
  readonly #cgroups: CgroupLayout;
  readonly #directory: string;
  readonly #requestedMs = Date.now();
  #memory: MemoryMeter | undefined;
  #createdMs: number | undefined;
  #runningMs: number | undefined;
  #killedBy: 'time-limit' | 'request' | undefined;

  constructor(
    runtime: Runtime,
    spec: ContainerSpec,
    settings: RunSettings,
    cgroups: CgroupLayout,
    directory: string,
  ) {
    this.#runtime = runtime;
    this.#spec = spec;
    this.#settings = settings;
    this.#cgroups = cgroups;
    this.#directory = directory;
  }

  async run(): Promise<ContainerRun> {
    const child = this.#spawn();
    const outputOf = (name: 'stdout' | 'stderr') =>
      new BoundedOutput(
        child[name] as NonNullable<ChildProcess['stdout']>,
        LIMITS.maxContainerOutputBytes,
        (chunk) => this.#settings.onOutput?.(name, chunk),
      );
    const [stdout, stderr] = [outputOf('stdout'), outputOf('stderr')];
    const ended = once(child, 'close').then(([code]) => code as number | null);
    try {
      await this.#watch(child, ended);
      const code = (await ended) ?? SIGKILL_CODE;
      const endedMs = Date.now();
      await this.#noteRunning();
      const usage = this.#usage();
      this.#createdMs ??= await this.#askCreatedMs();
      const end = await this.#endOf(code, usage);
      await this.#delete();
      return {
        ...this.#startTimes,
        endedMs,
        deletedMs: Date.now(),
        end,
        usage,
        stdout: stdout.captured(),
        stderr: stderr.captured(),
      };
    } finally {
      // First the container: it holds the pipes whose end tells that all is over.
      await this.#delete();
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL');
        await ended.catch(() => {});
      }
    }
  }

  #path(name: string): string {
    return join(this.#directory, name);
  }

  /** Arguments of runc that go before each of its commands. */
  get #globalArguments(): string[] {
    return ['--root', this.#path('state'), '--log', this.#path('runc.log'), '--log-format', 'json'];
  }

  #spawn(): ChildProcess {
    const { path } = this.#runtime;
    const run = [
      'run',
      '--keep',
      '--pid-file',
      this.#path('pid'),
      '--bundle',
      this.#directory,
      this.#spec.id,
    ];
    // A process group of its own: Ctrl-C is for this program, which then ends the container in order.
    return spawn(path, [...this.#globalArguments, ...run], {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
  }

  async #runc(...command: string[]): Promise<string> {
    return await runProgram(this.#runtime.path, [...this.#globalArguments, ...command]);
  }

  /** Samples the container until it ends, and ends it when its time is over or somebody asks for it. */
  async #watch(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
    const { signal, timeLimitMs = Number.POSITIVE_INFINITY, graceMs = DEFAULT_GRACE_MS } = this.#settings;
    const { onSample, sampleIntervalMs = Number.POSITIVE_INFINITY } = this.#settings;
    let isOver = false;
    const over = ended.then(
      () => {
        isOver = true;
      },
      () => {
        isOver = true;
      },
    );
    const beganMs = performance.now();
    let sampledMs = beganMs;
    let killAtMs = Number.POSITIVE_INFINITY;
    while (!isOver) {
      await Promise.race([over, sleep(TICK_MS)]);
      if (isOver) break;
      const wasRunning = this.#runningMs !== undefined;
      await this.#noteRunning();
      if (!wasRunning && this.#runningMs !== undefined) {
        this.#createdMs = await this.#askCreatedMs();
        this.#settings.onRunning?.(this.#startTimes);
      }
      const nowMs = performance.now();
      if (this.#memory !== undefined) this.#noteMemory(nowMs);
      if (this.#runningMs !== undefined && nowMs - sampledMs >= sampleIntervalMs) {
        sampledMs = nowMs;
        onSample?.(this.#usage(), Date.now());
      }
      if (this.#killedBy === undefined && signal?.aborted === true) {
        this.#killedBy = 'request';
        killAtMs = nowMs + graceMs;
        await this.#kill(child, 'TERM');
      } else if (this.#killedBy === undefined && nowMs - beganMs >= timeLimitMs) {
        this.#killedBy = 'time-limit';
        killAtMs = nowMs;
      }
      if (nowMs >= killAtMs) await this.#kill(child, 'KILL');
    }
  }

  /** A container that is not created yet has nothing to signal but its runtime. */
  async #kill(child: ChildProcess, signal: 'TERM' | 'KILL'): Promise<void> {
    try {
      await this.#runc('kill', this.#spec.id, signal);
    } catch {
      if (signal === 'KILL' && this.#runningMs === undefined) child.kill('SIGKILL');
    }
  }

  async #noteRunning(): Promise<void> {
    if (this.#runningMs !== undefined) return;
    const written = await stat(this.#path('pid')).catch(() => undefined);
    if (written === undefined) return;
    this.#runningMs = Math.max(this.#requestedMs, Math.round(written.mtimeMs));
    this.#memory = new MemoryMeter(performance.now() - (Date.now() - this.#runningMs));
  }

  #noteMemory(nowMs: number): void {
    const { memoryBytes } = this.#cgroups.usageOf(cgroupOf(this.#spec.id));
    if (memoryBytes !== undefined) this.#memory?.note(nowMs, memoryBytes);
  }

  #usage(): ContainerUsage {
    const usage = this.#cgroups.usageOf(cgroupOf(this.#spec.id));
    const isAccounted = usage.memoryBytes !== undefined && this.#memory !== undefined;
    if (isAccounted) this.#memory?.close(performance.now());
    return { ...usage, memoryMegabyteSeconds: isAccounted ? this.#memory?.megabyteSeconds : undefined };
  }

  get #startTimes(): StartTimes {
    return { requestedMs: this.#requestedMs, createdMs: this.#createdMs, runningMs: this.#runningMs };
  }

  /** When the runtime had made the container; undefined if it never did. */
  async #askCreatedMs(): Promise<number | undefined> {
    try {
      const state = JSON.parse(await this.#runc('state', this.#spec.id)) as { created?: unknown };
      const createdMs = Date.parse(String(state.created));
      if (Number.isNaN(createdMs)) return undefined;
      return Math.min(Math.max(createdMs, this.#requestedMs), this.#runningMs ?? Number.POSITIVE_INFINITY);
    } catch {
      return undefined;
    }
  }

  async #endOf(code: number, usage: CgroupUsage): Promise<ContainerEnd> {
    if (this.#runningMs === undefined && this.#killedBy === undefined)
      return { kind: 'failed', code: Math.max(code, 1), message: await this.#runcMessage() };
    if (code < 128) return { kind: 'exited', code };
    if (this.#killedBy !== undefined) return { kind: 'killed', code, by: this.#killedBy };
    if (code === SIGKILL_CODE && (usage.oomKills ?? 0) > 0)
      return { kind: 'killed', code, by: 'out-of-memory' };
    return { kind: 'exited', code };
  }

  /** The last error in the log of runc. */
  async #runcMessage(): Promise<string> {
    const log = await readFile(this.#path('runc.log'), 'utf8').catch(() => '');
    const messages = log
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as { level?: string; msg?: string })
      .filter(({ level }) => level === 'error' || level === 'fatal');
    return messages.at(-1)?.msg ?? 'the runtime gave no reason';
  }

  #isDeleted = false;

  async #delete(): Promise<void> {
    if (this.#isDeleted) return;
    this.#isDeleted = true;
    // A container that was never made cannot be deleted either.
    await this.#runc('delete', '--force', this.#spec.id).catch(() => {});
  }
}
