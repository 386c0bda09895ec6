import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { sampleUsage, type UsageSample } from '../process-usage.ts';
import type { FromGenerator, LoadOrder, LoadReport, ToGenerator } from './contract.ts';

export interface MeasuredLoad {
  readonly report: LoadReport;
  /** What the nodes had used when the measurement began and when it ended. */
  readonly begin: UsageSample;
  readonly end: UsageSample;
}

const PROGRAM = fileURLToPath(new URL('generator-process.ts', import.meta.url));

/** A load generator in a process of its own. */
export class GeneratorProcess {
  readonly #child: ChildProcess;

  constructor() {
    this.#child = fork(PROGRAM, { serialization: 'advanced' });
  }

  /** Lets it sign everything beforehand. */
  async prepare(order: LoadOrder): Promise<void> {
    const prepared = this.#listen((message) => (message.kind === 'prepared' ? true : undefined));
    this.#tell({ kind: 'prepare', order });
    await prepared;
  }

  /** Sends what was prepared, and measures what the processes of the nodes use meanwhile. */
  async run(pids: readonly number[]): Promise<MeasuredLoad> {
    let begin: UsageSample | undefined;
    let end: UsageSample | undefined;
    const measured = this.#listen((message): MeasuredLoad | undefined => {
      if (message.kind === 'begun') begin = sampleUsage(pids);
      if (message.kind === 'ended') end = sampleUsage(pids);
      if (message.kind !== 'report' || begin === undefined || end === undefined) return undefined;
      return { report: message.report, begin, end };
    });
    this.#tell({ kind: 'go' });
    return await measured;
  }

  stop(): void {
    this.#child.kill('SIGKILL');
  }

  #tell(message: ToGenerator): void {
    this.#child.send(message);
  }

  /** The first answer that `pick` makes of a message. */
  #listen<T>(pick: (message: FromGenerator) => T | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const end = () => {
        this.#child.off('message', onMessage);
        this.#child.off('exit', onExit);
      };
      const onExit = () => {
        end();
        reject(new Error('the load generator ended'));
      };
      const onMessage = (message: FromGenerator) => {
        try {
          if (message.kind === 'failed') throw new Error(`load generator: ${message.message}`);
          const picked = pick(message);
          if (picked === undefined) return;
          end();
          resolve(picked);
        } catch (error) {
          end();
          reject(error);
        }
      };
      this.#child.on('message', onMessage);
      this.#child.on('exit', onExit);
    });
  }
}
