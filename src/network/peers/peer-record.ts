import { peerIdFromString } from '@libp2p/peer-id';
import { multiaddr } from '@multiformats/multiaddr';
import { type KeyPair, verifySignature } from '../../crypto/ed25519.ts';
import {
  type PeerBinding,
  type PeerBindingBody,
  type PeerRecord,
  type PeerRecordBody,
  type PeerRole,
  peerBindingSigningBytes,
  peerRecordSigningBytes,
} from '../../types/network.ts';
import type { Hash } from '../../types/ssz-bytes.ts';
import { toHex } from '../../util/bytes.ts';
import { LIMITS } from '../../util/limits.ts';
import { LruCache } from '../../util/lru-cache.ts';
import type { ValidatorIdentity } from '../contract.ts';
import { networkError } from '../errors.ts';

/** Signs the own record; `sequence` must grow from one record of a node to the next, restarts included. */
export function signPeerRecord(
  genesisHash: Hash,
  nodeKey: KeyPair,
  identity: ValidatorIdentity | undefined,
  own: { peerId: string; role: PeerRole; addresses: readonly string[]; sequence: number },
): PeerRecord {
  const bindings: PeerBinding[] = [];
  if (identity !== undefined) {
    const { id: validator, keyPair } = identity;
    const { peerId, sequence } = own;
    const binding: PeerBindingBody = { validator, validatorKey: keyPair.publicKey, peerId, sequence };
    const signature = keyPair.sign(peerBindingSigningBytes(genesisHash, binding));
    bindings.push({ body: binding, signature });
  }
  const fitting = own.addresses.filter((address) => address.length <= LIMITS.maxMultiaddrBytes);
  const body: PeerRecordBody = { ...own, addresses: fitting.slice(0, LIMITS.maxAddressesPerPeer), bindings };
  return { body, signature: nodeKey.sign(peerRecordSigningBytes(genesisHash, body)) };
}

/**
 * Checks both signatures and the addresses of a record that anyone may have passed on.
 * @throws NetworkError BAD_PEER_RECORD
 */
export function verifyPeerRecord(genesisHash: Hash, record: PeerRecord): void {
  const { body, signature } = record;
  const nodeKey = publicKeyOf(body.peerId);
  if (nodeKey === undefined) throw badRecord('its peer id holds no Ed25519 key', body);
  if (!verifySignature(nodeKey, peerRecordSigningBytes(genesisHash, body), signature))
    throw badRecord('its signature is not of its node key', body);
  if (!body.addresses.every(isDialable)) throw badRecord('an address is not ip or dns with tcp', body);
  for (const binding of body.bindings) {
    if (binding.body.peerId !== body.peerId) throw badRecord('its binding is for another peer', body);
    const bytes = peerBindingSigningBytes(genesisHash, binding.body);
    if (!verifySignature(binding.body.validatorKey, bytes, binding.signature))
      throw badRecord('its binding is not signed by the validator key', body);
  }
}

/** The claim of a record to speak for a validator, if it makes one. */
export function bindingOf(record: PeerRecord): PeerBindingBody | undefined {
  return record.body.bindings[0]?.body;
}

function badRecord(why: string, { peerId }: PeerRecordBody) {
  return networkError('BAD_PEER_RECORD', `peer record refused: ${why}`, { data: { peerId, why } });
}

/** The key that a peer id holds, undefined for text that names no Ed25519 key. */
export function publicKeyOf(peerId: string): string | undefined {
  try {
    const key = peerIdFromString(peerId).publicKey;
    return key?.type === 'Ed25519' ? toHex(key.raw) : undefined;
  } catch {
    return undefined;
  }
}

/** Whether the address names a TCP endpoint, and nothing that needs another transport or a relay. */
export function isDialable(address: string): boolean {
  try {
    const [host, transport, peer, ...rest] = multiaddr(address).getComponents();
    return (
      host !== undefined &&
      ['ip4', 'ip6', 'dns', 'dns4', 'dns6'].includes(host.name) &&
      transport?.name === 'tcp' &&
      (peer === undefined || peer.name === 'p2p') &&
      rest.length === 0
    );
  } catch {
    return false;
  }
}

/** The TCP port of a multiaddr; undefined if it names none. */
export function portOf(address: string): number | undefined {
  const port = componentOf(address, 'tcp');
  return port === undefined ? undefined : Number(port);
}

/** By address, also for what is none. Whoever looks for peers asks again and again, and parsing is most of the work. */
const peerIds = new LruCache<string, { readonly peerId: string | undefined }>(LIMITS.maxKnownPeers);

/** The peer id at the end of a multiaddr. */
export function peerIdOf(address: string): string | undefined {
  let known = peerIds.get(address);
  if (known === undefined) {
    known = { peerId: componentOf(address, 'p2p') };
    peerIds.set(address, known);
  }
  return known.peerId;
}

function componentOf(address: string, protocol: string): string | undefined {
  try {
    return multiaddr(address)
      .getComponents()
      .find(({ name }) => name === protocol)?.value;
  } catch {
    return undefined;
  }
}
