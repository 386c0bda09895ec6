import type { StreamMuxer, StreamMuxerFactory } from '@libp2p/interface';

/** What this module uses of a muxer of `@chainsafe/libp2p-yamux`, and of its streams. */
interface OpeningMuxer {
  onCreateStream(options: unknown): OpeningStream;
}
interface OpeningStream {
  sendWindowUpdate(): void;
  abort(error: Error): void;
}

/**
 * Wraps a muxer so that a stream whose connection ends in the moment of its opening is aborted. yamux announces a new
 * stream in a microtask of its own; where the connection is aborted before, in the same tick, that throws where nobody
 * can catch it, and the process ends. A muxer of another kind is left as it is.
 */
export function surviveLostOpenings<Components>(
  create: (components: Components) => StreamMuxerFactory,
): (components: Components) => StreamMuxerFactory {
  return (components) => {
    const factory = create(components);
    const { createStreamMuxer } = factory;
    return Object.assign(factory, {
      createStreamMuxer: ((connection) =>
        guarded(createStreamMuxer.call(factory, connection))) as typeof createStreamMuxer,
    });
  };
}

function guarded(muxer: StreamMuxer): StreamMuxer {
  const candidate = muxer as unknown as Partial<OpeningMuxer>;
  const open = candidate.onCreateStream?.bind(candidate);
  if (open === undefined) return muxer;
  candidate.onCreateStream = (options) => {
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
  return muxer;
}
