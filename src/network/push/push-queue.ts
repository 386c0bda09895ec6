import type { Topic, WireMessage } from '../../types/network.ts';
import { LIMITS } from '../../util/limits.ts';

/** What is given up first when a peer does not keep up: bytes that it can fetch before what nobody sends again. */
const DROP_ORDER: readonly Topic[] = [
  'tx',
  'handover',
  'section',
  'block',
  'certificate',
  'evidence',
  'proposal',
  'vote',
];

/** SSZ offset and fixed part of one message inside a frame. */
const MESSAGE_OVERHEAD = 16;

/** Messages that wait for one peer, in order, bounded in bytes. */
export class PushQueue {
  readonly #maxBytes: number;
  #messages: WireMessage[] = [];
  #bytes = 0;

  constructor(maxBytes: number = LIMITS.maxPushQueueBytesPerPeer) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get isEmpty(): boolean {
    return this.#messages.length === 0;
  }

  /** Appends, and returns what had to be dropped for it: the oldest of the topic that is needed least. */
  add(message: WireMessage): WireMessage[] {
    this.#messages.push(message);
    this.#bytes += message.content.length + MESSAGE_OVERHEAD;
    const dropped: WireMessage[] = [];
    while (this.#bytes > this.#maxBytes) dropped.push(this.#dropOne());
    return dropped;
  }

  /** Removes as many messages from the front as one frame may hold, at least one. */
  takeFrame(): WireMessage[] {
    let bytes = 0;
    let count = 0;
    for (const message of this.#messages) {
      const size = message.content.length + MESSAGE_OVERHEAD;
      if (count > 0 && (bytes + size > LIMITS.maxWireMessageBytes || count >= LIMITS.maxMessagesPerFrame))
        break;
      bytes += size;
      count++;
    }
    this.#bytes -= bytes;
    return this.#messages.splice(0, count);
  }

  #dropOne(): WireMessage {
    let index = 0;
    for (const topic of DROP_ORDER) {
      index = this.#messages.findIndex((message) => message.topic === topic);
      if (index >= 0) break;
    }
    const [dropped] = this.#messages.splice(index, 1) as [WireMessage];
    this.#bytes -= dropped.content.length + MESSAGE_OVERHEAD;
    return dropped;
  }
}
