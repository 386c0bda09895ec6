import type { PeerRecord } from '../../types/network.ts';
import type { Address } from '../../types/ssz-bytes.ts';
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
  /** As in NetworkOptions. */
  readonly speakNext: () => readonly Address[];
  readonly isReportedConnected: (peerId: string) => boolean;
  /** Whether a peer, or a boot node without peer id, may be dialed; `key` as in DialTarget. */
  readonly isWanted: (key: string) => boolean;
  readonly monotonicMs: () => number;
}

/**
 * Whom this node should be connected with and is not: boot nodes; for a validator all others, for an observer enough
 * validators to relay; and a live peer that claims the own validator key, so that both can see each other.
 */
export function missingTargets(deps: DialTargetsDeps): DialTarget[] {
  const { peers, isWanted } = deps;
  const own = deps.ownRecord();
  const targets = new Map<string, DialTarget>();
  const urgent = urgentlyMissing(deps);
  const isReserve = urgent > 0;
  const speakNext = new Set(speakNextOf(deps));
  const isThere = (address: string) =>
    peers.get(peerIdOf(address) ?? address) !== undefined ||
    peers.all.some((peer) => isAt(peer.connection.remoteAddr, address));
  let urgents = 0;
  // Each of many validators that start at once needs one boot node; the other ones stand in for it.
  let needed = urgent === Number.POSITIVE_INFINITY ? urgent : deps.bootnodes.some(isThere) ? 0 : 1;
  for (const address of deps.bootnodes) {
    const key = peerIdOf(address) ?? address;
    if (!isWanted(key) || isThere(address) || key === own.body.peerId) continue;
    const isUrgent = needed > 0 || isOneOf(speakNext, deps.book, key);
    if (isUrgent) urgents++;
    needed--;
    targets.set(key, { key, addresses: [address], isPatient: false, isUrgent, isReserve });
  }
  for (const record of [...missingValidators(deps, own), ...rivals(deps, own)]) {
    const { peerId } = record.body;
    if (peerId === own.body.peerId || peers.get(peerId) !== undefined || !isWanted(peerId)) continue;
    const addresses = dialableAddresses(record);
    const speaksNext = isOneOf(speakNext, deps.book, peerId);
    if (addresses.length === 0 || targets.has(peerId)) continue;
    const isUrgent = speaksNext || urgents < urgent;
    if (isUrgent) urgents++;
    const isPatient = own.body.peerId > peerId && !speaksNext;
    targets.set(peerId, { key: peerId, addresses, isPatient, isUrgent, isReserve });
  }
  return [...targets.values()];
}

/**
 * How many more validators this node needs around it before the next one can wait. In a small set, where all talk to
 * all, none can.
 */
function urgentlyMissing({ book, peers, isValidator }: DialTargetsDeps): number {
  if (!isValidator() || book.validators.length <= LIMITS.maxDirectValidators) return Number.POSITIVE_INFINITY;
  return LIMITS.urgentValidatorPeers - peers.connectedValidators.size;
}

/** Whether a peer is known to speak for one of these validators. */
function isOneOf(validators: ReadonlySet<Address>, book: PeerBook, peerId: string): boolean {
  const record = book.get(peerId);
  const validator = record && book.validatorOf(record);
  return validator !== undefined && validators.has(validator);
}

/** In a small set nobody comes first; in a large one who proposes next does, because all is said to it and by it. */
function speakNextOf({ book, speakNext, isValidator }: DialTargetsDeps): readonly Address[] {
  return isValidator() && book.validators.length > LIMITS.maxDirectValidators ? speakNext() : [];
}

function missingValidators(deps: DialTargetsDeps, own: PeerRecord): PeerRecord[] {
  const { book, peers } = deps;
  const self = book.validatorOf(own);
  // Then everyone begins with those after itself: the first few connections spread evenly over the set.
  const place = self === undefined ? 0 : book.validators.indexOf(self) + 1;
  const inTurn = [
    ...new Set([...speakNextOf(deps), ...book.validators.slice(place), ...book.validators.slice(0, place)]),
  ];
  const connected = peers.connectedValidators;
  const missing = inTurn.filter((id) => id !== self && !connected.has(id));
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
export function isAt(remote: { toString(): string }, address: string): boolean {
  return remote.toString() === address || remote.toString().startsWith(`${address}/`);
}
