import { LIMITS } from '../../util/limits.ts';
import { LruCache } from '../../util/lru-cache.ts';
import { isAt } from './dial-targets.ts';
import { peerIdOf } from './peer-record.ts';

/**
 * Peers that were removed by hand: this node does not dial them again, until somebody has it do so or it restarts.
 * Whether they come by themselves is their affair.
 */
export class RemovedPeers {
  readonly #bootnodes: readonly string[];
  /** Peer ids, and boot nodes that were given without one. */
  readonly #keys = new LruCache<string, true>(LIMITS.maxKnownPeers);

  constructor(bootnodes: readonly string[]) {
    this.#bootnodes = bootnodes;
  }

  has(key: string): boolean {
    return this.#keys.get(key) === true;
  }

  /** `remote`: where the peer was connected, if it was. */
  add(peerId: string, remote: { toString(): string } | undefined): void {
    this.#keys.set(peerId, true);
    for (const address of this.#bootnodes)
      if (remote !== undefined && peerIdOf(address) === undefined && isAt(remote, address))
        this.#keys.set(address, true);
  }

  /** The peer id or address is wanted again. */
  delete(key: string): void {
    this.#keys.delete(key);
  }
}
