import { setTimeout as sleep } from 'node:timers/promises';
import { errorCode, errorMessage, NodeError } from '../util/errors.ts';
import { rpcError } from './errors.ts';
import type { NetworkPort, ObstacleView } from './ports/network.ts';

/** Failures that say only that there is no connection: why, the steps of the way tell. */
const UNEXPLAINED = new Set([
  'DIAL_FAILED',
  'DIAL_TIMED_OUT',
  'HANDSHAKE_FAILED',
  'HANDSHAKE_TIMEOUT',
  'REMOTE_CLOSED',
]);
/** A dial that takes longer is probably in vain, and the way is examined meanwhile. */
const PATIENCE_MS = 2_000;

/**
 * Dials an address and waits for the handshake, at most `timeoutMs`. To find out what is in the way may take some
 * seconds more.
 * @throws NodeError with the code of either side, with a ProbeFailureReason, or DIAL_TIMED_OUT
 */
export async function addPeer(
  network: Pick<NetworkPort, 'dial' | 'findObstacle'>,
  address: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<{ peerId: string }> {
  const done = new AbortController();
  const stop = AbortSignal.any([signal, done.signal]);
  const pause = (ms: number) => sleep(ms, undefined, { signal: stop }).catch(() => undefined);
  let search: Promise<ObstacleView | undefined> | undefined;
  const obstacle = async () => {
    search ??= network.findObstacle(address);
    return await search;
  };
  try {
    const dialed = network.dial(address);
    void pause(PATIENCE_MS).then(() => (stop.aborted ? undefined : obstacle().catch(() => undefined)));
    return { peerId: await Promise.race([dialed, pause(timeoutMs).then(() => tooLate(address, timeoutMs))]) };
  } catch (error) {
    const code = errorCode(error) ?? '';
    if (signal.aborted || !UNEXPLAINED.has(code)) throw error;
    const found = await obstacle();
    if (found === undefined)
      throw new NodeError(code, errorMessage(error), {
        data: { address },
        hint: 'the way is open to others: that node may have banned this one, or be busy; ask its operator, and see admin_peerHistory',
        cause: error,
      });
    const { step, reason, detail, hint } = found;
    throw new NodeError(reason, `${step}: ${detail}`, { data: { address, step }, hint, cause: error });
  } finally {
    done.abort();
  }
}

function tooLate(address: string, timeoutMs: number): never {
  throw rpcError('DIAL_TIMED_OUT', `no handshake within ${timeoutMs} ms`, {
    data: { address },
    hint: 'metanode peers test <address> says where the way there ends; admin_peerHistory shows a connection that comes later',
  });
}
