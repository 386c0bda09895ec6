import { fileURLToPath } from 'node:url';
import { nodeVersionProblem } from './node-version.ts';

/**
 * The `metanode` command. The version check comes before anything else is loaded, so that an old Node answers with
 * one line and not with a syntax error of some package.
 */
const problem = nodeVersionProblem(process.versions.node);
if (problem !== undefined) {
  process.stderr.write(`${problem}\n`);
  process.exit(1);
}
// `metanode … | head`: who reads has enough, which is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});
const { loadProgram } = await import('./compiled-program.ts');
const program = loadProgram<typeof import('./program.ts')>(
  fileURLToPath(new URL('program.cjs', import.meta.url)),
);
// Set by the build, whose trial run leaves what it has compiled to all later processes.
if (process.env.METANODE_KEEP_COMPILED === '1') process.once('exit', program.keepCompiled);
const { runProgram } = program.exports;
const exitCode = await runProgram(process.argv.slice(2));
// A wait that lost its race must not keep the process; but all that was printed must have left.
for (const stream of [process.stdout, process.stderr])
  await new Promise((resolve) => stream.write('', resolve));
process.exit(exitCode);
