import { GOOD_LINKS, type LinkQuality, type SimNetwork } from './network.ts';
import type { SimNode } from './node.ts';
import type { Random } from './random.ts';

/** Which kinds of fault a run suffers. Each seed switches classes on and off, so that rare pairs meet (swarm testing). */
export interface FaultMix {
  readonly links: LinkQuality;
  readonly crashes: boolean;
  readonly crashOfAll: boolean;
  readonly partitions: boolean;
  readonly oneWayCuts: boolean;
  readonly pauses: boolean;
  /** Largest error of a wall clock in milliseconds, either way. */
  readonly maxClockOffsetMs: number;
}

export const NO_FAULTS: FaultMix = {
  links: GOOD_LINKS,
  crashes: false,
  crashOfAll: false,
  partitions: false,
  oneWayCuts: false,
  pauses: false,
  maxClockOffsetMs: 0,
};

export function randomFaultMix(random: Random): FaultMix {
  const flip = () => random.chance(0.5);
  return {
    links: {
      minDelayMs: random.between(1, 50),
      jitterMs: flip() ? random.between(1, 500) : 20,
      loss: flip() ? random.pick([0.01, 0.1, 0.3]) : 0,
      duplication: flip() ? 0.05 : 0,
    },
    crashes: flip(),
    crashOfAll: random.chance(0.2),
    partitions: flip(),
    oneWayCuts: flip(),
    pauses: flip(),
    maxClockOffsetMs: flip() ? 300 : 0,
  };
}

export const FAULT_INTERVAL_MS = { min: 200, max: 4000 } as const;

/** The end of a fault, so many milliseconds from now. */
export interface Repair {
  readonly afterMs: number;
  readonly undo: () => void;
}

/** Lets one random enabled fault happen now and says how it is to be repaired. */
export function injectFault(
  mix: FaultMix,
  nodes: readonly SimNode[],
  network: SimNetwork,
  random: Random,
  nowMs: number,
): Repair[] {
  const kinds: (() => Repair[])[] = [];
  if (mix.crashes)
    kinds.push(() => crash(random.sample(nodes, random.between(1, Math.ceil(nodes.length / 3))), random));
  if (mix.crashOfAll) kinds.push(() => crash(nodes, random));
  if (mix.partitions) kinds.push(() => partition(nodes, network, random));
  if (mix.oneWayCuts) kinds.push(() => oneWayCut(nodes, network, random));
  if (mix.pauses) kinds.push(() => pause(random.pick(nodes), nowMs + random.between(200, 10_000)));
  if (kinds.length === 0) return [];
  return random.pick(kinds)();
}

function crash(victims: readonly SimNode[], random: Random): Repair[] {
  return victims
    .filter((node) => node.isUp)
    .map((node) => {
      node.crash();
      return { afterMs: random.between(50, 3000), undo: () => restart(node) };
    });
}

/** Like SIGSTOP: everything that is due waits and arrives in order when the node goes on. */
function pause(node: SimNode, untilMs: number): Repair[] {
  node.pausedUntilMs = untilMs;
  return [];
}

export function restart(node: SimNode): void {
  if (!node.isUp) node.boot();
}

function partition(nodes: readonly SimNode[], network: SimNetwork, random: Random): Repair[] {
  const groups = random.between(2, 3);
  network.partition(nodes.map(() => random.between(1, groups)));
  return [{ afterMs: random.between(500, 8000), undo: () => network.heal() }];
}

function oneWayCut(nodes: readonly SimNode[], network: SimNetwork, random: Random): Repair[] {
  const [from, to] = random.sample(nodes, 2);
  if (from === undefined || to === undefined) return [];
  network.cut(from.index, to.index);
  return [{ afterMs: random.between(500, 8000), undo: () => network.mend(from.index, to.index) }];
}
