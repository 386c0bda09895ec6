import { build } from 'vite';

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

const withoutWebAssembly = {
  name: 'without-web-assembly',
  load: {
    filter: { id: /@chainsafe\/as-sha256\/lib\/index\.js$/ },
    handler: () => HASHES_WITHOUT_WEB_ASSEMBLY,
  },
};

/** Builds the page that a node serves at `/ui` into dist/ui: an index, and assets with the hash of their content in the name. */
export async function buildPage(root) {
  await build({
    configFile: false,
    root: `${root}src/ui`,
    base: '/ui/',
    logLevel: 'warn',
    plugins: [withoutWebAssembly],
    build: {
      outDir: `${root}dist/ui`,
      emptyOutDir: true,
      target: ['chrome123', 'firefox128', 'safari18'],
      // No `data:` and no inline script: the policy of the page allows neither.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
    },
  });
}
