import type { KeyPair } from '../crypto/ed25519.ts';
import type { VrfKeyPair } from '../crypto/vrf.ts';
import { type KeyRotate, keyClaimBytes, keyRotationBytes, type ValJoin } from '../types/operations/bpci.ts';
import {
  type MessageHeader,
  type NodeMsg,
  nodeMessageSigningBytes,
} from '../types/operations/bpci-records.ts';
import type { Address, Hash } from '../types/ssz-bytes.ts';

/** The operations of the bpci ledger that are signed by other keys than the sender's. */

/** The keys of a validator: it signs votes with one and proves the beacon with the other. */
export interface ValidatorKeys {
  readonly consensus: KeyPair;
  readonly vrf: VrfKeyPair;
}

function claimKeys(genesisHash: Hash, validator: Address, { consensus, vrf }: ValidatorKeys) {
  const keys = { consensusKey: consensus.publicKey, vrfKey: vrf.publicKey };
  return { keys, claim: keyClaimBytes(genesisHash, { validator, ...keys }) };
}

/** `validator` is the account that will send it. */
export function signValJoin(
  genesisHash: Hash,
  validator: Address,
  held: ValidatorKeys,
  bondRef: Hash,
): ValJoin {
  const { keys, claim } = claimKeys(genesisHash, validator, held);
  const proofs = { consensusProof: held.consensus.sign(claim), vrfProof: held.vrf.prove(claim) };
  return { ...keys, bondRef, ...proofs };
}

/** `nonce` is that of the transaction; the old consensus key agrees as well. */
export function signKeyRotate(
  genesisHash: Hash,
  { validator, nonce }: { validator: Address; nonce: bigint },
  old: KeyPair,
  next: ValidatorKeys,
): KeyRotate {
  const { keys, claim } = claimKeys(genesisHash, validator, next);
  const rotation = keyRotationBytes(genesisHash, { validator, nonce, ...keys });
  return {
    ...keys,
    oldSignature: old.sign(rotation),
    newSignature: next.consensus.sign(rotation),
    vrfProof: next.vrf.prove(claim),
  };
}

/** A record of a frame that `source` sent; anyone may carry it. */
export function signNodeMessage(
  genesisHash: Hash,
  source: KeyPair,
  message: Omit<MessageHeader, 'source'>,
): NodeMsg {
  const header = { ...message, source: source.publicKey };
  return { ...header, signature: source.sign(nodeMessageSigningBytes(genesisHash, header)) };
}
