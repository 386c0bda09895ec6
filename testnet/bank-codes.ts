/**
 * Codes of invented banks, with the form that the standards ask for, so that the ledger's checks accept them.
 */

/** Letters count as two digits (A = 10 … Z = 35), as ISO 7064 MOD 97-10 reads a code. */
function modulo97(code: string): number {
  let remainder = 0;
  for (const character of code) {
    const value = Number.parseInt(character, 36);
    remainder = (remainder * (value > 9 ? 100 : 10) + value) % 97;
  }
  return remainder;
}

/** A legal entity identifier (ISO 17442): 18 characters and two check digits. `number` makes it unique. */
export function legalEntityIdentifier(number: number): string {
  const base = `META00${number.toString(36).toUpperCase().padStart(12, '0')}`;
  return `${base}${String(98 - modulo97(`${base}00`)).padStart(2, '0')}`;
}

/** A bank identifier code (ISO 9362) of eight characters; `number` is below 26³ · 36², `country` an ISO 3166-1 code. */
export function bankIdentifierCode(number: number, country = 'CH'): string {
  const letter = (value: number) => String.fromCharCode(65 + (value % 26));
  const bank = `M${letter(Math.floor(number / 676))}${letter(Math.floor(number / 26))}${letter(number)}`;
  const location = (Math.floor(number / 17_576) % 1296).toString(36).toUpperCase().padStart(2, 'A');
  return `${bank}${country}${location}`;
}
