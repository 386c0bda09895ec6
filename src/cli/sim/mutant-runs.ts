import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { cpus, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { Plugin } from 'esbuild';
import type { CheckName } from '../../sim/mutants/mutant-checks.ts';
import type { MutantTask, MutantVerdict } from '../../sim/mutants/mutant-worker.ts';
import type { Mutant } from '../../sim/mutants/mutants.ts';
import type { Scenario } from '../../sim/scenario/scenario-schema.ts';
import { errorMessage, NodeError } from '../../util/errors.ts';

export type MutantErrorCode = 'NO_SOURCE' | 'MUTANT_STALE' | 'MUTANT_SURVIVED' | 'CHECK_UNSOUND';

/** What became of one mutant, or, without one, of the code as it is. */
export interface MutantRun {
  readonly mutant: Mutant | undefined;
  readonly verdicts: readonly MutantVerdict[];
}

/** The source tree, which is not part of the bundle: mutants are made of it. */
export interface SourceTree {
  /** The directory of package.json, with a slash at its end. */
  readonly root: string;
  readonly scenarios: readonly Scenario[];
}

/**
 * What all checks of one mutant may take, because a mutant may go round in circles. It is processor time: on a machine
 * that is busy with other work a check that is only slow must not pass for one that has noticed something.
 */
const CPU_LIMIT_SECONDS = 120;
const CPU_POLL_MS = 1_000;
const MEMORY_LIMIT_MB = 1024;

/** @throws NodeError NO_SOURCE where the program runs without its source */
export async function openSourceTree(): Promise<SourceTree> {
  let directory = dirname(fileURLToPath(import.meta.url));
  for (; ; directory = dirname(directory)) {
    const files = await readdir(directory);
    if (files.includes('package.json') && files.includes('src') && files.includes('test')) break;
    if (directory === dirname(directory))
      throw new NodeError<MutantErrorCode>('NO_SOURCE', 'the source of metanode is not beside the program', {
        hint: 'mutants are made of the source: run it in a checkout',
      });
  }
  const { parseScenario } = await import('../../sim/scenario/scenario-schema.ts');
  const folder = join(directory, 'test/sim/scenarios');
  const files = (await readdir(folder)).filter((file) => file.endsWith('.json'));
  const scenarios = await Promise.all(
    files.map(async (file) => parseScenario(JSON.parse(await readFile(join(folder, file), 'utf8')))),
  );
  return { root: `${directory}/`, scenarios };
}

/**
 * Loads the checks, with the consensus that they are held against, anew with the faults of the mutant in it, and runs
 * them in a thread. The mutated code ends with the thread.
 * @throws NodeError MUTANT_STALE where the source no longer has the text that a fault replaces
 */
export async function runMutant(
  tree: SourceTree,
  mutant: Mutant | undefined,
  checks: readonly CheckName[],
): Promise<MutantRun> {
  const code = await bundle(tree, mutant);
  const directory = await mkdtemp(join(tmpdir(), 'metanode-mutant-'));
  try {
    const file = join(directory, 'worker.mjs');
    await writeFile(file, code);
    return await runWorker(file, { checks, scenarios: tree.scenarios }, mutant);
  } finally {
    await rm(directory, { recursive: true });
  }
}

async function runWorker(file: string, task: MutantTask, mutant: Mutant | undefined): Promise<MutantRun> {
  const verdicts: MutantVerdict[] = [];
  const started = performance.now();
  const worker = new Worker(pathToFileURL(file), {
    workerData: task,
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: MEMORY_LIMIT_MB },
  });
  worker.on('message', (verdict: MutantVerdict) => verdicts.push(verdict));
  /** The check under way ends without a verdict of its own. */
  const breakOff = (code: string, message: string) => {
    const check = task.checks[verdicts.length];
    if (check === undefined) return;
    verdicts.push({ check, seconds: (performance.now() - started) / 1000, error: { code, message } });
  };
  const before = process.cpuUsage();
  const timer = setInterval(() => {
    // That of all threads; as many of them work as there are processors.
    const { user, system } = process.cpuUsage(before);
    if ((user + system) / 1e6 < CPU_LIMIT_SECONDS * cpus().length) return;
    breakOff('NO_END', 'the check does not end');
    void worker.terminate();
  }, CPU_POLL_MS);
  await new Promise<void>((resolve) => {
    worker.once('error', (error) => breakOff('CRASHED', errorMessage(error)));
    worker.once('exit', () => resolve());
  });
  clearInterval(timer);
  return { mutant, verdicts };
}

/** The bundler is a tool of the source tree, as the source is, and no part of the program. */
const BUNDLER = 'esbuild';

async function bundle({ root }: SourceTree, mutant: Mutant | undefined): Promise<string> {
  const files = mutant === undefined ? new Map<string, string>() : await mutate(root, mutant);
  const { build } = createRequire(import.meta.url)(BUNDLER) as typeof import('esbuild');
  const result = await build({
    absWorkingDir: root,
    entryPoints: ['src/sim/mutants/mutant-worker.ts'],
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20.19',
    write: false,
    logLevel: 'silent',
    plugins: [installedPackages(root), replaced(files)],
  });
  return (result.outputFiles[0] as { text: string }).text;
}

/** Packages are loaded from where they are installed, whatever directory the bundle lies in. */
function installedPackages(root: string): Plugin {
  const resolving = Symbol('resolving');
  return {
    name: 'installed-packages',
    setup(builder) {
      builder.onResolve({ filter: /^[^./#]/ }, async ({ path, kind, pluginData }) => {
        if (kind === 'entry-point' || path.startsWith('node:') || pluginData === resolving) return undefined;
        const found = await builder.resolve(path, { kind, resolveDir: root, pluginData: resolving });
        return found.errors.length > 0
          ? { errors: found.errors }
          : { path: pathToFileURL(found.path).href, external: true };
      });
    },
  };
}

/** The files that a mutant changes, by path. */
async function mutate(root: string, { name, edits }: Mutant): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const { file, text, instead } of edits) {
    const path = join(root, 'src', file);
    const source = files.get(path) ?? (await readFile(path, 'utf8'));
    if (source.split(text).length !== 2)
      throw new NodeError<MutantErrorCode>('MUTANT_STALE', `${name} does not fit ${file} any more`, {
        data: { mutant: name, file, text },
        hint: 'the text must stand there exactly once',
      });
    files.set(
      path,
      source.replace(text, () => instead),
    );
  }
  return files;
}

function replaced(files: ReadonlyMap<string, string>): Plugin {
  return {
    name: 'mutation',
    setup(builder) {
      builder.onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const contents = files.get(path);
        return contents === undefined ? undefined : { contents, loader: 'ts' };
      });
    },
  };
}
