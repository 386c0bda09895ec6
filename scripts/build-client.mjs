/**
 * Builds `metanode/client` into dist/client: a module for Node.js that takes its packages from beside it, and one for
 * browsers that needs nothing else. The types of both are the compiler's (tsconfig.client.json).
 */
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build as bundle } from 'esbuild';
import { build as bundleForBrowsers } from 'vite';
import { sszInBrowsers } from './ssz-in-browsers.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const entry = 'src/client/public-api.ts';

rmSync(`${root}dist/client`, { recursive: true, force: true });
await bundle({
  absWorkingDir: root,
  entryPoints: [entry],
  outfile: 'dist/client/node.js',
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  packages: 'external',
  sourcemap: 'linked',
  logLevel: 'warning',
});
await bundleForBrowsers({
  configFile: false,
  root,
  logLevel: 'warn',
  plugins: [sszInBrowsers],
  build: {
    outDir: 'dist/client',
    emptyOutDir: false,
    copyPublicDir: false,
    target: ['chrome123', 'firefox128', 'safari18'],
    lib: { entry, formats: ['es'], fileName: () => 'browser.js' },
    sourcemap: true,
  },
});
