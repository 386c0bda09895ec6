import assert from 'node:assert/strict';
import { operationNamed, senderOf, signTransaction } from '../../../src/client/transaction-builder.ts';
import { keyPairFromSeed, verifySignature } from '../../../src/crypto/ed25519.ts';
import { addressToText } from '../../../src/types/address.ts';
import { decodeTransaction, transactionSigningBytes } from '../../../src/types/transaction.ts';
import { toHex } from '../../../src/util/bytes.ts';

const KEYS = keyPairFromSeed(new Uint8Array(32).fill(9));
const CHAIN = { chainId: 7, genesisHash: 'ab'.repeat(32) };

describe('the transaction builder', () => {
  const operation = operationNamed('economy', 'Transfer', {
    to: addressToText(senderOf(KEYS)),
    token: 'FLX',
    amount: '18446744073709551616',
    reference: '',
  });
  const draft = {
    ledger: 'economy',
    nonce: 3n,
    validUntilMs: 9,
    maxFee: 10n,
    operations: [operation],
  } as const;

  it('signs a transaction that every node decodes and whose signature is its sender’s on this chain only', () => {
    const { bytes, id } = signTransaction(KEYS, CHAIN, draft);
    const decoded = decodeTransaction(bytes);
    assert.equal(decoded.id, id);
    const { body, auth } = decoded.value;
    assert.deepEqual([body.sender, body.nonce, body.chainId], [senderOf(KEYS), 3n, 7]);
    const signedOn = (genesisHash: string) =>
      verifySignature(
        toHex(auth.publicKey),
        transactionSigningBytes(genesisHash, body),
        toHex(auth.signature),
      );
    assert.equal(signedOn(CHAIN.genesisHash), true);
    assert.equal(signedOn('cd'.repeat(32)), false);
  });

  it('names what is wrong with an operation', () => {
    assert.throws(() => operationNamed('economy', 'Transfr', {}), { code: 'UNKNOWN_OPERATION' });
    assert.throws(() => operationNamed('economy', 'toString', {}), { code: 'UNKNOWN_OPERATION' });
    assert.throws(() => operationNamed('economy', 'Transfer', { amount: 1.5 }), { code: 'MALFORMED_JSON' });
  });

  it('refuses values that no transaction can hold', () => {
    assert.throws(() => signTransaction(KEYS, CHAIN, { ...draft, nonce: -1n }), RangeError);
    assert.throws(() => signTransaction(KEYS, CHAIN, { ...draft, maxFee: 2n ** 128n }), RangeError);
  });
});
