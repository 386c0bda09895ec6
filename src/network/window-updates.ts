import type { Stream } from '@libp2p/interface';

/** What this module uses of a stream of `@chainsafe/libp2p-yamux`. */
interface WindowedStream {
  readonly state: number;
  /** Bytes that the peer may have under way when nothing is unread. */
  readonly recvWindow: number;
  /** Bytes that the peer may still send before it must wait. */
  readonly recvWindowCapacity: number;
  sendWindowUpdate(): void;
}

/** `StreamState.Established`: no handshake flag is owed, and nobody paused the stream. */
const ESTABLISHED = 3;

/**
 * Lets a stream give the window back when half of it is used, as the reference implementation does and the yamux
 * specification leaves open. libp2p's gives it back after every frame: each small message then costs a second one
 * back, which for votes doubles what is ciphered, written and read. False for a stream of another kind or of a version
 * that keeps its window elsewhere, which works as before.
 */
export function updateWindowByHalves(stream: Stream): boolean {
  const candidate: unknown = stream;
  if (!isWindowed(candidate)) return false;
  const update = candidate.sendWindowUpdate.bind(candidate);
  candidate.sendWindowUpdate = () => {
    const isAmple = candidate.recvWindowCapacity > candidate.recvWindow / 2;
    if (candidate.state !== ESTABLISHED || !isAmple) update();
  };
  return true;
}

function isWindowed(stream: unknown): stream is WindowedStream {
  const { state, recvWindow, recvWindowCapacity, sendWindowUpdate } = stream as Partial<WindowedStream>;
  return (
    typeof state === 'number' &&
    typeof recvWindow === 'number' &&
    typeof recvWindowCapacity === 'number' &&
    typeof sendWindowUpdate === 'function'
  );
}
