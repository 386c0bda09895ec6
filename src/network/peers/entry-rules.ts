import type { Status } from '../../types/network.ts';
import type { NetworkOptions } from '../contract.ts';
import { type NetworkError, networkError } from '../errors.ts';
import { judgeStatus } from './handshake.ts';
import type { Isolation } from './isolation.ts';
import { verifyPeerRecord } from './peer-record.ts';
import type { PeerTable } from './peer-table.ts';

/** Who may be a peer of this node. */
export class EntryRules {
  readonly #options: NetworkOptions;
  readonly #peers: PeerTable;
  readonly #isolation: Isolation;

  constructor(options: NetworkOptions, peers: PeerTable, isolation: Isolation) {
    this.#options = options;
    this.#peers = peers;
    this.#isolation = isolation;
  }

  isAllowed(peerId: string): boolean {
    return this.refusal(peerId) === undefined;
  }

  /** Why there may be no connection with this peer, or undefined. */
  refusal(peerId: string): NetworkError | undefined {
    const { allowPeer, bans } = this.#options;
    if (bans?.has(peerId) === true)
      return networkError('PEER_BANNED', 'this node has banned the peer', { data: { peerId } });
    if (this.#isolation.has(peerId) || allowPeer?.(peerId) === false)
      return networkError('PEER_NOT_ALLOWED', 'the peer is not allowed', { data: { peerId } });
    return undefined;
  }

  /** Why a peer that says this of itself may not stay, or undefined. */
  judge(remote: Status, peerId: string): NetworkError | undefined {
    const mismatch = judgeStatus(this.#options, remote);
    if (mismatch !== undefined) return mismatch;
    if (remote.record.body.peerId !== peerId)
      return networkError('BAD_PEER_RECORD', 'the record is of another peer', { data: { peerId } });
    try {
      verifyPeerRecord(this.#options.genesisHash, remote.record);
    } catch (error) {
      return error as NetworkError;
    }
    const refusal = this.refusal(peerId);
    if (refusal !== undefined) return refusal;
    if (!this.#peers.hasSlotFor(remote.record))
      return networkError('TOO_MANY_PEERS', 'no slot is free', { data: { peers: this.#peers.size } });
    return undefined;
  }
}
