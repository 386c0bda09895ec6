import type { Client } from '../../client/client.ts';
import { errorCode, errorMessage } from '../../util/errors.ts';
import { VERSION } from '../../util/version.ts';
import { type Finding, fine, problem, warning } from './finding.ts';

/** What a running node says of itself. `answers` is false if nobody is there. */
export interface NodeReport {
  readonly findings: readonly Finding[];
  readonly answers: boolean;
}

/** Reasons for which a node does not answer a question, although it works. */
const NOT_FOR_US: ReadonlySet<string> = new Set(['SCOPE_MISSING', 'UNAUTHENTICATED']);
/** What validators bear of each other by default. */
const MAX_CLOCK_DRIFT_MS = 2_000;
const NO_ANSWER: ReadonlySet<string> = new Set(['NOT_REACHABLE', 'TIMED_OUT', 'BAD_ANSWER']);

/** Asks a node; `genesisHash` is that of the data directory, if it holds a node. */
export async function checkNode(client: Client, genesisHash: string | undefined): Promise<NodeReport> {
  let first: Finding;
  try {
    const { node: version } = await client.call('rpc_version');
    first =
      version === VERSION
        ? fine('node', `${client.url} answers, version ${version}`)
        : warning('node', `${client.url} is version ${version}, this is ${VERSION}`, null);
  } catch (error) {
    const detail = errorMessage(error);
    if (!NO_ANSWER.has(errorCode(error) ?? ''))
      return { findings: [problem('node', detail, 'give a token with --token-file')], answers: true };
    const hint = 'start it with metanode node start, or name another with --rpc';
    return { findings: [warning('node', detail, hint)], answers: false };
  }
  const checks = [
    asked('genesis agreement', () => checkGenesis(client, genesisHash)),
    asked('sync', () => checkSync(client)),
    asked('clock', () => checkClock(client)),
    asked('peers', () => checkPeers(client)),
    asked('reachability', () => checkReachability(client)),
    asked('quorum', () => checkQuorum(client)),
  ];
  return { findings: [first, ...(await Promise.all(checks))], answers: true };
}

async function asked(check: string, ask: () => Promise<Finding>): Promise<Finding> {
  try {
    return await ask();
  } catch (error) {
    const hint = 'the owner of the node may: --token-file, or --rpc unix:<socket>';
    if (NOT_FOR_US.has(errorCode(error) ?? '')) return warning(check, 'the node does not tell us', hint);
    return problem(check, errorMessage(error), null);
  }
}

async function checkGenesis(client: Client, own: string | undefined): Promise<Finding> {
  const { genesisHash } = await client.call('net_status');
  if (own === undefined || genesisHash === `0x${own}`) return fine('genesis agreement', genesisHash);
  const detail = `the node is of the chain ${genesisHash}, the data directory of 0x${own}`;
  return problem(
    'genesis agreement',
    detail,
    'name the node of this directory with --rpc, or its --data-dir',
  );
}

async function checkSync(client: Client): Promise<Finding> {
  const { height, targetHeight, syncing } = await client.call('net_status');
  const detail = `height ${height}, peers have shown ${targetHeight}`;
  return syncing
    ? warning('sync', detail, 'wait: it fetches what others have decided')
    : fine('sync', detail);
}

/** Blocks are decided by two thirds of all clocks: one that is behind the head is the odd one out. */
async function checkClock(client: Client): Promise<Finding> {
  const { timeMs } = await client.call('chain_getFinalizedHead');
  const aheadMs = timeMs - Date.now();
  if (aheadMs <= MAX_CLOCK_DRIFT_MS) return fine('clock', 'not behind the last block');
  const detail = `${(aheadMs / 1000).toFixed(1)} s behind the last block`;
  return problem('clock', detail, 'set the clock of this machine (NTP)');
}

async function checkPeers(client: Client): Promise<Finding> {
  const { connected } = await client.call('net_peerCount');
  if (connected > 0) return fine('peers', `${connected} connected`);
  return warning(
    'peers',
    'none',
    'name one with --bootnode; metanode peers test <multiaddr> says why it fails',
  );
}

async function checkReachability(client: Client): Promise<Finding> {
  const { verdict, addresses } = await client.call('net_reachability');
  const detail = `${verdict}; ${addresses.map(({ address }) => address).join(' ')}`;
  if (verdict === 'reachable') return fine('reachability', detail);
  const hint =
    'nobody has come in yet: from outside a node needs --listen /ip4/0.0.0.0/tcp/<port>, and --advertise behind a NAT';
  return warning('reachability', detail, hint);
}

async function checkQuorum(client: Client): Promise<Finding> {
  const { ok, verdict, hints } = await client.call('ibft_diagnose');
  return ok ? fine('quorum', verdict) : problem('quorum', verdict, hints[0] ?? null);
}
