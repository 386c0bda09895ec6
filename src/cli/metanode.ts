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
const { runProgram } = await import('./program.ts');
process.exitCode = await runProgram(process.argv.slice(2));
