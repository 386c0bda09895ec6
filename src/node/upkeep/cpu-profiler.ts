import { writeFile } from 'node:fs/promises';
import { type Profiler, Session } from 'node:inspector';
import type { Clock } from '../../util/clock.ts';
import { NodeError } from '../../util/errors.ts';
import type { Logger } from '../../util/logger.ts';

export type ProfilerErrorCode = 'PROFILE_RUNNING' | 'PROFILE_NOT_RUNNING';

interface RunningProfile {
  readonly session: Session;
  readonly path: string;
  readonly timer: NodeJS.Timeout;
}

const OWNER_ONLY = 0o600;

/**
 * Records where the main thread spends its time, in the form that browsers and `node --cpu-prof` use. It ends by
 * itself, and then stands in its file.
 */
export class CpuProfiler {
  readonly #clock: Clock;
  readonly #logger: Logger;
  #running: RunningProfile | undefined;

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  /** Begins a profile; says when it ends, wall clock. @throws NodeError PROFILE_RUNNING */
  async start(path: string, forMs: number): Promise<number> {
    if (this.#running !== undefined)
      throw new NodeError<ProfilerErrorCode>('PROFILE_RUNNING', 'a profile is being recorded already', {
        hint: 'admin_stopProfile ends it',
      });
    const session = new Session();
    session.connect();
    const timer = setTimeout(() => {
      this.stop().catch((error: unknown) => {
        this.#logger.error({ err: error, path }, 'a profile could not be written');
      });
    }, forMs);
    const running = { session, path, timer };
    this.#running = running;
    try {
      await command(session, 'Profiler.enable');
      await command(session, 'Profiler.start');
    } catch (error) {
      this.close();
      throw error;
    }
    return this.#clock.wallMs() + forMs;
  }

  /** Ends the profile and writes it; its path and size. @throws NodeError PROFILE_NOT_RUNNING */
  async stop(): Promise<{ readonly path: string; readonly bytes: number }> {
    const running = this.#running;
    if (running === undefined)
      throw new NodeError<ProfilerErrorCode>('PROFILE_NOT_RUNNING', 'no profile is being recorded', {
        hint: 'one whose time is over stands in its file; admin_startProfile begins another',
      });
    this.#running = undefined;
    clearTimeout(running.timer);
    const profile = await new Promise<Profiler.Profile>((resolve, reject) => {
      running.session.post('Profiler.stop', (error, answer) =>
        error === null ? resolve(answer.profile) : reject(error),
      );
    }).finally(() => running.session.disconnect());
    const text = JSON.stringify(profile);
    await writeFile(running.path, text, { flag: 'wx', mode: OWNER_ONLY });
    return { path: running.path, bytes: Buffer.byteLength(text) };
  }

  /** Ends a profile that is being recorded, without a file. */
  close(): void {
    clearTimeout(this.#running?.timer);
    this.#running?.session.disconnect();
    this.#running = undefined;
  }
}

function command(session: Session, method: 'Profiler.enable' | 'Profiler.start'): Promise<void> {
  return new Promise((resolve, reject) => {
    session.post(method, (error) => (error === null ? resolve() : reject(error)));
  });
}
