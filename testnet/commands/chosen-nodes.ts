import { NodeError } from '../../src/util/errors.ts';
import type { TestnetErrorCode } from '../directory.ts';
import { expandNodeNames } from '../manifest.ts';
import type { Supervisor } from '../supervisor.ts';

/** The names of the nodes that a command line selects, by default of all. @throws NodeError UNKNOWN_NODE */
export function chosenNodes(supervisor: Supervisor, selection: readonly string[]): string[] {
  const known = supervisor.nodes.map(({ name }) => name);
  return selection.length === 0 ? known : namedNodes(selection, known);
}

/** Those of the known names that a selection such as `v1,v3..v5` means. @throws NodeError UNKNOWN_NODE */
export function namedNodes(selection: readonly string[], known: readonly string[]): string[] {
  try {
    return expandNodeNames(selection, known);
  } catch (cause) {
    throw new NodeError<TestnetErrorCode>('UNKNOWN_NODE', (cause as Error).message, { cause });
  }
}
