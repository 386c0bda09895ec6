import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

export type PointOperation =
  | 'crypto_scalarmult_ed25519_base_noclamp'
  | 'crypto_scalarmult_ed25519_noclamp'
  | 'crypto_core_ed25519_add'
  | 'crypto_core_ed25519_sub';

/** Where bytes lie: the buffer, the offset and the length in it. */
type Span = readonly [ArrayBufferLike, number, number];

/**
 * What is used of libsodium ("Point*scalar multiplication" and "Public-key signatures" in its documentation). Of the
 * operations on points zero is success. Lengths have to be right: nothing here checks them.
 */
export type Sodium = Record<
  PointOperation,
  (result: Uint8Array, ...inputs: readonly Uint8Array[]) => number
> &
  Record<'crypto_sign_verify_detached', (...signatureMessageKey: [...Span, ...Span, ...Span]) => boolean>;

const require = createRequire(import.meta.url);

/**
 * The path of the package's native code for this machine; undefined where there is none (such as Linux with musl). What
 * the package wraps around it checks arguments, which is done here, and costs each process 20 ms when it starts.
 */
export function findSodium(): string | undefined {
  const { platform, arch } = process;
  try {
    const directory = dirname(require.resolve('sodium-native/package.json'));
    return require.resolve(join(directory, 'prebuilds', `${platform}-${arch}`, 'sodium-native.node'));
  } catch {
    return undefined;
  }
}

/** The native code itself; undefined where there is none that works. */
export function loadSodium(): Sodium | undefined {
  const path = findSodium();
  try {
    return path === undefined ? undefined : (require(path) as Sodium);
  } catch {
    return undefined;
  }
}

export const spanOf = (bytes: Uint8Array): Span => [bytes.buffer, bytes.byteOffset, bytes.byteLength];
