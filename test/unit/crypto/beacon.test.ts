import assert from 'node:assert/strict';
import { beaconAlpha, initialBeacon, nextBeacon } from '../../../src/crypto/beacon.ts';
import { hashOf } from '../../../src/crypto/hash.ts';
import { vrfKeyPairFromSeed, vrfVerify } from '../../../src/crypto/vrf.ts';
import { toHex } from '../../../src/util/bytes.ts';

const GENESIS = '11'.repeat(32);

describe('beacon', () => {
  it('starts from the genesis hash under its own hash domain', () => {
    assert.equal(initialBeacon(GENESIS), hashOf('beacon', new Uint8Array(32).fill(0x11)));
    assert.notEqual(initialBeacon(GENESIS), initialBeacon('12'.repeat(32)));
  });

  it('asks each height for a proof over the chain, the height and the previous value', () => {
    const alpha = beaconAlpha(GENESIS, 258, '22'.repeat(32));
    assert.equal(toHex(alpha), `${GENESIS}0201000000000000${'22'.repeat(32)}`);
  });

  it('advances by the verified output of the proposer, and only by it', () => {
    const keys = vrfKeyPairFromSeed(new Uint8Array(32).fill(7));
    const previous = initialBeacon(GENESIS);
    const alpha = beaconAlpha(GENESIS, 1, previous);
    const output = vrfVerify(keys.publicKey, alpha, keys.prove(alpha));
    assert.ok(output);
    const next = nextBeacon(previous, output);
    const other = vrfVerify(
      keys.publicKey,
      beaconAlpha(GENESIS, 2, previous),
      keys.prove(beaconAlpha(GENESIS, 2, previous)),
    );
    assert.ok(other);
    assert.notEqual(nextBeacon(previous, other), next);
    assert.notEqual(nextBeacon(next, output), next);
  });
});
