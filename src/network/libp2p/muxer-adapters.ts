import type { StreamMuxer, StreamMuxerFactory } from '@libp2p/interface';

/** What this module uses of a muxer of `@chainsafe/libp2p-yamux`. */
interface YamuxMuxer {
  /** Makes the object of every stream, whichever side opens it. */
  _newStream(...args: unknown[]): YamuxStream;
  /** Opens a stream. */
  onCreateStream(options: unknown): YamuxStream;
}

/** What it uses of its streams. */
interface YamuxStream {
  readonly state: number;
  /** Bytes that the peer may have under way when nothing is unread. */
  readonly recvWindow: number;
  /** Bytes that the peer may still send before it must wait. */
  readonly recvWindowCapacity: number;
  sendWindowUpdate(): void;
  abort(error: Error): void;
}

/** `StreamState.Established`: no handshake flag is owed, and nobody paused the stream. */
const ESTABLISHED = 3;

/** Changes a muxer before its first stream. One of another kind than yamux's is left as it is. */
type MuxerAdapter = (muxer: Partial<YamuxMuxer>) => void;

/** Wraps what makes muxers so that each is adapted. */
export function adaptMuxers<Components>(
  create: (components: Components) => StreamMuxerFactory,
  ...adapters: readonly MuxerAdapter[]
): (components: Components) => StreamMuxerFactory {
  return (components) => {
    const factory = create(components);
    const { createStreamMuxer } = factory;
    const createAdapted = (...args: Parameters<typeof createStreamMuxer>): StreamMuxer => {
      const muxer = createStreamMuxer.apply(factory, args);
      for (const adapt of adapters) adapt(muxer as unknown as Partial<YamuxMuxer>);
      return muxer;
    };
    return Object.assign(factory, { createStreamMuxer: createAdapted as typeof createStreamMuxer });
  };
}

/**
 * Has a stream whose connection ends in the moment of its opening aborted. yamux announces a new stream in a microtask
 * of its own; where the connection is aborted before, in the same tick, that throws where nobody can catch it, and the
 * process ends.
 */
export function surviveLostOpenings(muxer: Partial<YamuxMuxer>): void {
  const open = muxer.onCreateStream?.bind(muxer);
  if (open === undefined) return;
  muxer.onCreateStream = (options) => {
    const stream = open(options);
    const update = stream.sendWindowUpdate.bind(stream);
    stream.sendWindowUpdate = () => {
      try {
        update();
      } catch (error) {
        stream.abort(error as Error);
      }
    };
    return stream;
  };
}

/**
 * Lets streams give the window back when half of it is used, as the reference implementation does and the yamux
 * specification leaves open. libp2p's give it back after every frame: each small message then costs a second one back,
 * which doubles what is ciphered, written and read, for votes as for every negotiation of a protocol. Streams of a
 * version that keeps the window elsewhere work as before.
 */
export function updateWindowsByHalves(muxer: Partial<YamuxMuxer>): void {
  const create = muxer._newStream?.bind(muxer);
  if (create === undefined) return;
  muxer._newStream = (...args) => {
    const stream = create(...args);
    const update = stream.sendWindowUpdate.bind(stream);
    stream.sendWindowUpdate = () => {
      const isAmple = stream.recvWindowCapacity > stream.recvWindow / 2;
      if (stream.state !== ESTABLISHED || !isAmple) update();
    };
    return stream;
  };
}
