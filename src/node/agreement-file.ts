import { open } from 'node:fs/promises';
import { readTerms } from '../ledger/bpi/agreement-terms.ts';
import { TermsFailure } from '../ledger/bpi/failure.ts';
import { lineOfPath } from '../ledger/bpi/yaml-document.ts';
import { type AgreementTerms, encodeTerms, hashTerms } from '../types/agreement.ts';
import { statusName } from '../types/operations/catalogs.ts';
import type { Hash } from '../types/ssz-bytes.ts';
import { NodeError } from '../util/errors.ts';
import { LIMITS } from '../util/limits.ts';

/** YAML of an agreement, read by the rules of the ledger: what a proposal of it would state. */
export interface AgreementText {
  readonly yaml: Uint8Array;
  readonly terms: AgreementTerms;
  /** What the parties sign. */
  readonly versionHash: Hash;
}

/**
 * Reads YAML as the ledger would. `name` stands in the error, before the line.
 * @throws NodeError with the status that a proposal would fail with, and `data.line`
 */
export function readAgreement(yaml: Uint8Array, name: string): AgreementText {
  try {
    const terms = readTerms(yaml);
    return { yaml, terms, versionHash: hashTerms(encodeTerms(terms)) };
  } catch (error) {
    if (!(error instanceof TermsFailure)) throw error;
    const { place, message, status } = error;
    const line = 'line' in place ? place.line : lineOfPath(yaml, place.path);
    throw new NodeError(statusName('bpi', status), `${name}:${line}: ${message}`, { data: { name, line } });
  }
}

/** @throws NodeError NO_SUCH_FILE, or as `readAgreement` does; of a larger file only the beginning is read */
export async function readAgreementFile(path: string): Promise<AgreementText> {
  return readAgreement(await readBeginning(path, LIMITS.maxAgreementYamlBytes + 1), path);
}

/** Up to `maxBytes` of a file, whatever its size or kind. */
async function readBeginning(path: string, maxBytes: number): Promise<Uint8Array> {
  const file = await open(path).catch((cause: unknown) => {
    throw new NodeError('NO_SUCH_FILE', `cannot read ${path}`, { cause });
  });
  try {
    const bytes = new Uint8Array(maxBytes);
    let length = 0;
    while (length < maxBytes) {
      const { bytesRead } = await file.read(bytes, length, maxBytes - length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return bytes.subarray(0, length);
  } finally {
    await file.close();
  }
}
