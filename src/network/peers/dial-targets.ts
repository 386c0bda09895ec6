import type { PeerRecord } from '../../types/network.ts';
import { LIMITS } from '../../util/limits.ts';
import type { DialTarget } from './dialer.ts';
import type { PeerBook } from './peer-book.ts';
import { bindingOf, peerIdOf } from './peer-record.ts';
import type { PeerTable } from './peer-table.ts';

/** How long an observer tries the same validators before it turns to others. */
const OBSERVER_WINDOW_MS = 15_000;

export interface DialTargetsDeps {
  readonly bootnodes: readonly string[];
  readonly book: PeerBook;
  readonly peers: PeerTable;
  readonly ownRecord: () => PeerRecord;
  readonly isValidator: () => boolean;
  readonly isReportedConnected: (peerId: string) => boolean;
  readonly isAllowed: (peerId: string) => boolean;
  readonly monotonicMs: () => number;
}

/**
 * Whom this node should be connected with and is not: boot nodes; for a validator all others, for an observer enough
 * validators to relay; and a live peer that claims the own validator key, so that both can see each other.
 */
export function missingTargets(deps: DialTargetsDeps): DialTarget[] {
  const { peers, isAllowed } = deps;
  const own = deps.ownRecord();
  const targets = new Map<string, DialTarget>();
  for (const address of deps.bootnodes) {
    const peerId = peerIdOf(address);
    if (peerId !== undefined && !isAllowed(peerId)) continue;
    const key = peerId ?? address;
    const isThere =
      peers.get(key) !== undefined || peers.all.some((peer) => isAt(peer.connection.remoteAddr, address));
    if (!isThere && key !== own.body.peerId)
      targets.set(key, { key, addresses: [address], isPatient: false });
  }
  for (const record of [...missingValidators(deps, own), ...rivals(deps, own)]) {
    const { peerId } = record.body;
    if (peerId === own.body.peerId || peers.get(peerId) !== undefined || !isAllowed(peerId)) continue;
    const addresses = dialableAddresses(record);
    if (addresses.length > 0 && !targets.has(peerId))
      targets.set(peerId, { key: peerId, addresses, isPatient: own.body.peerId > peerId });
  }
  return [...targets.values()];
}

function missingValidators(deps: DialTargetsDeps, own: PeerRecord): PeerRecord[] {
  const { book, peers } = deps;
  const self = book.validatorOf(own);
  const missing = book.validators.filter((id) => id !== self && peers.ofValidator(id).length === 0);
  const records = missing.flatMap((id) => book.recordsOf(id).slice(0, 1));
  if (deps.isValidator()) return records;
  const wanted = LIMITS.maxRelaysPerObserver - (book.validators.length - missing.length);
  const offset = Math.floor(deps.monotonicMs() / OBSERVER_WINDOW_MS) * LIMITS.maxRelaysPerObserver;
  const start = records.length === 0 ? 0 : offset % records.length;
  return [...records.slice(start), ...records.slice(0, start)].slice(0, Math.max(wanted, 0));
}

function rivals(deps: DialTargetsDeps, own: PeerRecord): PeerRecord[] {
  const key = bindingOf(own)?.validatorKey;
  if (key === undefined) return [];
  return deps.book.recordsOfKey(key).filter(({ body }) => deps.isReportedConnected(body.peerId));
}

/** The announced addresses, each with the peer id that must answer there. */
function dialableAddresses({ body }: PeerRecord): string[] {
  return body.addresses
    .map((address) => (peerIdOf(address) === undefined ? `${address}/p2p/${body.peerId}` : address))
    .filter((address) => peerIdOf(address) === body.peerId);
}

/** Whether a connection leads to a boot node that was given without its peer id. */
function isAt(remote: { toString(): string }, address: string): boolean {
  return remote.toString() === address || remote.toString().startsWith(`${address}/`);
}
