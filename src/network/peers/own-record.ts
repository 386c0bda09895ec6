import { type KeyPair, keyPairFromSeed } from '../../crypto/ed25519.ts';
import type { PeerRecord, PeerRole } from '../../types/network.ts';
import type { Hash } from '../../types/ssz-bytes.ts';
import type { Clock } from '../../util/clock.ts';
import type { ValidatorIdentity } from '../contract.ts';
import { signPeerRecord } from './peer-record.ts';

/** How long addresses are used again: libp2p puts them together anew for everyone who asks. */
const ADDRESSES_AGE_MS = 1000;

/**
 * This node's own signed record. Signed anew, with a higher sequence, when its addresses or its validator key change;
 * sequences are wall-clock milliseconds, so that they grow over restarts too.
 */
export class OwnRecord {
  readonly #genesisHash: Hash;
  readonly #nodeKey: KeyPair;
  readonly #own: { readonly peerId: string; readonly role: PeerRole };
  readonly #addresses: () => string[];
  readonly #clock: Clock;
  #identity: ValidatorIdentity | undefined;
  #sequence = 0;
  #signed: { readonly record: PeerRecord; readonly addresses: string } | undefined;
  #checkedMs = Number.NEGATIVE_INFINITY;

  constructor(init: {
    genesisHash: Hash;
    nodeKeySeed: Uint8Array;
    peerId: string;
    role: PeerRole;
    identity: ValidatorIdentity | undefined;
    addresses: () => string[];
    clock: Clock;
  }) {
    this.#genesisHash = init.genesisHash;
    this.#nodeKey = keyPairFromSeed(init.nodeKeySeed);
    this.#own = { peerId: init.peerId, role: init.role };
    this.#identity = init.identity;
    this.#addresses = init.addresses;
    this.#clock = init.clock;
  }

  get identity(): ValidatorIdentity | undefined {
    return this.#identity;
  }

  set identity(identity: ValidatorIdentity | undefined) {
    this.#identity = identity;
    this.#signed = undefined;
  }

  get record(): PeerRecord {
    const nowMs = this.#clock.monotonicMs();
    if (this.#signed !== undefined && nowMs - this.#checkedMs < ADDRESSES_AGE_MS) return this.#signed.record;
    const addresses = this.#addresses();
    // Before it listens a node has none, and is asked again.
    if (addresses.length > 0) this.#checkedMs = nowMs;
    const key = addresses.join(' ');
    if (this.#signed?.addresses !== key) {
      this.#sequence = Math.max(this.#sequence + 1, this.#clock.wallMs());
      const own = { ...this.#own, addresses, sequence: this.#sequence };
      const record = signPeerRecord(this.#genesisHash, this.#nodeKey, this.#identity, own);
      this.#signed = { record, addresses: key };
    }
    return (this.#signed as { record: PeerRecord }).record;
  }
}
