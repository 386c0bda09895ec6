import type { Connection, Stream } from '@libp2p/interface';
import { LengthPrefixedDecoder } from '@libp2p/utils';
import { type Frame, FrameType, type WireMessage } from '../../types/network.ts';
import { decode, encode } from '../../types/ssz.ts';
import { plainBytes } from '../../util/bytes.ts';
import type { Clock } from '../../util/clock.ts';
import { errorMessage } from '../../util/errors.ts';
import { LIMITS } from '../../util/limits.ts';
import type { DisconnectCode } from '../errors.ts';
import type { InboundGate } from '../inbound-gate.ts';
import { prefixLength, readPrefix } from '../length-prefix.ts';
import { PushQueue } from './push-queue.ts';

export const PUSH_PROTOCOL = '/metanode/push/1';
export const RELAY_PROTOCOL = '/metanode/relay/1';
export type LinkProtocol = typeof PUSH_PROTOCOL | typeof RELAY_PROTOCOL;

/** A frame holds one message of full size, or many small ones, and their offsets. */
const MAX_FRAME_BYTES = LIMITS.maxWireMessageBytes + 64 * LIMITS.maxMessagesPerFrame;
/** How late a timer may fire before the silence is blamed on this process and not on the peer. */
const TOLERATED_LATENESS_MS = 250;
/** A stream ends just before its connection does; only one that ends alone is a failure of its own. */
const STREAM_CLOSE_GRACE_MS = 250;
/** What a process that slept, or does not read, gives its peer before it asks again. */
const GRACE_MS = 500;
/** Leaves a crowded process some time to keep to the allowed delay. */
const ACKNOWLEDGE_AFTER_MS = 0.8 * LIMITS.maxPushAckDelayMs;

export interface PushLinkDeps {
  readonly protocol: LinkProtocol;
  readonly gate: InboundGate;
  readonly clock: Clock;
  readonly maxSilenceMs: number;
  /** Resolves when the message has been handled; never rejects. */
  readonly onMessage: (message: WireMessage) => Promise<void>;
  readonly onDropped: (message: WireMessage) => void;
  /** The link is of no use any more: the owner closes the connection and dials anew. Called at most once. */
  readonly onDead: (code: DisconnectCode, message: string) => void;
}

/**
 * The long-lived streams between two peers, one per direction. Messages leave in frames; each frame acknowledges what
 * came the other way, and a frame without messages does so when nothing else is due. A peer that stays silent for
 * `maxSilenceMs` after a frame was sent is dead. Lives as long as the peer is connected and moves to the
 * new connection when the old one is replaced.
 */
export class PushLink {
  readonly #deps: PushLinkDeps;
  readonly #queue = new PushQueue();
  #outbound: Stream | undefined;
  #inbound: Stream | undefined;
  /** Counts `attach` calls, so that a stream that opens late for an older connection is dropped. */
  #generation = 0;
  #closed = false;

  #sentSequence = 0;
  #acknowledgedByPeer = 0;
  #receivedSequence = 0;
  #acknowledgedToPeer = 0;
  #lastHeardMs = 0;
  /** When the oldest frame was sent that is not acknowledged. */
  #unacknowledgedSinceMs = 0;
  #silenceTimer: NodeJS.Timeout | undefined;
  #acknowledgeTimer: NodeJS.Timeout | undefined;
  #closeTimer: NodeJS.Timeout | undefined;

  constructor(deps: PushLinkDeps) {
    this.#deps = deps;
  }

  get protocol(): LinkProtocol {
    return this.#deps.protocol;
  }

  get queuedBytes(): number {
    return this.#queue.bytes;
  }

  /** Opens the outbound stream on this connection; what is queued goes there. */
  attach(connection: Connection): void {
    const generation = ++this.#generation;
    clearTimeout(this.#closeTimer);
    const replaced = this.#outbound;
    this.#outbound = undefined;
    this.#abortStream(replaced);
    this.#acknowledgedByPeer = this.#sentSequence; // frames on the old connection may be lost; nobody waits for them
    connection
      .newStream(this.#deps.protocol, { signal: AbortSignal.timeout(LIMITS.handshakeTimeoutMs) })
      .then(
        (stream) => {
          if (this.#closed || generation !== this.#generation) this.#abortStream(stream);
          else this.#useOutbound(stream);
        },
        (error: unknown) => {
          if (generation === this.#generation) this.#die('PUSH_STREAM_FAILED', errorMessage(error));
        },
      );
  }

  /** Takes the stream that the peer opened; an earlier one is replaced. */
  accept(stream: Stream): void {
    this.#abortStream(this.#inbound);
    this.#inbound = stream;
    this.#receivedSequence = 0;
    this.#acknowledgedToPeer = 0;
    this.#deps.gate.watch(stream);
    const decoder = new LengthPrefixedDecoder({
      maxDataLength: MAX_FRAME_BYTES,
      maxBufferSize: 2 * MAX_FRAME_BYTES + 2 * LIMITS.maxStreamWindowBytes,
      lengthDecoder: readPrefix,
    });
    stream.addEventListener('message', (event) => {
      if (this.#inbound !== stream || this.#closed) return;
      try {
        for (const bytes of decoder.decode(event.data)) this.#onFrame(plainBytes(bytes.subarray()));
      } catch (error) {
        this.#die('MALFORMED_FRAME', errorMessage(error));
      }
    });
  }

  /** Queues a message; `flush` sends it. */
  enqueue(message: WireMessage): void {
    if (this.#closed) return;
    for (const dropped of this.#queue.add(message)) this.#deps.onDropped(dropped);
  }

  /** Sends what is queued, in as few frames as the bound allows, while the stream takes more. */
  flush(): void {
    const stream = this.#outbound;
    if (stream === undefined) return;
    while (!this.#queue.isEmpty && !stream.writableNeedsDrain) {
      this.#noteSent();
      if (!this.#send(stream, this.#sentSequence, this.#queue.takeFrame())) return;
    }
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#silenceTimer);
    clearTimeout(this.#acknowledgeTimer);
    clearTimeout(this.#closeTimer);
    this.#deps.gate.close();
    this.#abortStream(this.#outbound);
    this.#abortStream(this.#inbound);
  }

  #useOutbound(stream: Stream): void {
    this.#outbound = stream;
    stream.addEventListener('drain', () => this.flush());
    stream.addEventListener('close', () => {
      if (this.#outbound !== stream || this.#closed) return;
      this.#outbound = undefined;
      this.#closeTimer = setTimeout(() => {
        if (this.#outbound === undefined) this.#die('PUSH_STREAM_FAILED', 'the peer closed the stream');
      }, STREAM_CLOSE_GRACE_MS);
    });
    this.flush();
    this.#acknowledgeLater();
  }

  #send(stream: Stream, sequence: number, messages: WireMessage[]): boolean {
    const frame: Frame = { sequence, acknowledged: this.#receivedSequence, messages };
    this.#acknowledgedToPeer = this.#receivedSequence;
    clearTimeout(this.#acknowledgeTimer);
    this.#acknowledgeTimer = undefined;
    try {
      return stream.send(prefixLength(encode(FrameType, frame)));
    } catch (error) {
      this.#die('PUSH_STREAM_FAILED', errorMessage(error));
      return false;
    }
  }

  #onFrame(bytes: Uint8Array): void {
    const frame = decode(FrameType, bytes, 'frame');
    if (frame.sequence === 0 && frame.messages.length > 0)
      throw new RangeError('a frame with messages has a sequence number');
    this.#lastHeardMs = this.#deps.clock.monotonicMs();
    this.#receivedSequence = Math.max(this.#receivedSequence, frame.sequence);
    this.#acknowledgedByPeer = Math.max(
      this.#acknowledgedByPeer,
      Math.min(frame.acknowledged, this.#sentSequence),
    );
    for (const message of frame.messages) {
      const done = this.#deps.gate.enter(message.content.length);
      void this.#deps.onMessage(message).finally(done);
    }
    this.#acknowledgeLater();
  }

  /** Close to the allowed delay, so that a block's next vote carries the acknowledgement for nothing. */
  #acknowledgeLater(): void {
    const isOwed = this.#receivedSequence !== this.#acknowledgedToPeer || this.#deps.gate.isPaused;
    if (this.#acknowledgeTimer !== undefined || !isOwed) return;
    this.#acknowledgeTimer = setTimeout(() => {
      this.#acknowledgeTimer = undefined;
      if (this.#outbound === undefined || this.#closed) return;
      this.#send(this.#outbound, 0, []);
      this.#acknowledgeLater(); // a peer that is held back must keep hearing that this node is alive
    }, ACKNOWLEDGE_AFTER_MS);
  }

  #noteSent(): void {
    const nowMs = this.#deps.clock.monotonicMs();
    if (this.#acknowledgedByPeer === this.#sentSequence) this.#unacknowledgedSinceMs = nowMs;
    this.#sentSequence++;
    if (this.#silenceTimer === undefined) this.#armSilenceTimer(this.#deps.maxSilenceMs);
  }

  #armSilenceTimer(delayMs: number): void {
    const dueMs = this.#deps.clock.monotonicMs() + delayMs;
    this.#silenceTimer = setTimeout(() => this.#onSilenceTimer(dueMs), delayMs);
  }

  #onSilenceTimer(dueMs: number): void {
    this.#silenceTimer = undefined;
    if (this.#closed || this.#acknowledgedByPeer === this.#sentSequence) return;
    const nowMs = this.#deps.clock.monotonicMs();
    const quietSinceMs = Math.max(this.#unacknowledgedSinceMs, this.#lastHeardMs);
    const remainingMs = quietSinceMs + this.#deps.maxSilenceMs - nowMs;
    const wasAsleep = nowMs - dueMs > TOLERATED_LATENESS_MS; // what came meanwhile has not been read yet
    if (remainingMs > 0) this.#armSilenceTimer(remainingMs);
    else if (wasAsleep || this.#deps.gate.isPaused) this.#armSilenceTimer(GRACE_MS);
    else this.#die('PUSH_SILENCE', `nothing heard for ${nowMs - quietSinceMs} ms after a frame`);
  }

  #die(code: DisconnectCode, message: string): void {
    if (this.#closed) return;
    this.close();
    this.#deps.onDead(code, message);
  }

  #abortStream(stream: Stream | undefined): void {
    if (stream?.status === 'open') stream.abort(new Error('push link closed'));
  }
}
