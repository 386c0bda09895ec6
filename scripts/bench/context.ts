/** Measured values of a run by name; the unit is part of the name. */
export type Metrics = Readonly<Record<string, number | boolean>>;

export interface BenchOptions {
  /** Of each measurement. */
  readonly seconds: number;
  /** Load before the measurement begins. */
  readonly warmupSeconds: number;
  /** Instead of the number in the run's name. */
  readonly validators: number | undefined;
  /** Instead of those of the run, in runs with a load. */
  readonly observers: number | undefined;
  /** Transactions a second, instead of as many as are final in time. */
  readonly rate: number | undefined;
  /** Median latency that the load aims at, instead of that of the run. */
  readonly targetMs: number | undefined;
  /** Accounts up to which `growth` goes. */
  readonly accounts: number;
  /** Empty blocks by which `growth` then goes on. */
  readonly blocks: number;
}

/** What a run is given, and where it leaves what has to be ended after it, however it ends. */
export class BenchContext {
  readonly options: BenchOptions;
  readonly portBase: number;
  /** Where data directories are made; that of the system for temporary files if undefined. */
  readonly directory: string | undefined;
  /** Signature checks a second of all cores, measured just before. */
  readonly verificationsPerSecond: number;
  readonly note: (text: string) => void;
  readonly #releases: (() => void | Promise<void>)[] = [];

  constructor(
    options: BenchOptions,
    machine: Pick<BenchContext, 'portBase' | 'directory' | 'verificationsPerSecond' | 'note'>,
  ) {
    this.options = options;
    this.portBase = machine.portBase;
    this.directory = machine.directory;
    this.verificationsPerSecond = machine.verificationsPerSecond;
    this.note = machine.note;
  }

  /** To be called when the run is over; the last one first. */
  onRelease(release: () => void | Promise<void>): void {
    this.#releases.push(release);
  }

  async release(): Promise<void> {
    for (let next = this.#releases.pop(); next !== undefined; next = this.#releases.pop())
      await Promise.resolve(next()).catch((error: unknown) => this.note(`not released: ${String(error)}`));
  }
}

/** One thing that can be measured. */
export interface BenchRun {
  readonly name: string;
  readonly summary: string;
  /** Validators of its net: what the ceiling is divided by. 0 for runs without such a ceiling. */
  readonly validators: number;
  /** Longest time it may take besides the seconds of the options. */
  readonly limitMs: number;
  measure(context: BenchContext): Promise<Metrics>;
}
