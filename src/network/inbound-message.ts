import type { Topic } from '../types/network.ts';
import type { Address } from '../types/ssz-bytes.ts';

/**
 * `accept`: valid and worth passing on, even when its content was known before. `ignore`: stale, not yet checkable,
 * not for this node. `reject`: provably bad, its sender is blamed.
 */
export type Verdict = 'accept' | 'ignore' | 'reject';

/** `push`: a direct stream (the observers' relay streams too). `relay`: gossipsub. */
export type Carrier = 'push' | 'relay';

export interface InboundMessage {
  readonly topic: Topic;
  /** Owned by the receiver: nothing else writes to it. */
  readonly bytes: Uint8Array;
  /** Peer id of the neighbour that handed the message over, not of its author. */
  readonly from: string;
  /** The validator of the current or next set for which that neighbour speaks. */
  readonly validator: Address | undefined;
  readonly carrier: Carrier;
  /** Wall clock. */
  readonly receivedAtMs: number;
}

export type MessageHandler = (message: InboundMessage) => Promise<Verdict>;
