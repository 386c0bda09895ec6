import { isAcceptableKey, verifySignature } from '../../crypto/ed25519.ts';
import { vrfVerify } from '../../crypto/vrf.ts';
import {
  type KeyRotate,
  keyClaimBytes,
  keyRotationBytes,
  type ValJoin,
} from '../../types/operations/bpci.ts';
import type { OperationContext, StateReader } from '../seam.ts';
import { failure } from './failure.ts';
import { areKeysFree } from './membership.ts';

/** New keys are canonical, of prime order, two different ones, and bound to nobody else. */
function assertKeysUsable(
  own: StateReader,
  id: string,
  keys: { consensusKey: string; vrfKey: string },
): void {
  if (keys.consensusKey === keys.vrfKey) throw failure('WEAK_KEY', 'one key for signatures and VRF');
  if (!isAcceptableKey(keys.consensusKey)) throw failure('WEAK_KEY', 'the consensus key is not acceptable');
  if (!isAcceptableKey(keys.vrfKey)) throw failure('WEAK_KEY', 'the VRF key is not acceptable');
  if (!areKeysFree(own, id, keys))
    throw failure('KEY_IN_USE', 'another account has registered one of the keys');
}

function claimOf(context: OperationContext, keys: { consensusKey: string; vrfKey: string }): Uint8Array {
  return keyClaimBytes(context.genesisHash, {
    validator: context.sender,
    consensusKey: keys.consensusKey,
    vrfKey: keys.vrfKey,
  });
}

/** The sender of a ValJoin holds both keys, and nobody else may claim them. */
export function assertJoinKeys(join: ValJoin, context: OperationContext): void {
  assertKeysUsable(context.own, context.sender, join);
  const claim = claimOf(context, join);
  if (!verifySignature(join.consensusKey, claim, join.consensusProof))
    throw failure('POSSESSION_NOT_PROVED', 'the consensus key did not sign the claim');
  if (vrfVerify(join.vrfKey, claim, join.vrfProof) === undefined)
    throw failure('POSSESSION_NOT_PROVED', 'the proof of the VRF key is wrong');
}

/** The same for a KeyRotate, to which the old and the new consensus key agree. */
export function assertRotationKeys(
  rotate: KeyRotate,
  oldConsensusKey: string,
  context: OperationContext,
): void {
  assertKeysUsable(context.own, context.sender, rotate);
  const rotation = keyRotationBytes(context.genesisHash, {
    validator: context.sender,
    nonce: context.nonce,
    consensusKey: rotate.consensusKey,
    vrfKey: rotate.vrfKey,
  });
  if (!verifySignature(oldConsensusKey, rotation, rotate.oldSignature))
    throw failure('ROTATION_SIGNATURE_WRONG', 'the old consensus key did not sign the rotation');
  if (!verifySignature(rotate.consensusKey, rotation, rotate.newSignature))
    throw failure('ROTATION_SIGNATURE_WRONG', 'the new consensus key did not sign the rotation');
  if (vrfVerify(rotate.vrfKey, claimOf(context, rotate), rotate.vrfProof) === undefined)
    throw failure('POSSESSION_NOT_PROVED', 'the proof of the VRF key is wrong');
}
