import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { arch, cpus, freemem, platform, release, totalmem } from 'node:os';
import { dirname } from 'node:path';
import { parseHostPort } from '../../node/host-port.ts';
import type { NodeOptions } from '../../node/options.ts';
import { freeDiskBytes } from '../../node/process-usage.ts';
import { findRunc } from '../../runtime/runc.ts';
import { errorCode, errorMessage, NodeError } from '../../util/errors.ts';
import { LIMITS } from '../../util/limits.ts';
import { VERSION } from '../../util/version.ts';
import { nodeVersionProblem } from '../node-version.ts';
import { type Finding, fine, problem, warning } from './finding.ts';

const MIB = 1024 * 1024;
/** Sockets of all peers and clients, and the files of the database. */
const MIN_OPEN_FILES = 4_096;
const MIN_MEMORY_BYTES = 512 * MIB;

/** What a reader of a report must know of the machine. */
export function machineFacts() {
  return {
    metanode: VERSION,
    node: process.versions.node,
    platform: platform(),
    release: release(),
    arch: arch(),
    cpus: cpus().length,
    memoryBytes: totalmem(),
    freeMemoryBytes: freemem(),
  };
}

/** What the machine itself must have, whether or not a node runs. */
export async function checkMachine(dataDir: string): Promise<Finding[]> {
  return [
    checkNodeVersion(),
    checkMemory(),
    checkDisk(dataDir),
    await checkOpenFiles(),
    await checkRuntime(),
  ];
}

function checkNodeVersion(): Finding {
  const old = nodeVersionProblem(process.versions.node);
  return old === undefined ? fine('node.js', process.versions.node) : problem('node.js', old, null);
}

function checkMemory(): Finding {
  const detail = `${Math.round(freemem() / MIB)} of ${Math.round(totalmem() / MIB)} MiB free`;
  if (totalmem() >= MIN_MEMORY_BYTES) return fine('memory', detail);
  return warning('memory', detail, 'a node takes about 150 MiB, and more with its state');
}

/** What is not there yet will be made on the disk of the directory above it. */
function checkDisk(dataDir: string): Finding {
  const parent = dirname(dataDir);
  if (!existsSync(dataDir) && parent !== dataDir) return checkDisk(parent);
  const free = freeDiskBytes(dataDir);
  if (free === undefined)
    return warning('disk', `${dataDir} cannot be read`, 'is it there, and is it yours?');
  const detail = `${Math.round(free / MIB)} MiB free at ${dataDir}`;
  return free >= LIMITS.minFreeDiskBytes
    ? fine('disk', detail)
    : problem('disk', detail, 'make room: a node that cannot write stops');
}

async function checkOpenFiles(): Promise<Finding> {
  const limits = await readFile('/proc/self/limits', 'utf8').catch(() => '');
  const limit = /^Max open files\s+(\d+|unlimited)/m.exec(limits)?.[1];
  if (limit === undefined) return fine('open files', 'this system does not say how many there may be');
  if (limit === 'unlimited' || Number(limit) >= MIN_OPEN_FILES) return fine('open files', `up to ${limit}`);
  return warning(
    'open files',
    `at most ${limit}`,
    `raise it before the node starts: ulimit -n ${MIN_OPEN_FILES}`,
  );
}

/** Only nodes that run containers need it. */
async function checkRuntime(): Promise<Finding> {
  try {
    const { name, version, path } = await findRunc();
    return fine('containers', `${name} ${version} (${path})`);
  } catch (error) {
    const hint = error instanceof NodeError ? error.hint : undefined;
    return warning('containers', `${errorMessage(error)}; only docklock run needs it`, hint ?? null);
  }
}

/** Whether a node could listen where its options say; not to be asked while it runs. */
export async function checkPorts(options: NodeOptions): Promise<Finding[]> {
  const peers = options.listen.flatMap((text) => {
    const match = /^\/ip[46]\/([^/]+)\/tcp\/(\d+)/.exec(text);
    return match === null ? [] : [{ flag: '--listen', host: match[1] as string, port: Number(match[2]) }];
  });
  const http = [
    { flag: '--rpc-listen', address: parseHostPort(options.rpcListen) },
    {
      flag: '--metrics',
      address: options.metrics === undefined ? undefined : parseHostPort(options.metrics),
    },
  ].flatMap(({ flag, address }) => (address === undefined ? [] : [{ flag, ...address }]));
  return await Promise.all([...peers, ...http].map(checkPort));
}

async function checkPort({
  flag,
  host,
  port,
}: {
  flag: string;
  host: string;
  port: number;
}): Promise<Finding> {
  const check = `port ${port}`;
  const error = await listenOnce(host, port);
  if (error === undefined) return fine(check, `free at ${host}, for ${flag}`);
  const hint =
    errorCode(error) === 'EADDRINUSE'
      ? `another program listens there: end it, or give another port with ${flag}`
      : `give an address of this machine with ${flag}`;
  return problem(check, `${host}: ${errorMessage(error)}`, hint);
}

function listenOnce(host: string, port: number): Promise<Error | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', resolve);
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}
