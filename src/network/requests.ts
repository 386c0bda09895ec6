import type { Type } from '@chainsafe/ssz';
import type { Connection, Stream } from '@libp2p/interface';
import { AnswerHeaderType } from '../types/network.ts';
import { encode } from '../types/ssz.ts';
import type { Clock } from '../util/clock.ts';
import { errorCode, errorMessage } from '../util/errors.ts';
import { LIMITS } from '../util/limits.ts';
import type { Logger } from '../util/logger.ts';
import { NetworkError, networkError } from './errors.ts';
import type { Peer } from './peers/peer-table.ts';
import { type WireStream, wireStream } from './wire-stream.ts';

/** One request protocol: what is asked, and a bound on what an answer may hold. */
export interface RequestProtocol<Request> {
  readonly protocol: string;
  readonly requestType: Type<Request>;
  readonly maxItems: number;
  /** What looking up one item costs the answering node, in bytes that it could send instead. */
  readonly itemCostBytes: number;
}

/** What an asker needs of the peer. */
export type Asked = Pick<Peer, 'peerId' | 'connection' | 'requestsOut'>;

/** Answers with items of bytes. What it throws reaches the peer as a code. */
export type Answerer<Request> = (request: Request, peer: Peer) => Promise<Uint8Array[]>;

/** How a protocol is answered from now on. */
export type Registrar = (
  protocol: string,
  handler: (stream: Stream, connection: Connection) => Promise<void>,
) => Promise<void>;

/** The peer behind a connection once its handshake is done, undefined if that fails. */
export type Admitted = (connection: Connection) => Promise<Peer | undefined>;

const REQUEST_BOUNDS = { maxMessageBytes: LIMITS.maxRequestBytes, maxTotalBytes: 2 * LIMITS.maxRequestBytes };
const ANSWER_BOUNDS = { maxMessageBytes: LIMITS.maxAnswerBytes, maxTotalBytes: 2 * LIMITS.maxAnswerBytes };

/**
 * Request and response over one short stream each: the request, then a header and the items of the answer. Both
 * directions are bounded per peer in number, bytes and time.
 */
export class Requests {
  readonly #clock: Clock;
  readonly #logger: Logger;

  constructor(collaborators: { clock: Clock; logger: Logger }) {
    this.#clock = collaborators.clock;
    this.#logger = collaborators.logger;
  }

  async serve<Request>(
    register: Registrar,
    admitted: Admitted,
    requestProtocol: RequestProtocol<Request>,
    answerer: Answerer<Request>,
  ): Promise<void> {
    const { protocol, requestType } = requestProtocol;
    await register(protocol, async (stream, connection) => {
      const signal = AbortSignal.timeout(2 * LIMITS.requestTimeoutMs);
      try {
        const wire = wireStream(stream, REQUEST_BOUNDS, signal);
        const peer = await admitted(connection);
        if (peer === undefined) throw networkError('NOT_CONNECTED', 'the handshake comes first');
        await this.#answer(
          wire,
          peer,
          await wire.read(requestType, `request on ${protocol}`),
          requestProtocol,
          answerer,
        );
        await stream.close({ signal });
      } catch (error) {
        this.#logger.debug({ protocol, error: errorMessage(error) }, 'request not answered');
        stream.abort(error instanceof Error ? error : new Error('request failed'));
      }
    });
  }

  /** @throws NetworkError REQUEST_REFUSED, REQUEST_FAILED or MALFORMED_ANSWER */
  async ask<Request>(
    peer: Peer,
    requestProtocol: RequestProtocol<Request>,
    request: Request,
    outerSignal?: AbortSignal,
  ): Promise<Uint8Array[]> {
    return await askOver(peer, requestProtocol, request, outerSignal);
  }

  async #answer<Request>(
    wire: WireStream,
    peer: Peer,
    request: Request,
    { maxItems, itemCostBytes }: RequestProtocol<Request>,
    answerer: Answerer<Request>,
  ): Promise<void> {
    if (!this.#mayAnswer(peer)) {
      await wire.write(AnswerHeaderType, { code: 'RATE_LIMITED', items: 0 });
      return;
    }
    peer.requestsIn++;
    let bytes = 0;
    try {
      const items = fitting(await answerer(request, peer), maxItems);
      for (const item of items) bytes += item.length;
      peer.unreadAnswerBytes += bytes;
      peer.answerBudget.spend(bytes + items.length * itemCostBytes, this.#clock.monotonicMs());
      const header = encode(AnswerHeaderType, { code: '', items: items.length });
      await wire.writeAll([header, ...items]);
    } catch (error) {
      const code = (errorCode(error) ?? 'INTERNAL').slice(0, LIMITS.maxReasonCodeBytes);
      await wire.write(AnswerHeaderType, { code, items: 0 });
    } finally {
      peer.requestsIn--;
      peer.unreadAnswerBytes -= bytes;
    }
  }

  /** Asking costs a peer next to nothing, answering costs time and memory: both are bounded for each peer. */
  #mayAnswer(peer: Peer): boolean {
    const nowMs = this.#clock.monotonicMs();
    return (
      peer.requestBudget.spend(1, nowMs) === 0 &&
      peer.answerBudget.spend(0, nowMs) === 0 &&
      peer.requestsIn < LIMITS.maxRequestsPerPeer &&
      peer.unreadAnswerBytes < LIMITS.maxUnreadAnswerBytesPerPeer
    );
  }
}

/**
 * Asks over an open connection whose handshake is done.
 * @throws NetworkError REQUEST_REFUSED, REQUEST_FAILED or MALFORMED_ANSWER
 */
export async function askOver<Request>(
  peer: Asked,
  { protocol, requestType, maxItems }: RequestProtocol<Request>,
  request: Request,
  outerSignal?: AbortSignal,
): Promise<Uint8Array[]> {
  const data = { peerId: peer.peerId, protocol };
  if (peer.requestsOut >= LIMITS.maxRequestsPerPeer)
    throw networkError('REQUEST_REFUSED', 'too many requests wait for this peer', { data });
  const timeout = AbortSignal.timeout(LIMITS.requestTimeoutMs);
  const signal = outerSignal === undefined ? timeout : AbortSignal.any([timeout, outerSignal]);
  let stream: Stream | undefined;
  peer.requestsOut++;
  try {
    stream = await peer.connection.newStream(protocol, { signal });
    const wire = wireStream(stream, ANSWER_BOUNDS, signal);
    await wire.write(requestType, request);
    const items = await readAnswer(wire, maxItems, data);
    await stream.close({ signal });
    return items;
  } catch (error) {
    stream?.abort(new Error('request ended'));
    if (error instanceof NetworkError) throw error;
    if (errorCode(error) === 'MALFORMED_BYTES')
      throw networkError('MALFORMED_ANSWER', errorMessage(error), { data, cause: error });
    throw networkError('REQUEST_FAILED', errorMessage(error), { data, cause: error });
  } finally {
    peer.requestsOut--;
  }
}

/** As many of the items as one answer may hold. */
function fitting(items: Uint8Array[], maxItems: number): Uint8Array[] {
  let bytes = 0;
  const kept: Uint8Array[] = [];
  for (const item of items.slice(0, maxItems)) {
    bytes += item.length;
    if (bytes > LIMITS.maxAnswerBytes) break;
    kept.push(item);
  }
  return kept;
}

async function readAnswer(
  wire: WireStream,
  maxItems: number,
  data: Record<string, unknown>,
): Promise<Uint8Array[]> {
  const header = await wire.read(AnswerHeaderType, 'answer header');
  if (header.code !== '')
    throw networkError('REQUEST_REFUSED', `the peer answered ${header.code}`, {
      data: { ...data, code: header.code },
    });
  if (header.items > maxItems)
    throw networkError('MALFORMED_ANSWER', `${header.items} items instead of at most ${maxItems}`, { data });
  const items: Uint8Array[] = [];
  for (let bytes = 0; items.length < header.items; ) {
    const item = await wire.readBytes();
    bytes += item.length;
    if (bytes > LIMITS.maxAnswerBytes)
      throw networkError('MALFORMED_ANSWER', 'an answer above its bound', { data });
    items.push(item);
  }
  return items;
}
