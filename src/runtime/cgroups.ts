import { existsSync, readFileSync, rmdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runtimeError } from './errors.ts';

/**
 * Where the kernel accounts for containers. Machines differ: each controller stands in a hierarchy of its own (v1), in
 * the one of version 2, or, on hybrid ones, some here and some there; and a sandbox may have withheld some.
 */

export const CONTROLLERS = ['cpu', 'cpuacct', 'memory', 'pids'] as const;
export type Controller = (typeof CONTROLLERS)[number];

/** What the kernel counted of a cgroup. A value that this machine does not account for is undefined, never a guess. */
export interface CgroupUsage {
  /** CPU time of all its processes, in nanoseconds. */
  readonly cpuNs: number | undefined;
  readonly memoryBytes: number | undefined;
  readonly memoryPeakBytes: number | undefined;
  /** Processes that were killed because the cgroup was out of memory. */
  readonly oomKills: number | undefined;
  /** How often a new process was refused because of the limit. */
  readonly forksRefused: number | undefined;
}

interface Mount {
  readonly path: string;
  readonly version: 1 | 2;
}

/** The hierarchies of this machine, by controller. */
export class CgroupLayout {
  readonly #mounts: ReadonlyMap<Controller, Mount>;
  /** Every hierarchy in which a container has a directory. */
  readonly #hierarchies: readonly string[];

  private constructor(mounts: ReadonlyMap<Controller, Mount>, hierarchies: readonly string[]) {
    this.#mounts = mounts;
    this.#hierarchies = hierarchies;
  }

  static read(mountTable: string = readFileSync('/proc/mounts', 'utf8')): CgroupLayout {
    const mounts = new Map<Controller, Mount>();
    const hierarchies: string[] = [];
    for (const line of mountTable.split('\n')) {
      const [, path, type, options] = line.split(' ');
      if (path === undefined || (type !== 'cgroup' && type !== 'cgroup2')) continue;
      hierarchies.push(path);
      const version = type === 'cgroup' ? 1 : 2;
      const names =
        version === 1
          ? (options ?? '').split(',')
          : // Version 2 has no cpuacct: cpu.stat is always there.
            [...(readText(join(path, 'cgroup.controllers')) ?? '').trim().split(' '), 'cpuacct'];
      for (const controller of CONTROLLERS) {
        // A controller is in one hierarchy only; cpu.stat of version 2 yields to a cpuacct of version 1.
        if (!names.includes(controller)) continue;
        if (version === 2 && mounts.has(controller)) continue;
        mounts.set(controller, { path, version });
      }
    }
    return new CgroupLayout(mounts, hierarchies);
  }

  /** `v1`, `v2`, or `hybrid` where the hierarchy of version 2 is there, but some controllers are not in it. */
  get kind(): 'v1' | 'v2' | 'hybrid' | 'none' {
    const versions = new Set([...this.#mounts.values()].map(({ version }) => version));
    if (versions.size === 0) return 'none';
    if (!versions.has(1)) return 'v2';
    const hasUnified = this.#hierarchies.some((path) => existsSync(join(path, 'cgroup.controllers')));
    return hasUnified ? 'hybrid' : 'v1';
  }

  has(controller: Controller): boolean {
    return this.#mounts.has(controller);
  }

  /** Whether the kernel can keep a cgroup from swapping. */
  get accountsForSwap(): boolean {
    const memory = this.#mounts.get('memory');
    if (memory === undefined) return false;
    return memory.version === 2 || existsSync(join(memory.path, 'memory.memsw.limit_in_bytes'));
  }

  /** @throws NodeError CGROUP_CONTROLLER_MISSING if a limit could not be enforced here */
  assertEnforceable(): void {
    const missing = (['cpu', 'memory', 'pids'] as const).filter((controller) => !this.has(controller));
    if (missing.length > 0)
      throw runtimeError('CGROUP_CONTROLLER_MISSING', `no cgroup controller for ${missing.join(', ')}`, {
        data: { missing },
        hint: 'limits cannot be enforced on this machine; mount the cgroup file systems, or use another machine',
      });
  }

  /** What the kernel counted of the cgroup with this path below the root of each hierarchy. */
  usageOf(cgroup: string): CgroupUsage {
    const read = (controller: Controller, v1: Reading, v2: Reading): number | undefined => {
      const mount = this.#mounts.get(controller);
      if (mount === undefined) return undefined;
      const { file, parse } = mount.version === 1 ? v1 : v2;
      const text = readText(join(mount.path, cgroup, file));
      return text === undefined ? undefined : parse(text);
    };
    return {
      cpuNs: read('cpuacct', { file: 'cpuacct.usage', parse: whole }, CPU_STAT),
      memoryBytes: read(
        'memory',
        { file: 'memory.usage_in_bytes', parse: whole },
        { file: 'memory.current', parse: whole },
      ),
      memoryPeakBytes: read(
        'memory',
        { file: 'memory.max_usage_in_bytes', parse: whole },
        { file: 'memory.peak', parse: whole },
      ),
      oomKills: read(
        'memory',
        { file: 'memory.oom_control', parse: field('oom_kill') },
        { file: 'memory.events', parse: field('oom_kill') },
      ),
      forksRefused: read(
        'pids',
        { file: 'pids.events', parse: field('max') },
        { file: 'pids.events', parse: field('max') },
      ),
    };
  }

  /** Removes a cgroup that the runtime left behind, and its parent if that is empty. */
  remove(cgroup: string): void {
    for (const hierarchy of this.#hierarchies)
      for (const path of [cgroup, dirname(cgroup)])
        try {
          rmdirSync(join(hierarchy, path));
        } catch {
          // It is gone, or another container is in it.
        }
  }
}

interface Reading {
  readonly file: string;
  parse(text: string): number | undefined;
}

function whole(text: string): number | undefined {
  return /^\d+\s*$/.test(text) ? Number(text) : undefined;
}

/** One number of a file with lines `name number`. */
function field(name: string): (text: string) => number | undefined {
  const line = new RegExp(`^${name} (\\d+)$`, 'm');
  return (text) => {
    const found = line.exec(text)?.[1];
    return found === undefined ? undefined : Number(found);
  };
}

const CPU_STAT: Reading = {
  file: 'cpu.stat',
  parse: (text) => {
    const microseconds = field('usage_usec')(text);
    return microseconds === undefined ? undefined : microseconds * 1_000;
  },
};

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
