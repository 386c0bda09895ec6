import type { SimNode } from '../host.ts';
import type { SimNetwork } from '../network.ts';
import { CRASH_STEPS } from '../next-crash.ts';
import type { Random } from '../random.ts';
import { ALL_FAULTS, type FaultClass, type FaultCounts } from './faults.ts';

/** What faults may touch. */
export interface FaultTargets {
  readonly nodes: readonly SimNode[];
  /** Honest nodes that may lose their journals: with the Byzantine ones at most f. */
  readonly expendable: readonly SimNode[];
  readonly network: SimNetwork;
  readonly random: Random;
  readonly counts: FaultCounts;
  readonly baseTimeoutMs: number;
  readonly nowMs: () => number;
  /** Runs an action so many virtual milliseconds from now. */
  readonly at: (afterMs: number, action: () => void) => void;
  readonly onFault: (what: string) => void;
}

const INTERVAL_MS = { min: 200, max: 3000 } as const;

/**
 * Lets the enabled faults strike one after the other, in an order drawn anew each time all have had their turn, and
 * repairs what they broke. Faults of links and liars are not its business: those act on every packet.
 */
export class FaultInjector {
  readonly #targets: FaultTargets;
  readonly #faults: readonly FaultClass[];
  #turns: FaultClass[] = [];
  #isOn = true;

  constructor(faults: ReadonlySet<FaultClass>, targets: FaultTargets) {
    this.#targets = targets;
    this.#faults = ALL_FAULTS.filter((fault) => faults.has(fault) && fault in this.#strikes);
    if (this.#faults.length > 0) this.#scheduleNext();
  }

  /** No more faults and no more repairs: whoever calls it decides what stays broken. */
  stop(): void {
    this.#isOn = false;
  }

  #scheduleNext(): void {
    const { at, random } = this.#targets;
    at(random.between(INTERVAL_MS.min, INTERVAL_MS.max), () => {
      if (!this.#isOn) return;
      if (this.#turns.length === 0) this.#turns = random.sample(this.#faults, this.#faults.length);
      const fault = this.#turns.pop() as FaultClass;
      this.#strikes[fault]?.();
      this.#scheduleNext();
    });
  }

  #note(fault: FaultClass, what: string): void {
    this.#targets.counts.note(fault);
    this.#targets.onFault(`${fault}: ${what}`);
  }

  #later(minMs: number, maxMs: number, repair: () => void): void {
    this.#targets.at(this.#targets.random.between(minMs, maxMs), () => {
      if (this.#isOn) repair();
    });
  }

  readonly #strikes: Partial<Record<FaultClass, () => void>> = {
    crash: () => {
      const { nodes, random } = this.#targets;
      const victims = random.sample(nodes, random.between(1, Math.ceil(nodes.length / 3)));
      for (const node of victims) this.#crash('crash', node);
    },
    'crash-all': () => {
      for (const node of this.#targets.nodes) this.#crash('crash-all', node);
    },
    'journal-step-crash': () => {
      const { nodes, random } = this.#targets;
      const node = random.pick(nodes);
      const step = random.pick(CRASH_STEPS);
      node.nextCrash.arm(step, () => this.#crash('journal-step-crash', node, 0, `at ${step}`));
    },
    'torn-journal': () => {
      const { nodes, random } = this.#targets;
      const node = random.pick(nodes);
      const tear = () => {
        const written = node.unsyncedRecords;
        const kept = random.between(0, written);
        this.#crash('torn-journal', node, kept, `${kept} of ${written} records kept`);
      };
      node.nextCrash.arm('before-sync', tear);
    },
    'missing-journal': () => {
      const { expendable, random } = this.#targets;
      const node = random.sample(expendable, 1)[0];
      if (node === undefined || !node.isUp) return;
      this.#crash('missing-journal', node);
      node.loseJournal();
    },
    pause: () => {
      const { nodes, random, nowMs } = this.#targets;
      const node = random.pick(nodes);
      const pauseMs = random.between(200, 10_000);
      node.pausedUntilMs = nowMs() + pauseMs;
      this.#note('pause', `v${node.index} for ${pauseMs} ms`);
    },
    'one-way-cut': () => {
      const { nodes, network, random } = this.#targets;
      const [from, to] = random.sample(nodes, 2) as [SimNode, SimNode];
      this.#later(500, 8000, network.cut(from.index, to.index));
      this.#note('one-way-cut', `v${from.index} to v${to.index}`);
    },
    'partition-half': () => {
      const { nodes, network, random } = this.#targets;
      const left = new Set(random.sample([...nodes.keys()], random.between(1, nodes.length - 1)));
      this.#later(500, 8000, network.partition(nodes.map((_, index) => (left.has(index) ? 1 : 2))));
      this.#note('partition-half', [...left].map((index) => `v${index}`).join(' '));
    },
    'partition-ring': () => {
      const { nodes, network, random } = this.#targets;
      const reach = random.between(1, Math.max(1, Math.floor(nodes.length / 2) - 1));
      const distance = (from: number, to: number) =>
        Math.min(Math.abs(from - to), nodes.length - Math.abs(from - to));
      this.#later(
        500,
        8000,
        network.cutWhere((from, to) => distance(from, to) > reach),
      );
      this.#note('partition-ring', `reach ${reach}`);
    },
    'partition-rotating': () => {
      const { nodes, network, random } = this.#targets;
      const order = random.sample(nodes, nodes.length);
      const stepMs = random.between(500, 3000);
      this.#note('partition-rotating', `each for ${stepMs} ms`);
      const isolateNext = () => {
        const node = order.pop();
        if (node === undefined) return;
        const mend = network.cutWhere((from, to) => from === node.index || to === node.index);
        this.#later(stepMs, stepMs, () => {
          mend();
          isolateNext();
        });
      };
      isolateNext();
    },
    'partition-swizzle': () => {
      const { nodes, network, random } = this.#targets;
      const victims = random.sample(nodes, random.between(1, nodes.length));
      this.#note('partition-swizzle', victims.map((node) => `v${node.index}`).join(' '));
      const mends: (() => void)[] = [];
      victims.forEach((node, turn) => {
        this.#later(turn * 100, turn * 400, () => {
          mends.push(network.cutWhere((from, to) => from === node.index || to === node.index));
          if (mends.length < victims.length) return;
          random.sample(mends, mends.length).forEach((mend, index) => {
            this.#later(200 + index * 100, 1000 + index * 400, mend);
          });
        });
      });
    },
    'clock-step': () => {
      const { nodes, random } = this.#targets;
      const node = random.pick(nodes);
      const stepMs = random.between(-5000, 5000);
      node.clockOffsetMs += stepMs;
      this.#later(500, 8000, () => {
        node.clockOffsetMs -= stepMs;
      });
      this.#note('clock-step', `v${node.index} by ${stepMs} ms`);
    },
    'slow-build': () => this.#slow('slow-build', 'maxBuildMs'),
    'slow-validation': () => this.#slow('slow-validation', 'maxValidateMs'),
  };

  #slow(fault: 'slow-build' | 'slow-validation', what: 'maxBuildMs' | 'maxValidateMs'): void {
    const { nodes, random, baseTimeoutMs } = this.#targets;
    const node = random.pick(nodes);
    node.speed[what] = random.between(baseTimeoutMs >> 1, 3 * baseTimeoutMs);
    this.#note(fault, `v${node.index} up to ${node.speed[what]} ms`);
    this.#later(2000, 10_000, () => {
      node.speed[what] = node.normalSpeed[what];
    });
  }

  #crash(fault: FaultClass, node: SimNode, kept = 0, detail = ''): void {
    if (!node.isUp || !this.#isOn) return;
    node.crash(kept);
    this.#note(fault, `v${node.index} ${detail}`.trimEnd());
    this.#later(50, 3000, () => restart(node));
  }
}

export function restart(node: SimNode): void {
  if (!node.isUp) node.boot();
}
