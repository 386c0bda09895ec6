import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isBic, isIban, isLei, isUetr } from '../../../src/types/bank-identifiers.ts';

// Public examples: LEIs of Apple and Deutsche Bank, the IBANs of the ISO 13616 registry for GB, DE, CH and MT.
const LEIS = ['HWUPKR0MPOU8FGXBT394', '7LTWFZYICNSX8D621K86'];
const IBANS = [
  'GB82WEST12345698765432',
  'DE89370400440532013000',
  'CH9300762011623852957',
  'MT84MALT011000012345MTLCAST001S',
];

/** Every change of one character into another of the same class. */
function replaceAt(text: string, index: number, replacement: string): string {
  return text.slice(0, index) + replacement + text.slice(index + 1);
}

describe('bank identifiers', () => {
  it('accepts known LEIs and IBANs', () => {
    for (const lei of LEIS) assert.equal(isLei(lei), true, lei);
    for (const iban of IBANS) assert.equal(isIban(iban), true, iban);
  });

  it('refuses a LEI or IBAN with any single digit replaced by another', () => {
    const cases = [
      ...LEIS.map((text) => [text, isLei] as const),
      ...IBANS.map((text) => [text, isIban] as const),
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...cases),
        fc.nat(),
        fc.constantFrom(...'0123456789'),
        ([text, check], at, digit) => {
          const digits = [...text].flatMap((character, index) => (/\d/.test(character) ? [index] : []));
          const index = digits[at % digits.length] as number;
          fc.pre(text[index] !== digit);
          assert.equal(check(replaceAt(text, index, digit)), false);
        },
      ),
    );
  });

  it('refuses the second form of check digits that differ by 97', () => {
    // 98 - mod 97 gives 02 to 98; the same code with 00, 01 or 99 has the same remainder.
    const base = Array.from({ length: 97 }, (_, i) => `META00${String(i).padStart(12, '0')}`);
    const withDigits = (digits: string) => base.filter((text) => isLei(text + digits)).length;
    assert.equal(withDigits('97') + withDigits('98') + withDigits('02') > 0, true);
    assert.equal(withDigits('00') + withDigits('01') + withDigits('99'), 0);
  });

  it('refuses lowercase, spaces and wrong lengths', () => {
    for (const text of ['', 'hwupkr0mpou8fgxbt394', 'HWUPKR0MPOU8FGXBT39', 'HWUPKR0MPOU8FGXBT3940'])
      assert.equal(isLei(text), false, text);
    for (const text of ['', 'GB82 WEST 1234 5698 7654 32', 'gb82west12345698765432', 'GB82WEST1', 'GB'])
      assert.equal(isIban(text), false, text);
  });

  it('accepts a BIC of 8 or 11 characters with a country in letters', () => {
    for (const text of ['DEUTDEFF', 'DEUTDEFF500', 'CHASUS33XXX']) assert.equal(isBic(text), true, text);
    for (const text of ['', 'DEUTDEF', 'DEUTDEFF50', 'DEUT12FF', 'deutdeff', 'DEUTDEFF5000', 'DEUTDEFF\n'])
      assert.equal(isBic(text), false, JSON.stringify(text));
  });

  it('accepts only lowercase UUIDs of version 4 as UETR', () => {
    assert.equal(isUetr('eb6305c9-1f7f-49de-aed0-16487c27b42d'), true);
    assert.equal(isUetr('EB6305C9-1F7F-49DE-AED0-16487C27B42D'), false);
    assert.equal(isUetr('eb6305c9-1f7f-19de-aed0-16487c27b42d'), false, 'version 1');
    assert.equal(isUetr('eb6305c9-1f7f-49de-ced0-16487c27b42d'), false, 'wrong variant');
    assert.equal(isUetr('eb6305c91f7f49deaed016487c27b42d'), false);
    fc.assert(fc.property(fc.uuid({ version: 4 }), (uuid) => isUetr(uuid)));
  });
});
