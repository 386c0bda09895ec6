import { type ConsensusMessage, NOT_PREPARED } from '../types/consensus-message.ts';
import type { Address } from '../types/ssz-bytes.ts';
import type { ValidatorSet } from '../types/validator.ts';
import { LIMITS } from '../util/limits.ts';
import type { DropReason } from './contract.ts';
import { fieldsOf } from './message-fields.ts';

interface BufferedMessage {
  readonly message: ConsensusMessage;
  readonly bytes: number;
  /** The set whose keys the host used; V of the message's height may turn out to be another one. */
  readonly verifiedUnder: ValidatorSet;
}

/** Heights above the present one whose messages are kept. */
const BUFFERED_HEIGHTS = 2;

/**
 * Messages for the next two heights: one slot per height, validator and kind, in which a higher round replaces a
 * lower one, and an equal share of the byte budget per validator, so that nobody can evict another's messages.
 */
export class FutureMessages {
  readonly #heights = new Map<number, Map<string, BufferedMessage>>();

  /** Keeps a message that `next`, V(current + 1), vouches for. Returns why not, if not. */
  add(
    message: ConsensusMessage,
    bytes: number,
    currentHeight: number,
    next: ValidatorSet,
  ): DropReason | undefined {
    const { height, round, signer } = fieldsOf(message);
    if (height > currentHeight + BUFFERED_HEIGHTS) return 'FUTURE_HEIGHT';
    if (signer === undefined) return 'FUTURE_HEIGHT';
    if (!next.has(signer)) return 'NOT_VALIDATOR';
    const slots = this.#heights.get(height) ?? new Map<string, BufferedMessage>();
    const key = `${signer} ${message.kind}`;
    const known = slots.get(key);
    if (known !== undefined && fieldsOf(known.message).round >= round) return 'DUPLICATE';
    const share = Math.floor(LIMITS.maxBufferedBytesPerHeight / next.size);
    if (bytesOf(slots, signer) - (known?.bytes ?? 0) + bytes > share) return 'BUFFER_FULL';
    // Delete first: a replaced message moves to the end, so that messages are replayed in the order of arrival.
    slots.delete(key);
    slots.set(key, { message, bytes, verifiedUnder: next });
    this.#heights.set(height, slots);
    return undefined;
  }

  /**
   * Moves on to `height`: returns its messages in the order of arrival and forgets everything below and everything
   * that the now known sets V(height) and V(height + 1) no longer cover.
   */
  take(height: number, validators: ValidatorSet, next: ValidatorSet): ConsensusMessage[] {
    for (const known of this.#heights.keys()) if (known < height) this.#heights.delete(known);
    const taken = [...(this.#heights.get(height)?.values() ?? [])].filter((entry) =>
      isCovered(entry, validators),
    );
    this.#heights.delete(height);
    const later = this.#heights.get(height + 1);
    for (const [key, entry] of later ?? []) {
      if (isCovered(entry, next)) later?.set(key, { ...entry, verifiedUnder: next });
      else later?.delete(key);
    }
    return taken.map((entry) => entry.message);
  }
}

function bytesOf(slots: ReadonlyMap<string, BufferedMessage>, signer: Address): number {
  let total = 0;
  for (const entry of slots.values()) if (fieldsOf(entry.message).signer === signer) total += entry.bytes;
  return total;
}

/**
 * Whether a check under an earlier set still holds under `validators`. Under another set only a single signature
 * with an unchanged key does; certificates inside a message are left to re-sending.
 */
function isCovered({ message, verifiedUnder }: BufferedMessage, validators: ValidatorSet): boolean {
  if (verifiedUnder.hash === validators.hash) return true;
  const signer = fieldsOf(message).signer as Address;
  const key = validators.get(signer)?.consensusKey;
  if (key === undefined || key !== verifiedUnder.get(signer)?.consensusKey) return false;
  if (message.kind === 'proposal') return message.roundChanges.length === 0 && message.prepares.length === 0;
  if (message.kind === 'round-change') return message.roundChange.body.preparedRound === NOT_PREPARED;
  return true;
}
