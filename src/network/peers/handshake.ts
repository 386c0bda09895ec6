import { setTimeout as sleep } from 'node:timers/promises';
import type { Stream } from '@libp2p/interface';
import { type Status, StatusType, StatusVerdictType } from '../../types/network.ts';
import { errorMessage } from '../../util/errors.ts';
import { LIMITS } from '../../util/limits.ts';
import { disconnectCodeOf, type NetworkError, networkError } from '../errors.ts';
import { wireStream } from '../wire-stream.ts';

export const STATUS_PROTOCOL = '/metanode/status/1';

/** How long who is refused may take to read it. */
const REFUSAL_GRACE_MS = 2_000;

export interface HandshakeResult {
  readonly remote: Status;
  readonly rttMs: number;
}

/** A refusal, and which side spoke it. */
export class HandshakeRefusal extends Error {
  readonly refusedBy: 'local' | 'remote';
  readonly reason: NetworkError;

  constructor(refusedBy: 'local' | 'remote', reason: NetworkError) {
    super(reason.message, { cause: reason });
    this.name = 'HandshakeRefusal';
    this.refusedBy = refusedBy;
    this.reason = reason;
  }
}

/**
 * Both sides send their status at once, judge the other's and send the verdict; so either side can read why the
 * other refused. The same code runs on the dialer's and on the listener's end of the stream.
 * `judge` answers with the reason to refuse, or undefined to admit.
 * @throws HandshakeRefusal
 */
export async function shakeHands(
  stream: Stream,
  local: Status,
  judge: (remote: Status) => NetworkError | undefined,
  nowMs: () => number,
  signal: AbortSignal,
): Promise<HandshakeResult> {
  const bound = LIMITS.maxHandshakeBytes;
  const wire = wireStream(stream, { maxMessageBytes: bound, maxTotalBytes: 2 * bound }, signal);
  const startedMs = nowMs();
  await wire.write(StatusType, local);
  const remote = await wire.read(StatusType, 'status');
  const rttMs = nowMs() - startedMs;
  const reason = judge(remote);
  await wire.write(StatusVerdictType, {
    code: reason?.code ?? '',
    message: reason?.message.slice(0, LIMITS.maxReasonTextBytes / 4) ?? '',
  });
  if (reason !== undefined) {
    const other = await wire.read(StatusVerdictType, 'status verdict').catch(() => undefined);
    // Its verdict may have left before ours came, and what a connection has not delivered is lost with it. Who is refused
    // closes when it has read why; who refuses as well has a reason of its own.
    if (other?.code === '') {
      const closed = wire.readBytes().catch(() => undefined);
      await Promise.race([closed, sleep(REFUSAL_GRACE_MS, undefined, { ref: false })]);
    }
    throw new HandshakeRefusal('local', reason);
  }
  const verdict = await wire.read(StatusVerdictType, 'status verdict');
  if (verdict.code !== '') {
    const code = disconnectCodeOf(verdict.code);
    throw new HandshakeRefusal(
      'remote',
      networkError(code, verdict.message, { data: { code: verdict.code } }),
    );
  }
  return { remote, rttMs };
}

/** Any failure of a handshake as a refusal with a code. */
export function asRefusal(error: unknown, timedOut: boolean): HandshakeRefusal {
  if (error instanceof HandshakeRefusal) return error;
  const reason = timedOut
    ? networkError('HANDSHAKE_TIMEOUT', `no status within ${LIMITS.handshakeTimeoutMs} ms`)
    : networkError('HANDSHAKE_FAILED', errorMessage(error), { cause: error });
  return new HandshakeRefusal('local', reason);
}

/** Whether a status belongs to the same chain and to a version that this node speaks. */
export function judgeStatus(
  local: Pick<Status, 'genesisHash' | 'chainId' | 'protocolVersion'>,
  remote: Status,
): NetworkError | undefined {
  const mismatch = (
    code: 'GENESIS_MISMATCH' | 'CHAIN_ID_MISMATCH' | 'PROTOCOL_TOO_OLD',
    field: 'genesisHash' | 'chainId' | 'protocolVersion',
  ) =>
    networkError(code, `${field} here ${local[field]}, there ${remote[field]}`, {
      data: { local: local[field], remote: remote[field] },
    });
  if (remote.genesisHash !== local.genesisHash) return mismatch('GENESIS_MISMATCH', 'genesisHash');
  if (remote.chainId !== local.chainId) return mismatch('CHAIN_ID_MISMATCH', 'chainId');
  if (remote.protocolVersion < local.protocolVersion) return mismatch('PROTOCOL_TOO_OLD', 'protocolVersion');
  return undefined;
}
