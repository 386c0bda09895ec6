/**
 * Builds the program: dist/program.cjs holds the command line, the node and the testnet in one file, which starts in a
 * sixth of the time that loading some hundred files takes, and dist/metanode.js, the command, checks the version of
 * Node.js and runs it. Then a trial run leaves beside it what V8 has compiled meanwhile (program.cjs.compiled), which
 * counts when one command boots 21 processes; without it everything works, and starts later.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const command = join(root, 'dist', 'metanode.js');

/** Packages with native code find it beside their own package.json, so they stay outside. */
const nativePackages = ['classic-level', '@chainsafe/hashtree'];
/** `ws` uses these if somebody installed them, and does without otherwise. */
const optionalPackages = ['bufferutil', 'utf-8-validate'];
/** What modules know of themselves, in a file that is none. */
const moduleUrl = `const bundleUrl = require('node:url').pathToFileURL(__filename).href;`;

const common = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  legalComments: 'external',
  logLevel: 'warning',
};

/** A small testnet, in intervals that are over soon. */
const TRIAL = ['--validators', '2', '--port-base', '0', '--block-time', '200ms', '--empty-blocks', '200ms'];

/** The testnet takes blocks with all kinds of transactions; its nodes leave what they compiled when they end. */
function compileAhead() {
  const directory = mkdtempSync(join(tmpdir(), 'metanode-build-'));
  // What is set for the user's own nodes is not meant for these.
  const environment = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('METANODE_')),
  );
  const run = (args, env = {}) =>
    execFileSync(process.execPath, [command, ...args, '--data-dir', directory], {
      env: { ...environment, ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: 120_000,
    });
  // Whoever ends the build meanwhile shall find no node left: a signal is heard when the trial is down.
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
  try {
    try {
      run(['testnet', 'up', ...TRIAL, '--no-load', '--wait-blocks', '2', '--detach'], {
        METANODE_KEEP_COMPILED: '1',
      });
      run(['testnet', 'load', '--rate', '40', '--seconds', '2', '--no-validator-changes']);
    } finally {
      run(['testnet', 'down']);
    }
  } catch (error) {
    process.stderr.write(`no code is compiled ahead, so processes start later: ${error.stderr ?? error}\n`);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

for (const file of ['program.cjs', 'program.cjs.map', 'program.cjs.compiled'])
  rmSync(join(root, 'dist', file), { force: true });
await build({
  ...common,
  entryPoints: ['src/cli/program.ts'],
  outfile: 'dist/program.cjs',
  format: 'cjs',
  // Compiled code that is loaded as a script can only require.
  supported: { 'dynamic-import': false },
  external: [...nativePackages, ...optionalPackages],
  define: { 'import.meta.url': 'bundleUrl' },
  banner: { js: moduleUrl },
  sourcemap: 'linked',
  minifySyntax: true,
  minifyWhitespace: true,
});
await build({
  ...common,
  entryPoints: ['src/cli/metanode.ts'],
  outfile: 'dist/metanode.js',
  format: 'esm',
  banner: { js: '#!/usr/bin/env node' },
});
chmodSync(command, 0o755);
compileAhead();
