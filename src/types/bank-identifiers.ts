/** Forms and check digits of the identifiers that banks use. A true answer says well formed, not that it is assigned. */

/** Remainder by 97 of a number written in digits and capital letters, where A is 10 and Z is 35 (ISO/IEC 7064). */
function mod97(text: string): number {
  let remainder = 0;
  for (const character of text) {
    const value = Number.parseInt(character, 36);
    remainder = (remainder * (value < 10 ? 10 : 100) + value) % 97;
  }
  return remainder;
}

/** Check digits of MOD 97-10 run from 02 to 98; 00, 01 and 99 would be second forms of 97, 98 and 02. */
function areCheckDigits(digits: string): boolean {
  return digits >= '02' && digits <= '98';
}

/** Legal entity identifier (ISO 17442): 18 capitals and digits, then two check digits. */
export function isLei(text: string): boolean {
  return /^[A-Z0-9]{18}\d{2}$/.test(text) && areCheckDigits(text.slice(18)) && mod97(text) === 1;
}

/**
 * International bank account number (ISO 13616) in its electronic form, without spaces. The lengths and structures of
 * single countries are a registry of their own and not checked.
 */
export function isIban(text: string): boolean {
  if (!/^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/.test(text)) return false;
  return areCheckDigits(text.slice(2, 4)) && mod97(text.slice(4) + text.slice(0, 4)) === 1;
}

/** Business identifier code (ISO 9362), with or without branch, in the form that ISO 20022 messages take. */
export function isBic(text: string): boolean {
  return /^[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?$/.test(text);
}

/** Country of a well-formed BIC, as its ISO 3166-1 code of two letters. */
export function countryOfBic(bic: string): string {
  return bic.slice(4, 6);
}

/** Unique end-to-end transaction reference (ISO 20022): a version 4 UUID (RFC 9562) in lowercase. */
export function isUetr(text: string): boolean {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(text);
}
