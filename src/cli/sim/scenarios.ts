import { readFile } from 'node:fs/promises';
import { playScenario, type ScenarioResult } from '../../sim/scenario/scenario.ts';
import { parseScenario, type ScenarioErrorCode } from '../../sim/scenario/scenario-schema.ts';
import { errorMessage, NodeError } from '../../util/errors.ts';
import type { CliContext } from '../context.ts';
import { renderTable } from '../output.ts';

/**
 * Plays scenario files one after the other, the rest also when one fails.
 * @throws NodeError the error of the first that failed
 */
export async function playScenarioFiles(
  context: CliContext,
  paths: readonly string[],
  withSteps: boolean,
): Promise<void> {
  const results: (Partial<ScenarioResult> & { file: string; error?: object })[] = [];
  let first: NodeError | undefined;
  for (const file of paths)
    try {
      const result = playScenario(parseScenario(await readScenario(file)));
      results.push({ file, ...result });
      if (withSteps) for (const line of stepLines(result)) context.output.note(line);
    } catch (error) {
      if (!(error instanceof NodeError)) throw error;
      const { code, message, data } = error;
      results.push({ file, error: { code, message, data } });
      const located = new NodeError(code, `${file}: ${message}`, { data, hint: hintOf(error), cause: error });
      if (first === undefined) first = located;
      else context.output.warn(`✖ ${located.code}: ${located.message}\n  ${located.hint}`);
    }
  const rows = results.map(({ file, id = '-', title = 'failed', steps = [], decisions = [], error }) => [
    id,
    error === undefined ? 'ok' : 'failed',
    String(steps.length),
    String(decisions.length),
    error === undefined ? title : file,
  ]);
  context.output.result(results, renderTable(['id', 'result', 'steps', 'decisions', 'situation'], rows));
  if (first !== undefined) throw first;
}

async function readScenario(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new NodeError<ScenarioErrorCode>('SCENARIO_INVALID', errorMessage(error), {
      data: { file },
      hint: 'a scenario is one JSON object in a file',
    });
  }
}

function stepLines({ id, title, steps }: ScenarioResult): string[] {
  return [
    `${id} ${title}`,
    ...steps.flatMap(({ atMs, what, effects }, index) => [
      `${String(index).padStart(3)}  ${String(atMs).padStart(8)} ms  ${what}`,
      ...effects.map((effect) => `                    ${effect}`),
    ]),
    '',
  ];
}

/** What was expected, and what came. */
function hintOf({ data, hint }: NodeError): string {
  if (data.expected === undefined) return hint ?? JSON.stringify(data);
  const list = (value: unknown) =>
    (value as unknown[])
      .map((item) => `\n    ${typeof item === 'string' ? item : JSON.stringify(item)}`)
      .join('');
  return `expected:${list(data.expected)}\n  got:${list(data.actual)}`;
}
