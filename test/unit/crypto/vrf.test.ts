import assert from 'node:assert/strict';
import { vrfKeyPairFromSeed, vrfProofToHash, vrfVerify } from '../../../src/crypto/vrf.ts';
import { fromHex, toHex, utf8 } from '../../../src/util/bytes.ts';

/** RFC 9381 appendix B.3, examples 16 to 18. */
const VECTORS = [
  {
    seed: '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    publicKey: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    alpha: '',
    proof:
      '8657106690b5526245a92b003bb079ccd1a92130477671f6fc01ad16f26f723f26f8a57ccaed74ee1b190bed1f479d97' +
      '27d2d0f9b005a6e456a35d4fb0daab1268a1b0db10836d9826a528ca76567805',
    output:
      '90cf1df3b703cce59e2a35b925d411164068269d7b2d29f3301c03dd757876ff' +
      '66b71dda49d2de59d03450451af026798e8f81cd2e333de5cdf4f3e140fdd8ae',
  },
  {
    seed: '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    publicKey: '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    alpha: '72',
    proof:
      'f3141cd382dc42909d19ec5110469e4feae18300e94f304590abdced48aed5933bf0864a62558b3ed7f2fea45c92a465' +
      '301b3bbf5e3e54ddf2d935be3b67926da3ef39226bbc355bdc9850112c8f4b02',
    output:
      'eb4440665d3891d668e7e0fcaf587f1b4bd7fbfe99d0eb2211ccec90496310eb' +
      '5e33821bc613efb94db5e5b54c70a848a0bef4553a41befc57663b56373a5031',
  },
  {
    seed: 'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
    publicKey: 'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    alpha: 'af82',
    proof:
      '9bc0f79119cc5604bf02d23b4caede71393cedfbb191434dd016d30177ccbf8096bb474e53895c362d8628ee9f9ea3c0' +
      'e52c7a5c691b6c18c9979866568add7a2d41b00b05081ed0f58ee5e31b3a970e',
    output:
      '645427e5d00c62a23fb703732fa5d892940935942101e456ecca7bb217c61c45' +
      '2118fec1219202a0edcf038bb6373241578be7217ba85a2687f7a0310b2df19f',
  },
] as const;

const L = 2n ** 252n + 27742317777372353535851937790883648493n;

describe('ECVRF-EDWARDS25519-SHA512-TAI', () => {
  for (const [i, vector] of VECTORS.entries())
    it(`proves, verifies and hashes example ${16 + i} of RFC 9381`, () => {
      const keys = vrfKeyPairFromSeed(fromHex(vector.seed));
      const alpha = fromHex(vector.alpha);
      assert.equal(keys.publicKey, vector.publicKey);
      assert.equal(keys.prove(alpha), vector.proof);
      assert.equal(
        toHex(vrfVerify(vector.publicKey, alpha, vector.proof) ?? new Uint8Array()),
        vector.output,
      );
      assert.equal(toHex(vrfProofToHash(vector.proof) ?? new Uint8Array()), vector.output);
    });

  it('refuses another input, another key and a proof with one flipped bit in each of its parts', () => {
    const { publicKey, proof } = VECTORS[1];
    assert.equal(vrfVerify(publicKey, utf8('s'), proof), undefined);
    assert.equal(vrfVerify(VECTORS[0].publicKey, fromHex('72'), proof), undefined);
    for (const byte of [0, 33, 50]) {
      const flipped = fromHex(proof);
      flipped[byte] = (flipped[byte] as number) ^ 1;
      assert.equal(vrfVerify(publicKey, fromHex('72'), toHex(flipped)), undefined, `byte ${byte}`);
    }
  });

  it('refuses s + L, which the equation alone would accept', () => {
    const { publicKey, proof } = VECTORS[1];
    const s = BigInt(`0x${toHex(fromHex(proof).slice(48).reverse())}`) + L;
    const malleated = proof.slice(0, 96) + toHex(fromHex(s.toString(16).padStart(64, '0')).reverse());
    assert.equal(vrfVerify(publicKey, fromHex('72'), malleated), undefined);
    assert.equal(vrfProofToHash(malleated), undefined);
  });

  it('refuses keys of small order and malformed keys and proofs without throwing', () => {
    const { publicKey, proof } = VECTORS[0];
    const identity = `01${'00'.repeat(31)}`;
    assert.equal(vrfVerify(identity, new Uint8Array(), proof), undefined);
    assert.equal(vrfVerify('zz', new Uint8Array(), proof), undefined);
    for (const malformed of ['', 'zz', proof.slice(2), `${proof}00`, 'ff'.repeat(80), proof.toUpperCase()])
      assert.equal(vrfVerify(publicKey, new Uint8Array(), malformed), undefined, malformed);
  });
});
