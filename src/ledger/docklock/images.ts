import { ContainerType } from '@chainsafe/ssz';
import { verifySignature } from '../../crypto/ed25519.ts';
import { sha256Hex } from '../../crypto/hash.ts';
import {
  IN_TOTO_PAYLOAD_TYPE,
  IN_TOTO_STATEMENT_TYPE,
  preAuthenticationEncoding,
  SLSA_PROVENANCE_TYPE,
} from '../../types/dsse.ts';
import { DOCKLOCK, type ImageRegister } from '../../types/operations/docklock.ts';
import { AddressType, Hash32, Text } from '../../types/ssz-bytes.ts';
import { SafeU64 } from '../../types/ssz-numbers.ts';
import { LIMITS } from '../../util/limits.ts';
import type { OperationContext } from '../seam.ts';
import { Table } from '../state/table.ts';
import { failure } from './failure.ts';

/** Images whose origin was attested by signers that genesis names. */

const ImageRecordType = new ContainerType({
  registrant: AddressType,
  mediaType: Text(128),
  size: SafeU64,
  /** sha256 of the statement. */
  provenanceHash: Hash32,
});
/** image/<digest> */
export const images = new Table('image', ImageRecordType);

const MEDIA_TYPES: readonly string[] = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
];

/** Enough different keys of the authority signed the envelope, and nobody else did. */
function assertSigned(register: ImageRegister, context: OperationContext): void {
  const authority = context.genesis.authorities.find(({ name }) => name === 'image-signers');
  if (authority === undefined) throw failure('SIGNERS_UNKNOWN', 'genesis names no image-signers');
  const { signatures } = register;
  if (signatures.length < authority.threshold)
    throw failure('PROVENANCE_SIGNATURES_TOO_FEW', `${authority.threshold} signers are needed`);
  const seen = new Set<string>();
  for (const { key } of signatures) {
    if (!authority.keys.includes(key)) throw failure('PROVENANCE_KEY_UNKNOWN', 'no key of image-signers');
    if (seen.has(key)) throw failure('PROVENANCE_KEY_REPEATED', 'one key twice');
    seen.add(key);
  }
  const signed = preAuthenticationEncoding(register.payloadType, register.payload);
  for (const { key, signature } of signatures)
    if (!verifySignature(key, signed, signature))
      throw failure('PROVENANCE_SIGNATURE_WRONG', 'a signature does not fit the envelope');
}

function parseObject(payload: Uint8Array): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload));
    if (isObject(value)) return value;
  } catch {
    // Not UTF-8 or not JSON: the same answer as for JSON that is no object.
  }
  throw failure('INVALID_STATEMENT', 'the payload is no JSON object');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The statement is of version 1, about provenance, and one of its subjects is the image. */
function assertStatement(payload: Uint8Array, digest: string): void {
  const statement = parseObject(payload);
  // biome-ignore lint/complexity/useLiteralKeys: the name is given by in-toto
  if (statement['_type'] !== IN_TOTO_STATEMENT_TYPE)
    throw failure('INVALID_STATEMENT', `no ${IN_TOTO_STATEMENT_TYPE}`);
  const { subject, predicateType, predicate } = statement;
  if (predicateType !== SLSA_PROVENANCE_TYPE || !isObject(predicate))
    throw failure('WRONG_PREDICATE', `the predicate is no ${SLSA_PROVENANCE_TYPE}`);
  if (!Array.isArray(subject) || subject.length > LIMITS.maxProvenanceSubjects)
    throw failure('INVALID_STATEMENT', `a statement has up to ${LIMITS.maxProvenanceSubjects} subjects`);
  const names = (subject as readonly unknown[]).some(
    (entry) => isObject(entry) && isObject(entry.digest) && entry.digest.sha256 === digest,
  );
  if (!names) throw failure('WRONG_SUBJECT', 'no subject has the digest of the image');
}

export function executeImageRegister(register: ImageRegister, context: OperationContext): void {
  const { own, sender } = context;
  const { digest, mediaType, size, payload, payloadType } = register;
  if (images.has(own, digest)) throw failure('IMAGE_EXISTS', 'the image is registered');
  if (size === 0) throw failure('EMPTY_IMAGE', 'an image has bytes');
  if (!MEDIA_TYPES.includes(mediaType)) throw failure('INVALID_MEDIA_TYPE', 'no manifest of an image');
  if (payloadType !== IN_TOTO_PAYLOAD_TYPE)
    throw failure('WRONG_PAYLOAD_TYPE', `the envelope holds no ${IN_TOTO_PAYLOAD_TYPE}`);
  assertSigned(register, context);
  assertStatement(payload, digest);
  const provenanceHash = sha256Hex(payload);
  images.set(own, { registrant: sender, mediaType, size, provenanceHash }, digest);
  context.emit(DOCKLOCK.events.ImageRegistered, { digest, size, provenanceHash });
}
