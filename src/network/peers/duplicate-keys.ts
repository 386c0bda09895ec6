import type { PeerRecord } from '../../types/network.ts';
import { LIMITS } from '../../util/limits.ts';
import { LruCache } from '../../util/lru-cache.ts';
import type { NetworkEvent } from '../contract.ts';
import { bindingSequence } from './peer-book.ts';
import { bindingOf } from './peer-record.ts';

type DuplicateEvent = Extract<NetworkEvent, { kind: 'duplicate-validator-key' }>;

/**
 * Finds two live peers behind one validator key. Only what this node sees itself counts: a peer that is connected
 * right now has proved its id and shows a binding signed by the key. Hearsay would let one liar silence a validator.
 */
export class DuplicateKeys {
  readonly #reported = new LruCache<string, true>(LIMITS.maxKnownPeers);

  /** `own` and `connected` are records of live peers; the answer is undefined when there is nothing new to say. */
  check(own: PeerRecord, newcomer: PeerRecord, connected: readonly PeerRecord[]): DuplicateEvent | undefined {
    const key = bindingOf(newcomer)?.validatorKey;
    if (key === undefined) return undefined;
    const other = [own, ...connected].find(
      (record) => bindingOf(record)?.validatorKey === key && record.body.peerId !== newcomer.body.peerId,
    );
    if (other === undefined) return undefined;
    const peers: readonly [string, string] = [other.body.peerId, newcomer.body.peerId];
    const pair = [...peers].sort().join(' ');
    if (this.#reported.get(pair)) return undefined;
    this.#reported.set(pair, true);
    const isSelf = other === own && isLater(own, newcomer);
    return { kind: 'duplicate-validator-key', validatorKey: key, peers, newcomer: isSelf ? 'self' : 'other' };
  }
}

/** Which of two holders of a key came later: the higher sequence, peer ids settle a tie. Both ends agree. */
function isLater(a: PeerRecord, b: PeerRecord): boolean {
  const difference = bindingSequence(a) - bindingSequence(b);
  return difference > 0 || (difference === 0 && a.body.peerId > b.body.peerId);
}
