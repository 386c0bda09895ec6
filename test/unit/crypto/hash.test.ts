import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { HASH_KINDS, SIGNATURE_TAGS } from '../../../src/crypto/domain.ts';
import { hashBytesOf, hashOf, signingBytes } from '../../../src/crypto/hash.ts';
import { toHex, utf8 } from '../../../src/util/bytes.ts';

const GENESIS = 'ab'.repeat(32);

describe('hashing and signing bytes', () => {
  it('hash the length and the name of the kind before the bytes', () => {
    const expected = createHash('sha256')
      .update(Buffer.from('\x06header', 'latin1'))
      .update('body')
      .digest('hex');
    assert.equal(hashOf('header', utf8('body')), expected);
    assert.equal(toHex(hashBytesOf('header', utf8('body'))), expected);
  });

  it('put length and name of the tag and the genesis hash before what is signed', () => {
    assert.equal(toHex(signingBytes('seal', GENESIS, utf8('x'))), `04${toHex(utf8('seal'))}${GENESIS}78`);
  });

  it('never let one domain be the beginning of another', () => {
    for (const domains of [HASH_KINDS, SIGNATURE_TAGS]) {
      assert.equal(new Set(domains).size, domains.length, 'a domain stands twice');
      const prefixes = domains.map((domain) => String.fromCharCode(domain.length) + domain);
      for (const a of prefixes)
        for (const b of prefixes) assert.equal(a !== b && b.startsWith(a), false, `${a} begins ${b}`);
      for (const domain of domains) assert.match(domain, /^[\x21-\x7e]{1,255}$/);
    }
  });

  it('tell the same bytes under two kinds, tags or chains apart', () => {
    assert.notEqual(hashOf('receipt', utf8('x')), hashOf('section', utf8('x')));
    assert.notDeepEqual(
      signingBytes('prepare', GENESIS, utf8('x')),
      signingBytes('seal', GENESIS, utf8('x')),
    );
    assert.notDeepEqual(
      signingBytes('seal', GENESIS, utf8('x')),
      signingBytes('seal', 'cd'.repeat(32), utf8('x')),
    );
  });
});
