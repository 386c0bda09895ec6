import assert from 'node:assert/strict';
import { BitArray } from '@chainsafe/ssz';
import { keyPairFromSeed, verifySignature } from '../../../src/crypto/ed25519.ts';
import {
  type Certificate,
  type CertificateFault,
  CertificateType,
  certificateChecks,
  certificateHash,
  voteSigningBytes,
} from '../../../src/types/certificate.ts';
import { decode, encode } from '../../../src/types/ssz.ts';
import { ValidatorSet } from '../../../src/types/validator.ts';
import { fromHex } from '../../../src/util/bytes.ts';

const GENESIS = '33'.repeat(32);
const BLOCK = '44'.repeat(32);
const SIZE = 7;

const keyOf = (index: number) => keyPairFromSeed(new Uint8Array(32).fill(index + 1));
const validators = new ValidatorSet(
  Array.from({ length: SIZE }, (_, i) => ({
    id: `0${i}`.repeat(32),
    consensusKey: keyOf(i).publicKey,
    vrfKey: keyOf(100 + i).publicKey,
  })),
);
const EXPECTED = { height: 5, blockHash: BLOCK, genesisHash: GENESIS, validators };

/** A certificate of height 5, round 2 with the seals of these members of the set. */
function certificate(signers: readonly number[]): Certificate {
  const body = { height: 5, round: 2, blockHash: BLOCK };
  const bits = BitArray.fromBitLen(SIZE);
  for (const index of signers) bits.set(index, true);
  const bytes = voteSigningBytes('seal', GENESIS, body);
  return { ...body, signers: bits, seals: signers.map((index) => keyOf(index).sign(bytes)) };
}

function isValid(value: Certificate): boolean {
  const result = certificateChecks(value, EXPECTED);
  assert.ok('checks' in result, 'refused before its seals were checked');
  return result.checks.every(({ publicKey, bytes, signature }) =>
    verifySignature(publicKey, bytes, signature),
  );
}

const QUORUM = [0, 2, 3, 5, 6];

describe('certificates', () => {
  it('are valid with a quorum of seals, and with all of them', () => {
    assert.equal(isValid(certificate(QUORUM)), true);
    assert.equal(isValid(certificate([0, 1, 2, 3, 4, 5, 6])), true);
  });

  it('I04 are invalid with one seal of another validator, round, block or chain', () => {
    const body = { height: 5, round: 2, blockHash: BLOCK };
    const foreign = [
      keyOf(1).sign(voteSigningBytes('seal', GENESIS, body)),
      keyOf(0).sign(voteSigningBytes('seal', GENESIS, { ...body, round: 3 })),
      keyOf(0).sign(voteSigningBytes('seal', GENESIS, { ...body, blockHash: '45'.repeat(32) })),
      keyOf(0).sign(voteSigningBytes('seal', '34'.repeat(32), body)),
      keyOf(0).sign(voteSigningBytes('prepare', GENESIS, body)),
    ];
    const good = certificate(QUORUM);
    for (const seal of foreign) assert.equal(isValid({ ...good, seals: good.seals.with(0, seal) }), false);
  });

  it('J07 are invalid if the seals stand in another order than the signers', () => {
    const good = certificate(QUORUM);
    assert.equal(isValid({ ...good, seals: good.seals.toReversed() }), false);
  });

  const good = certificate(QUORUM);
  const FAULTS: readonly [title: string, fault: CertificateFault, certificate: Certificate][] = [
    ['of another height', 'WRONG_HEIGHT', { ...good, height: 6 }],
    ['of another block', 'WRONG_BLOCK', { ...good, blockHash: '45'.repeat(32) }],
    [
      'with a bitmap for fewer validators',
      'WRONG_SET_SIZE',
      { ...good, signers: BitArray.fromBitLen(SIZE - 1) },
    ],
    [
      'with a bitmap for more validators',
      'WRONG_SET_SIZE',
      { ...good, signers: BitArray.fromBitLen(SIZE + 1) },
    ],
    ['with a seal too few', 'SEAL_COUNT', { ...good, seals: good.seals.slice(1) }],
    ['with one seal twice', 'SEAL_COUNT', { ...good, seals: [...good.seals, good.seals[0] as string] }],
    ['with one seal less than a quorum', 'BELOW_QUORUM', certificate(QUORUM.slice(1))],
    ['without seals', 'BELOW_QUORUM', certificate([])],
  ];
  for (const [title, fault, value] of FAULTS)
    it(`are refused ${title}`, () => {
      assert.deepEqual(certificateChecks(value, EXPECTED), { fault });
    });

  it('come back from their bytes', () => {
    const bytes = encode(CertificateType, good);
    const decoded = decode(CertificateType, bytes, 'certificate');
    assert.deepEqual(Uint8Array.from(encode(CertificateType, decoded)), Uint8Array.from(bytes));
    assert.equal(isValid(decoded), true);
    assert.equal(certificateHash(decoded), certificateHash(good));
    assert.notEqual(certificateHash(undefined), certificateHash(good));
  });

  it('are refused as bytes if the bitmap has no end bit', () => {
    const bytes = Uint8Array.from(encode(CertificateType, good));
    const end = fromHex('ed'); // bits 0, 2, 3, 5, 6 and the end bit 7
    const at = bytes.indexOf(end[0] as number, 8 + 4 + 32 + 8);
    assert.equal(at, 8 + 4 + 32 + 8, 'the bitmap stands first behind the fixed part');
    assert.throws(() => decode(CertificateType, bytes.with(at, 0), 'certificate'), {
      code: 'MALFORMED_BYTES',
    });
  });
});

describe('validator sets', () => {
  it('U08 are ordered by id, whatever order they are given in', () => {
    const shuffled = new ValidatorSet(validators.members.toReversed());
    assert.deepEqual(shuffled.members, validators.members);
    assert.equal(shuffled.hash, validators.hash);
    assert.equal(shuffled.indexOf(`02`.repeat(32)), 2);
    assert.equal(shuffled.indexOf('ff'.repeat(32)), undefined);
  });

  it('refuse to be empty, too large, or to repeat an id or a consensus key', () => {
    const [a, b] = validators.members as [ValidatorSet['members'][number], ValidatorSet['members'][number]];
    assert.throws(() => new ValidatorSet([]), RangeError);
    assert.throws(() => new ValidatorSet([a, { ...b, id: a.id }]), RangeError);
    assert.throws(() => new ValidatorSet([a, { ...b, consensusKey: a.consensusKey }]), RangeError);
    const many = Array.from({ length: 129 }, (_, i) => ({
      id: i.toString(16).padStart(64, '0'),
      consensusKey: `11${i.toString(16).padStart(62, '0')}`,
      vrfKey: '00'.repeat(32),
    }));
    assert.throws(() => new ValidatorSet(many), RangeError);
    assert.equal(new ValidatorSet(many.slice(1)).size, 128);
  });
});
