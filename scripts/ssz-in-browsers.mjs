/**
 * `@chainsafe/as-sha256`, on which SSZ builds, starts a WebAssembly module as it loads, and the page would need
 * `wasm-unsafe-eval` for that. The page gets its plain code, and the hash of two nodes from noble.
 */
const HASHES_WITHOUT_WEB_ASSEMBLY = `
import { sha256 } from '@noble/hashes/sha2.js';
import { byteArrayToHashObject, hashObjectToByteArray } from './hashObject.js';
export * from './alloc.js';
export * from './hashObject.js';
export function digest64HashObjects(left, right) {
  const bytes = new Uint8Array(64);
  hashObjectToByteArray(left, bytes, 0);
  hashObjectToByteArray(right, bytes, 32);
  return byteArrayToHashObject(sha256(bytes), 0);
}
`;

/** SSZ mixes lengths into roots with one method of Node's `Buffer`, which browsers lack. */
const LENGTH_BUFFER = `
class LengthBytes extends Uint8Array {
  writeUIntLE(value, offset, byteLength) {
    for (let i = 0; i < byteLength; i++) this[offset + i] = Math.floor(value / 256 ** i) % 256;
  }
}
export const Buffer = {
  alloc: (length) => new LengthBytes(length),
  from: (buffer, offset, length) => new LengthBytes(buffer, offset, length),
};
`;
const LENGTH_BUFFER_ID = 'length-buffer';

/** A plugin of Vite with which SSZ runs in a browser, under a policy that allows no WebAssembly. */
export const sszInBrowsers = {
  name: 'ssz-in-browsers',
  resolveId: { filter: { id: new RegExp(`^${LENGTH_BUFFER_ID}$`) }, handler: () => LENGTH_BUFFER_ID },
  load: {
    filter: { id: [/@chainsafe\/as-sha256\/lib\/index\.js$/, new RegExp(`^${LENGTH_BUFFER_ID}$`)] },
    handler: (id) => (id === LENGTH_BUFFER_ID ? LENGTH_BUFFER : HASHES_WITHOUT_WEB_ASSEMBLY),
  },
  transform: {
    filter: { id: /@chainsafe\/ssz\/lib\//, code: /\bBuffer\./ },
    handler: (code) => ({ code: `import { Buffer } from '${LENGTH_BUFFER_ID}';\n${code}`, map: null }),
  },
};
