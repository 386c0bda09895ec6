/**
 * The random beacon: every block mixes the VRF output of its proposer into the value before it. A proposer cannot
 * choose its output, only withhold the block, and nobody knows the next value before the block is there.
 */
import { concatBytes, fromHex } from '../util/bytes.ts';
import { hashOf } from './hash.ts';

/** The beacon before the first block (hex, as all values here). */
export function initialBeacon(genesisHash: string): string {
  return hashOf('beacon', fromHex(genesisHash));
}

/** What the proposer of `height` proves with its VRF key: genesis hash ‖ u64 height, little-endian ‖ previous beacon. */
export function beaconAlpha(genesisHash: string, height: number, previousBeacon: string): Uint8Array {
  const heightBytes = new Uint8Array(8);
  new DataView(heightBytes.buffer).setBigUint64(0, BigInt(height), true);
  return concatBytes(fromHex(genesisHash), heightBytes, fromHex(previousBeacon));
}

/** The beacon of a block whose proposer's VRF gave `vrfOutput` (64 bytes). */
export function nextBeacon(previous: string, vrfOutput: Uint8Array): string {
  return hashOf('beacon', concatBytes(fromHex(previous), vrfOutput));
}
