/**
 * Builds the page that a node serves at `/ui` into dist/ui: an index, and assets with the hash of their content in
 * their names.
 */
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { sszInBrowsers } from './ssz-in-browsers.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

await build({
  configFile: false,
  root: `${root}src/ui`,
  base: '/ui/',
  logLevel: 'warn',
  plugins: [sszInBrowsers],
  // Vite would take the nearest tsconfig.json, which knows nothing of JSX.
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: `${root}dist/ui`,
    emptyOutDir: true,
    target: ['chrome123', 'firefox128', 'safari18'],
    // No `data:` and no inline script: the policy of the page allows neither.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
