import assert from 'node:assert/strict';
import fc from 'fast-check';
import { keyPairFromSeed, verifySignature } from '../../../src/crypto/ed25519.ts';
import { addressOf } from '../../../src/types/address.ts';
import { encode } from '../../../src/types/ssz.ts';
import {
  decodeTransaction,
  encodeTransaction,
  receivedSigningBytes,
  SCHEME_ED25519,
  type Transaction,
  type TransactionErrorCode,
  TransactionType,
  transactionSigningBytes,
} from '../../../src/types/transaction.ts';
import { concatBytes, fromHex } from '../../../src/util/bytes.ts';
import { LIMITS } from '../../../src/util/limits.ts';

const GENESIS = '77'.repeat(32);
const keys = keyPairFromSeed(new Uint8Array(32).fill(9));
const publicKey = fromHex(keys.publicKey);

function transaction(change: (transaction: Transaction) => void = () => {}): Transaction {
  const value: Transaction = {
    body: {
      version: 1,
      chainId: 7,
      ledger: 'economy',
      sender: addressOf(SCHEME_ED25519, publicKey),
      nonce: 0n,
      validUntilMs: 1_700_000_000_000,
      maxFee: 1_000n,
      operations: [{ kind: 1, data: Uint8Array.of(1, 2, 3) }],
    },
    auth: { scheme: SCHEME_ED25519, publicKey, signature: new Uint8Array(64) },
  };
  value.auth.signature = fromHex(keys.sign(transactionSigningBytes(GENESIS, value.body)));
  change(value);
  return value;
}

const FAULTS: readonly [
  title: string,
  code: TransactionErrorCode,
  change: (transaction: Transaction) => void,
][] = [
  ['an unknown version', 'UNKNOWN_VERSION', ({ body }) => (body.version = 2)],
  ['an unknown scheme', 'UNKNOWN_SCHEME', ({ auth }) => (auth.scheme = 2)],
  ['a key of 33 bytes', 'BAD_KEY_LENGTH', ({ auth }) => (auth.publicKey = new Uint8Array(33))],
  ['a signature of 63 bytes', 'BAD_SIGNATURE_LENGTH', ({ auth }) => (auth.signature = new Uint8Array(63))],
  ['no operations', 'NO_OPERATIONS', ({ body }) => (body.operations = [])],
  [
    'a sender that is not the address of the key',
    'SENDER_MISMATCH',
    ({ body }) => (body.sender = '00'.repeat(32)),
  ],
];

describe('transactions', () => {
  it('come back from their bytes under an id that is a hash of all of them', () => {
    const encoded = encodeTransaction(transaction());
    assert.deepEqual(decodeTransaction(encoded.bytes), encoded);
    const other = encodeTransaction(transaction(({ auth }) => (auth.signature = auth.signature.with(0, 1))));
    assert.notEqual(other.id, encoded.id, 'the id does not cover the signature');
  });

  it('are signed over the very bytes of their body', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
        fc.uint8Array({ maxLength: 300 }),
        (nonce, data) => {
          const signed = transaction((value) => {
            value.body.nonce = nonce;
            value.body.operations = [{ kind: 1, data }];
          });
          const received = decodeTransaction(encodeTransaction(signed).bytes);
          assert.deepEqual(
            receivedSigningBytes(GENESIS, received),
            transactionSigningBytes(GENESIS, signed.body),
          );
        },
      ),
    );
  });

  it('are signed over their body and the genesis hash', () => {
    const { body, auth } = transaction();
    const signature = Buffer.from(auth.signature).toString('hex');
    assert.equal(verifySignature(keys.publicKey, transactionSigningBytes(GENESIS, body), signature), true);
    assert.equal(
      verifySignature(keys.publicKey, transactionSigningBytes('78'.repeat(32), body), signature),
      false,
    );
    const changed = { ...body, maxFee: body.maxFee + 1n };
    assert.equal(
      verifySignature(keys.publicKey, transactionSigningBytes(GENESIS, changed), signature),
      false,
    );
  });

  for (const [title, code, change] of FAULTS)
    it(`are refused with ${title}`, () => {
      assert.throws(() => decodeTransaction(encode(TransactionType, transaction(change))), { code });
    });

  it('are refused above 128 KiB before they are decoded', () => {
    assert.throws(() => decodeTransaction(new Uint8Array(LIMITS.maxTransactionBytes + 1)), {
      code: 'TRANSACTION_TOO_LARGE',
    });
    const operations = Array.from({ length: 5 }, () => ({
      kind: 1,
      data: new Uint8Array(LIMITS.maxOperationBytes),
    }));
    const large = encode(
      TransactionType,
      transaction(({ body }) => (body.operations = operations)),
    );
    assert.throws(() => decodeTransaction(large), { code: 'TRANSACTION_TOO_LARGE' });
  });

  it('are refused with more than 256 operations', () => {
    const operations = Array.from({ length: 257 }, () => ({ kind: 1, data: new Uint8Array() }));
    const withOperations = (list: typeof operations) =>
      encode(
        TransactionType,
        transaction(({ body }) => (body.operations = list)),
      );
    assert.equal(decodeTransaction(withOperations(operations.slice(1))).value.body.operations.length, 256);
    assert.throws(() => decodeTransaction(withOperations(operations)), { code: 'MALFORMED_BYTES' });
  });

  it('are refused with a trailing byte, cut short, or empty', () => {
    const { bytes } = encodeTransaction(transaction());
    for (const [malformed, code] of [
      [concatBytes(bytes, Uint8Array.of(0)), 'BAD_SIGNATURE_LENGTH'],
      [bytes.slice(0, -1), 'BAD_SIGNATURE_LENGTH'],
      [bytes.slice(0, -65), 'MALFORMED_BYTES'],
      [new Uint8Array(), 'MALFORMED_BYTES'],
    ] as const)
      assert.throws(() => decodeTransaction(malformed), { code });
  });

  it('raise typed errors for whatever bytes, or decode to what encodes to the same bytes', () => {
    const { bytes } = encodeTransaction(transaction());
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), (index, value) => {
        const mutated = bytes.with(index, value);
        try {
          assert.deepEqual(
            Uint8Array.from(encodeTransaction(decodeTransaction(mutated).value).bytes),
            mutated,
          );
        } catch (error) {
          if (error instanceof assert.AssertionError) throw error;
          assert.match(
            (error as { code: string }).code,
            /^(MALFORMED_BYTES|UNKNOWN_|BAD_|NO_OPERATIONS|SENDER_MISMATCH)/,
          );
        }
      }),
      { numRuns: 500 },
    );
  });
});
