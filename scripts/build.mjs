/**
 * Bundles the command line, the node and the testnet into one file, dist/metanode.js. A bundle starts in a sixth of
 * the time that loading some hundred files takes, which counts when one command boots 21 processes.
 */
import { chmod, mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Packages with native code find it beside their own package.json, so they stay outside. */
const nativePackages = ['classic-level', '@chainsafe/hashtree'];
/** `ws` uses these if somebody installed them, and does without otherwise. */
const optionalPackages = ['bufferutil', 'utf-8-validate'];

/** Bundled CommonJS packages expect these three, which a module does not have. */
const commonJsGlobals = `
import { createRequire as createRequireOfBundle } from 'node:module';
import { dirname as directoryOfBundle } from 'node:path';
import { fileURLToPath as pathOfBundle } from 'node:url';
const require = createRequireOfBundle(import.meta.url);
const __filename = pathOfBundle(import.meta.url);
const __dirname = directoryOfBundle(__filename);
`;

await mkdir(`${root}dist`, { recursive: true });
await build({
  absWorkingDir: root,
  entryPoints: ['src/cli/metanode.ts'],
  outfile: 'dist/metanode.js',
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  external: [...nativePackages, ...optionalPackages],
  banner: { js: `#!/usr/bin/env node${commonJsGlobals}` },
  sourcemap: 'linked',
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'external',
  logLevel: 'warning',
});
await chmod(`${root}dist/metanode.js`, 0o755);
