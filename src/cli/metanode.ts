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
const { runProgram } = await import('./program.ts');
const exitCode = await runProgram(process.argv.slice(2));
// A wait that lost its race must not keep the process; but all that was printed must have left.
for (const stream of [process.stdout, process.stderr])
  await new Promise((resolve) => stream.write('', resolve));
process.exit(exitCode);
