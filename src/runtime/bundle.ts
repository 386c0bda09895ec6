import type { ContainerLimits } from '../types/operations/docklock.ts';
import { SECCOMP_PROFILE } from './seccomp-profile.ts';

/** What is to run, and within which bounds. */
export interface ContainerSpec {
  /** Name of the container for the runtime: letters, digits, `-` and `_`. */
  readonly id: string;
  /** Absolute path of the root file system, which the container sees read-only. */
  readonly rootfs: string;
  /** The program, as a path in the root file system or a name to look up in PATH, and its arguments. */
  readonly command: readonly string[];
  /** Memory without swap, CPU as a quota per 100 ms, processes; disk is the size of /tmp, which is memory too. */
  readonly limits: ContainerLimits;
  /** Whether the container shares the network of the machine; otherwise it has a loopback device of its own at most. */
  readonly network: boolean;
  /** Variables besides PATH, HOME and LC_ALL. */
  readonly environment?: Readonly<Record<string, string>>;
}

const OCI_VERSION = '1.0.2';
const CPU_PERIOD_US = 100_000;
const MIB = 1_048_576;
/** `nobody`: owns nothing, and needs to own nothing where everything is read-only. */
const UNPRIVILEGED_ID = 65_534;
const MAX_OPEN_FILES = 1_024;
/** The cgroup of a container, below the root of each hierarchy. */
export function cgroupOf(id: string): string {
  return `/metanode/${id}`;
}

const ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/tmp',
  LC_ALL: 'C',
};

/** Directories that the mounts need in a root file system; the runtime would otherwise write to it. */
export const MOUNT_POINTS = ['proc', 'dev', 'tmp'] as const;

/** What of /proc tells of, or reaches, the machine below. */
const MASKED_PATHS = [
  '/proc/acpi',
  '/proc/asound',
  '/proc/interrupts',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/proc/timer_list',
  '/proc/timer_stats',
];
const READ_ONLY_PATHS = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];

function mounts(limits: ContainerLimits) {
  const tmpfs = (destination: string, options: readonly string[]) => ({
    destination,
    type: 'tmpfs',
    source: 'tmpfs',
    options: ['nosuid', 'nodev', ...options],
  });
  return [
    { destination: '/proc', type: 'proc', source: 'proc', options: ['nosuid', 'noexec', 'nodev'] },
    { ...tmpfs('/dev', []), options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'] },
    tmpfs('/dev/shm', ['noexec', 'mode=1777', `size=${limits.diskMib}m`]),
    tmpfs('/tmp', ['noexec', 'mode=1777', `size=${limits.diskMib}m`]),
  ];
}

/**
 * The bundle's config.json (OCI runtime specification 1.0, config.md and config-linux.md): namespaces of its own, no
 * capabilities and no way to gain any, a read-only root, and hard limits.
 */
export function ociConfig(spec: ContainerSpec, machine: { readonly accountsForSwap: boolean }) {
  const { id, rootfs, command, limits, network, environment } = spec;
  const variables = Object.entries({ ...ENVIRONMENT, ...environment });
  const memory = limits.memoryMib * MIB;
  const namespaces = ['pid', 'ipc', 'uts', 'mount', 'cgroup', ...(network ? [] : ['network'])];
  return {
    ociVersion: OCI_VERSION,
    process: {
      terminal: false,
      user: { uid: UNPRIVILEGED_ID, gid: UNPRIVILEGED_ID },
      args: command,
      env: variables.map(([name, value]) => `${name}=${value}`),
      cwd: '/',
      capabilities: { bounding: [], effective: [], inheritable: [], permitted: [], ambient: [] },
      rlimits: [
        { type: 'RLIMIT_NOFILE', hard: MAX_OPEN_FILES, soft: MAX_OPEN_FILES },
        { type: 'RLIMIT_CORE', hard: 0, soft: 0 },
      ],
      noNewPrivileges: true,
    },
    root: { path: rootfs, readonly: true },
    hostname: 'container',
    mounts: mounts(limits),
    linux: {
      cgroupsPath: cgroupOf(id),
      namespaces: namespaces.map((type) => ({ type })),
      resources: {
        devices: [{ allow: false, access: 'rwm' }],
        // `swap` is memory and swap together: as much as memory alone, so there is no swap.
        memory: { limit: memory, ...(machine.accountsForSwap ? { swap: memory } : {}) },
        cpu: { quota: Math.ceil((limits.cpuMilli * CPU_PERIOD_US) / 1_000), period: CPU_PERIOD_US },
        pids: { limit: limits.pids },
      },
      seccomp: SECCOMP_PROFILE,
      maskedPaths: MASKED_PATHS,
      readonlyPaths: READ_ONLY_PATHS,
    },
  };
}
