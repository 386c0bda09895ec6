import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
const BIOME = createRequire(import.meta.url).resolve('@biomejs/biome/bin/biome');

/** The floors of the house: what each folder may import besides itself. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  util: [],
  crypto: ['util'],
  types: ['util', 'crypto'],
  consensus: ['util', 'crypto', 'types'],
  ledger: ['util', 'crypto', 'types'],
  mining: ['util', 'crypto', 'types', 'ledger'],
  storage: ['util', 'crypto', 'types'],
  network: ['util', 'crypto', 'types'],
  mempool: ['util', 'crypto', 'types'],
  runtime: ['util', 'crypto', 'types'],
  sim: ['util', 'crypto', 'types', 'consensus'],
  chain: ['util', 'crypto', 'types', 'ledger', 'mining', 'mempool', 'storage'],
  sync: ['util', 'crypto', 'types', 'chain', 'network'],
  validator: ['util', 'crypto', 'types', 'consensus', 'mining', 'chain', 'network', 'storage'],
  rpc: ['util', 'crypto', 'types', 'chain', 'mempool', 'validator', 'network', 'sync'],
  node: [
    ...['util', 'crypto', 'types', 'consensus', 'ledger', 'mining', 'storage', 'network', 'mempool'],
    ...['runtime', 'chain', 'sync', 'validator', 'rpc'],
  ],
  cli: ['util', 'crypto', 'types', 'node', 'client', 'sim', 'runtime'],
  client: ['util', 'crypto', 'types'],
  ui: ['util', 'crypto', 'types', 'client'],
};
const FOLDERS = Object.keys(MAY_IMPORT);

/** Imports that the matrix of folders does not cover: file, specifier, and whether it is allowed. */
const SINGLE_IMPORTS: readonly (readonly [file: string, specifier: string, allowed: boolean])[] = [
  ['src/ledger/economy/a.ts', '../seam.ts', true],
  ['src/ledger/economy/a.ts', '../gas-table.ts', true],
  ['src/ledger/economy/a.ts', '../state/tree.ts', true],
  ['src/ledger/economy/a.ts', '../../types/ssz.ts', true],
  ['src/ledger/economy/a.ts', '../bpci/a.ts', false],
  ['src/ledger/economy/a.ts', '../section.ts', false],
  ['src/ledger/economy/a.ts', '../../mining/a.ts', false],
  ['src/ledger/economy/a.ts', '../../consensus/a.ts', false],
  ['src/ledger/bpci/a.ts', '../economy/a.ts', false],
  ['src/ledger/docklock/a.ts', '../cluster/a.ts', false],
  ['src/ledger/economy/rewards/a.ts', '../books.ts', true],
  ['src/ledger/economy/rewards/a.ts', '../../seam.ts', true],
  ['src/ledger/economy/rewards/a.ts', '../../bpci/a.ts', false],
  ['src/ledger/economy/rewards/a.ts', '../../section.ts', false],
  ['src/ledger/economy/rewards/a.ts', '../../../mining/a.ts', false],
  ['src/ledger/state/a.ts', '../seam.ts', true],
  ['src/ledger/state/a.ts', '@chainsafe/hashtree', true],
  ['src/ledger/state/a.ts', '../economy/a.ts', false],
  ['src/ledger/section.ts', './economy/a.ts', true],
  ['src/types/operations/a.ts', '../ssz.ts', true],
  ['src/types/operations/a.ts', '../../crypto/hash.ts', true],
  ['src/types/operations/a.ts', '../../ledger/seam.ts', false],
  ['src/rpc/methods/a.ts', '../../chain/chain.ts', true],
  ['src/rpc/methods/a.ts', '../schema/a.ts', true],
  ['src/rpc/methods/a.ts', '../../consensus/a.ts', false],
  ['src/rpc/methods/a.ts', '../../node/a.ts', false],
  ['src/rpc/methods/a.ts', '../ports/a.ts', true],
  ['src/rpc/ports/a.ts', '../../types/ssz.ts', true],
  ['src/rpc/ports/a.ts', '../../ledger/a.ts', false],
  ['src/rpc/schema/a.ts', '../../types/ssz.ts', true],
  ['src/rpc/schema/a.ts', '../../chain/chain.ts', false],
  ['src/rpc/schema/a.ts', '../methods/a.ts', false],
  ['src/client/a.ts', '../rpc/schema/a.ts', true],
  ['src/client/a.ts', '../rpc/server.ts', false],
  ['src/client/a.ts', 'node:fs', false],
  ['src/ui/views/a.ts', '../live/a.ts', true],
  ['src/ui/views/a.ts', '../../client/a.ts', true],
  ['src/ui/views/a.ts', '../../rpc/schema/a.ts', true],
  ['src/ui/views/a.ts', '../../rpc/a.ts', false],
  ['src/ui/views/a.ts', '../../node/a.ts', false],
  ['src/ui/a.ts', 'node:fs', false],
  ['src/cli/commands/node/a.ts', '../../../node/a.ts', true],
  ['src/cli/commands/node/a.ts', '../../../chain/a.ts', false],
  ['src/cli/commands/node/a.ts', '../../../rpc/schema/a.ts', true],
  ['src/cli/commands/node/a.ts', '../../../../testnet/a.ts', true],
  ['src/chain/a.ts', '../../testnet/a.ts', false],
  ['src/cli/commands/node/a.ts', '../../../rpc/server.ts', false],
  ['src/cli/commands/node/a.ts', '../../sending/a.ts', true],
  ['src/cli/sending/a.ts', '../../client/a.ts', true],
  ['src/cli/sending/a.ts', '../../chain/a.ts', false],
  ['src/mining/proofs/a.ts', '../../ledger/seam.ts', true],
  ['src/mining/proofs/a.ts', '../../consensus/a.ts', false],
  ['src/node/ports/a.ts', '../../chain/a.ts', true],
  ['src/node/ports/a.ts', '../../cli/a.ts', false],
  ['src/crypto/backend-node.ts', 'node:crypto', true],
  ['src/crypto/keystore.ts', 'node:fs/promises', true],
  ['src/crypto/a.ts', 'node:crypto', false],
  ['src/crypto/a.ts', '#backend', true],
  ['src/crypto/a.ts', '@noble/curves/ed25519.js', true],
  ['src/types/a.ts', 'node:fs', false],
  ['src/types/a.ts', '@chainsafe/ssz', true],
  ['src/consensus/a.ts', 'node:crypto', false],
  ['src/consensus/a.ts', 'pino', false],
  ['src/consensus/a.ts', './../network/a.ts', false],
  ['src/ledger/a.ts', 'classic-level', false],
  ['src/mining/a.ts', 'node:timers', false],
  ['src/sim/mutants/a.ts', '../exploration/a.ts', true],
  ['src/sim/faults/a.ts', '../../network/a.ts', false],
  ['src/network/a.ts', 'libp2p', true],
  ['src/network/a.ts', './../chain/a.ts', false],
  ['src/network/push/a.ts', '../peers/a.ts', true],
  ['src/network/push/a.ts', '../../chain/a.ts', false],
];

/** Other forms of an import that must not slip through. */
const FORBIDDEN_FORMS = [
  `import type { x } from '../network/a.ts';\nexport const y = (z: typeof x) => z;\n`,
  `export { x } from '../network/a.ts';\n`,
  `export type { x } from '../network/a.ts';\n`,
  `import '../network/a.ts';\n`,
  `export const y = () => import('../network/a.ts');\n`,
];

/** Faults that are not about layers: the rule that must notice, the file, its text. */
const OTHER_FAULTS: readonly (readonly [rule: string, file: string, text: string])[] = [
  ['noRestrictedGlobals', 'src/consensus/clock.ts', 'export const now = () => Date.now();\n'],
  [
    'noRestrictedGlobals',
    'src/ledger/timer.ts',
    'export const later = (f: () => void) => setTimeout(f, 1);\n',
  ],
  ['noRestrictedGlobals', 'src/mining/environment.ts', 'export const home = process.env;\n'],
  ['noRestrictedGlobals', 'src/ledger/economy/late.ts', 'export const late = Promise.resolve(1);\n'],
  ['noConsole', 'src/chain/talk.ts', `export const talk = () => console.log('x');\n`],
  ['noDefaultExport', 'src/chain/default.ts', 'export default 1;\n'],
  ['noExcessiveLinesPerFile', 'src/chain/long.ts', 'export const x = 1;\n'.repeat(501)],
  ['useFilenamingConvention', 'src/chain/camelCase.ts', 'export const x = 1;\n'],
  ['useNamingConvention', 'src/chain/names.ts', 'export interface lower_case {\n  a: number;\n}\n'],
  ['useImportExtensions', 'src/chain/extension.ts', `import { y } from './names';\nexport const x = y;\n`],
  ['noImportCycles', 'src/sync/cycle-a.ts', `import { b } from './cycle-b.ts';\nexport const a = () => b;\n`],
  ['noImportCycles', 'src/sync/cycle-b.ts', `import { a } from './cycle-a.ts';\nexport const b = () => a;\n`],
  ['noImportCycles', 'src/sync/type-a.ts', `import type { B } from './type-b.ts';\nexport type A = B | 1;\n`],
  ['noImportCycles', 'src/sync/type-b.ts', `import type { A } from './type-a.ts';\nexport type B = A[];\n`],
  [
    'noFloatingPromises',
    'src/sync/floating.ts',
    'async function work(): Promise<number> {\n  return 1;\n}\nexport function run(): void {\n  work();\n}\n',
  ],
  ['noBarrelFile', 'src/sync/barrel.ts', `export * from './cycle-a.ts';\n`],
  [
    'noUndeclaredDependencies',
    'src/sync/undeclared.ts',
    `import { x } from 'left-pad';\nexport const y = x;\n`,
  ],
];

/** A planted file: what it is for, where it stands, its text, and the rule that must notice, if any. */
interface Plant {
  readonly title: string;
  readonly file: string;
  readonly text: string;
  readonly rule: string | undefined;
}

const importing = (specifier: string) => `import { x } from '${specifier}';\nexport const y = x;\n`;
const restricted = (isAllowed: boolean) => (isAllowed ? undefined : 'noRestrictedImports');
const word = (isAllowed: boolean) => (isAllowed ? 'passes' : 'refuses');

/** Every folder importing every other. */
const MATRIX: readonly Plant[] = FOLDERS.flatMap((from) =>
  FOLDERS.filter((to) => to !== from).map((to) => {
    const isAllowed = (MAY_IMPORT[from] as readonly string[]).includes(to);
    return {
      title: `${word(isAllowed)} ${from} importing ${to}`,
      file: `src/${from}/imports-${to}.ts`,
      text: importing(`../${to}/a.ts`),
      rule: restricted(isAllowed),
    };
  }),
);

const SINGLE: readonly Plant[] = SINGLE_IMPORTS.map(([file, specifier, isAllowed], index) => ({
  title: `${word(isAllowed)} ${specifier} in ${file}`,
  // A file whose name counts keeps it; all others get a name of their own.
  file: /backend-node|keystore/.test(file) ? file : `${dirname(file)}/plant-${index}.ts`,
  text: importing(specifier),
  rule: restricted(isAllowed),
}));

const FORMS: readonly Plant[] = FORBIDDEN_FORMS.map((text, index) => ({
  title: `refuses the form ${text.split('\n')[0]}`,
  file: `src/consensus/form-${index}.ts`,
  text,
  rule: 'noRestrictedImports',
}));

const FAULTS: readonly Plant[] = OTHER_FAULTS.map(([rule, file, text]) => ({
  title: `finds ${rule} in ${file}`,
  file,
  text,
  rule,
}));

const PLANTS = [...MATRIX, ...SINGLE, ...FORMS, ...FAULTS];

/** Lints a copy of the configuration over the planted files: the rules found per file. */
function lintPlants(directory: string): Map<string, Set<string>> {
  for (const file of ['biome.json', 'package.json', 'tsconfig.json'])
    copyFileSync(join(ROOT, file), join(directory, file));
  for (const { file, text } of PLANTS) {
    mkdirSync(dirname(join(directory, file)), { recursive: true });
    writeFileSync(join(directory, file), text);
  }
  const run = spawnSync(process.execPath, [BIOME, 'lint', '--reporter=github', '--max-diagnostics=none'], {
    cwd: directory,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  assert.equal(run.status, 1, `the linter passes a tree full of faults, or does not run: ${run.stderr}`);
  const found = new Map<string, Set<string>>();
  for (const match of run.stdout.matchAll(/^::error title=lint\/\w+\/(\w+),file=([^,]+),/gm)) {
    const [, rule, path] = match as unknown as [string, string, string];
    const file = relative(realpathSync(directory), resolve(realpathSync(directory), path));
    found.set(file, (found.get(file) ?? new Set()).add(rule));
  }
  return found;
}

describe('the rules of the linter', () => {
  let directory: string;
  let found: Map<string, Set<string>>;

  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'metanode-layers-'));
    found = lintPlants(directory);
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  it('plants every file once', () => {
    assert.equal(new Set(PLANTS.map(({ file }) => file)).size, PLANTS.length);
  });

  it('names every folder of src in the table of layers', () => {
    const folders = readdirSync(join(ROOT, 'src'), { withFileTypes: true }).filter((entry) =>
      entry.isDirectory(),
    );
    for (const { name } of folders) assert.ok(FOLDERS.includes(name), `src/${name} is on no floor`);
  });

  for (const { title, file, rule } of PLANTS)
    it(title, () => {
      const rules = found.get(file) ?? new Set();
      if (rule === undefined) assert.equal(rules.has('noRestrictedImports'), false);
      else assert.ok(rules.has(rule), `found only ${[...rules].join(', ') || 'nothing'}`);
    });
});
