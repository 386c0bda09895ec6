import type { KeyPair } from '../crypto/ed25519.ts';
import {
  IN_TOTO_PAYLOAD_TYPE,
  IN_TOTO_STATEMENT_TYPE,
  preAuthenticationEncoding,
  SLSA_PROVENANCE_TYPE,
} from '../types/dsse.ts';
import type { ImageRegister } from '../types/operations/docklock.ts';
import { utf8 } from '../util/bytes.ts';

/** What an image is, and what is known of how it was made. */
export interface ImageOrigin {
  /** sha256 of the manifest, as hex. */
  readonly digest: string;
  readonly mediaType: string;
  readonly size: number;
  readonly name: string;
  /** URI of the kind of build, and of who built (SLSA provenance v1, `buildType` and `builder.id`). */
  readonly buildType: string;
  readonly builder: string;
}

/** An in-toto statement v1 that says where an image comes from. */
export function provenanceStatement({ digest, name, buildType, builder }: ImageOrigin): Uint8Array {
  return utf8(
    JSON.stringify({
      _type: IN_TOTO_STATEMENT_TYPE,
      subject: [{ name, digest: { sha256: digest } }],
      predicateType: SLSA_PROVENANCE_TYPE,
      predicate: {
        buildDefinition: { buildType, externalParameters: {}, resolvedDependencies: [] },
        runDetails: { builder: { id: builder } },
      },
    }),
  );
}

/** The registration of an image under a statement (by default one that says only its origin), signed by `signers`. */
export function signImage(
  image: ImageOrigin,
  signers: readonly KeyPair[],
  payload: Uint8Array = provenanceStatement(image),
): ImageRegister {
  const signed = preAuthenticationEncoding(IN_TOTO_PAYLOAD_TYPE, payload);
  return {
    digest: image.digest,
    mediaType: image.mediaType,
    size: image.size,
    payloadType: IN_TOTO_PAYLOAD_TYPE,
    payload,
    signatures: signers.map((key) => ({ key: key.publicKey, signature: key.sign(signed) })),
  };
}
