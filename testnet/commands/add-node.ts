import type { CliContext } from '../../src/cli/context.ts';
import { readGenesisFile } from '../../src/node/genesis-file.ts';
import { NodeError } from '../../src/util/errors.ts';
import { loadContinuable } from '../continuation.ts';
import { TestnetDirectory, type TestnetErrorCode } from '../directory.ts';
import { makeNode } from '../make-node.ts';
import { MAX_TESTNET_OBSERVERS, MAX_TESTNET_VALIDATORS, type Manifest, nextName } from '../manifest.ts';
import { choosePorts } from '../ports.ts';
import { connectNode } from '../rpc.ts';
import { admit } from '../stages/admit.ts';
import { start } from '../stages/start.ts';
import { heightsOf, waitForNode } from '../stages/wait.ts';
import type { Supervisor } from '../supervisor.ts';
import { supervisorOf } from './supervisor-of.ts';

export interface AddNodeOptions {
  validator?: boolean;
  portBase?: number;
  timeout: number;
}

/**
 * `metanode testnet add-node`: one more node for a testnet that runs. It is in testnet.json before it starts, so every
 * other command knows it whatever becomes of it; a validator is an observer there until the chain has admitted it.
 * @throws NodeError TESTNET_NOT_RUNNING, TESTNET_FULL, PORT_TAKEN, TIMED_OUT, NOT_ADMITTED
 */
export async function addNode(
  { output }: CliContext,
  path: string,
  { validator: isValidator = false, portBase, timeout }: AddNodeOptions,
): Promise<void> {
  const directory = new TestnetDirectory(path);
  const { manifest } = await loadContinuable(directory);
  const supervisor = await supervisorOf(directory);
  const head = await headOf(supervisor);
  const name = await makeNext(supervisor, manifest, isValidator, portBase);
  output.step('keys', supervisor.directory.nodePath(name));
  output.progress(`starting ${name}`);
  await start(supervisor, [name], manifest);
  output.step('connected', `${name} at ${supervisor.node(name).p2p}`);
  output.progress(`catching up to height ${head}`);
  await waitForNode(supervisor, name, head, timeout);
  output.step('synced', `height ${head}, certificates checked`);
  if (isValidator) {
    output.progress('waiting for the votes of the others');
    const id = await supervisor.guard(admit(supervisor, manifest.seed, name, timeout));
    output.step('admitted', `${id}, a validator from two blocks later on`);
  }
  output.progress(undefined);
  const { rpc } = supervisor.node(name);
  output.result(supervisor.node(name), `added ${name}  ${rpc}`);
}

/** The highest block of the nodes that run. @throws NodeError TESTNET_NOT_RUNNING */
async function headOf(supervisor: Supervisor): Promise<number> {
  const heights = (await heightsOf(supervisor.running.map(connectNode))).map(({ height }) => height ?? -1);
  const head = Math.max(-1, ...heights);
  if (head >= 0) return head;
  throw new NodeError<TestnetErrorCode>(
    'TESTNET_NOT_RUNNING',
    `no node of the testnet in ${supervisor.directory.path} answers`,
    { hint: 'start it with: metanode testnet resume' },
  );
}

/** Makes the next node of its kind and writes it into testnet.json. Returns its name. */
async function makeNext(
  supervisor: Supervisor,
  { seed, portBase }: Manifest,
  isValidator: boolean,
  wantedPortBase: number | undefined,
): Promise<string> {
  const { directory, nodes } = supervisor;
  const kind = isValidator ? 'v' : 'o';
  const most = isValidator ? MAX_TESTNET_VALIDATORS : MAX_TESTNET_OBSERVERS;
  if (nodes.filter(({ name }) => name.startsWith(kind)).length >= most)
    throw new NodeError<TestnetErrorCode>('TESTNET_FULL', `a testnet has at most ${most} nodes of this kind`);
  const name = nextName(kind, nodes);
  const base = wantedPortBase ?? (portBase === 0 ? 0 : portBase + nodes.length);
  const [ports] = await choosePorts(base, 1);
  if (ports === undefined) throw new RangeError('one node needs one pair of ports');
  const genesis = await readGenesisFile(directory.genesisPath);
  await supervisor.add(await makeNode({ directory, seed, genesis }, name, ports, isValidator));
  return name;
}
