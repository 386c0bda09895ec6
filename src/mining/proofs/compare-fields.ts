import type { Type } from '@chainsafe/ssz';
import { decode, encode } from '../../types/ssz.ts';
import { equalBytes } from '../../util/bytes.ts';
import type { ProofFault } from './proof-scheme.ts';

/** A container type, as far as comparing needs it. */
export interface FieldTypes<T> extends Type<T> {
  readonly fields: Readonly<Record<string, Type<unknown>>>;
}

/**
 * Compares the bytes of a proof with what was recomputed, field by field, so that the fault can name one.
 * Returns undefined only if the bytes are exactly the encoding of `expected`.
 */
export function findWrongField<T>(
  type: FieldTypes<T>,
  proof: Uint8Array,
  expected: T,
): ProofFault | undefined {
  if (equalBytes(proof, encode(type, expected))) return undefined;
  let claimed: Record<string, unknown>;
  try {
    claimed = decode(type, proof, 'proof') as Record<string, unknown>;
  } catch {
    return { code: 'MALFORMED_PROOF', field: '' };
  }
  const recomputed = expected as Record<string, unknown>;
  for (const [field, fieldType] of Object.entries(type.fields))
    if (!equalBytes(encode(fieldType, claimed[field]), encode(fieldType, recomputed[field])))
      return { code: 'WRONG_PROOF_FIELD', field };
  // Equal in every field and yet other bytes: SSZ is canonical, so the decoder let something pass that it must not.
  return { code: 'MALFORMED_PROOF', field: '' };
}
