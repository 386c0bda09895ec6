import { errorMessage } from '../../../src/util/errors.ts';
import type { FromGenerator, ToGenerator } from './contract.ts';
import { LoadGenerator } from './generator.ts';

/**
 * The process of the load generator. It signs what it is ordered to, waits for `go`, sends, and reports. It ends with
 * its parent, whatever ends that one.
 */
let generator: LoadGenerator | undefined;

function tell(message: FromGenerator): void {
  process.send?.(message);
}

async function obey(message: ToGenerator): Promise<void> {
  if (message.kind === 'prepare') {
    generator = LoadGenerator.prepare(message.order);
    tell({ kind: 'prepared' });
    return;
  }
  if (generator === undefined) throw new Error('nothing is prepared');
  const report = await generator.run(
    () => tell({ kind: 'begun' }),
    () => tell({ kind: 'ended' }),
  );
  tell({ kind: 'report', report });
}

process.on('message', (message: ToGenerator) => {
  obey(message).catch((error: unknown) => tell({ kind: 'failed', message: errorMessage(error) }));
});
process.on('disconnect', () => process.exit());
// Ctrl-C reaches the whole group: the parent ends this process after it has stopped the nodes.
process.on('SIGINT', () => {});
