import type { Command } from 'commander';
import type { SnapshotFacts } from '../../../node/backup/snapshot-file.ts';
import { action, type CliContext, type CliProcess } from '../../context.ts';
import { decimal } from '../../parse.ts';

interface ExportOptions {
  from?: number;
  to?: number;
}

interface VerifyOptions {
  genesis: string;
}

/** Progress is told this often, in blocks. */
const PROGRESS_BLOCKS = 100;

export function registerBackup(program: Command, cliProcess: CliProcess): void {
  const snapshot = program
    .command('snapshot')
    .description('the state of a node as a file, for another node to begin at');
  snapshot
    .command('create <file>')
    .description('write the state of the stopped node in --data-dir')
    .action(action(cliProcess, create));
  snapshot
    .command('verify <file>')
    .description('check everything in a snapshot, without a node')
    .requiredOption('--genesis <file>', 'genesis file of the chain')
    .action(action(cliProcess, verify));
  snapshot
    .command('restore <file>')
    .description('let the new node in --data-dir begin at the height of a snapshot, which is checked before')
    .action(action(cliProcess, restore));
  program
    .command('export <file>')
    .description('write the blocks of the stopped node in --data-dir, with their certificates')
    .option('--from <height>', 'first block (default: the first that the node has)', decimal)
    .option('--to <height>', 'last block (default: the head)', decimal)
    .action(action(cliProcess, exportCommand));
  program
    .command('import <file>')
    .description('add exported blocks to the stopped node in --data-dir: each is checked and executed')
    .action(action(cliProcess, importCommand));
}

async function create(context: CliContext, _options: object, file: string): Promise<void> {
  const { createSnapshot } = await import('../../../node/backup/snapshots.ts');
  context.output.progress('writing the state');
  tell(context, 'wrote', file, await createSnapshot(context.dataDir, file));
}

async function verify(context: CliContext, { genesis }: VerifyOptions, file: string): Promise<void> {
  const { readSnapshot } = await import('../../../node/backup/snapshot-file.ts');
  const { loadGenesisFile } = await import('../../../node/genesis-file.ts');
  context.output.progress('checking the state');
  const { headers: _headers, ...facts } = await readSnapshot(file, await loadGenesisFile(genesis));
  tell(context, 'valid', file, facts);
}

async function restore(context: CliContext, _options: object, file: string): Promise<void> {
  const { restoreSnapshot } = await import('../../../node/backup/snapshots.ts');
  context.output.progress('checking and taking over the state');
  tell(context, 'restored', file, await restoreSnapshot(context.dataDir, file));
}

function tell({ output }: CliContext, what: string, file: string, facts: SnapshotFacts): void {
  const { height, leaves } = facts;
  const blockHash = `0x${facts.blockHash}`;
  const stateRoot = `0x${facts.stateRoot}`;
  output.result(
    { file, height, blockHash, stateRoot, leaves },
    [
      `${output.green(what)}  ${file}`,
      `height      ${height}`,
      `block       ${blockHash}`,
      `state root  ${stateRoot}`,
      `leaves      ${leaves}`,
    ].join('\n'),
  );
}

async function exportCommand(context: CliContext, { from, to }: ExportOptions, file: string): Promise<void> {
  const { exportBlocks } = await import('../../../node/backup/blocks.ts');
  context.output.progress('writing blocks');
  const { fromHeight, toHeight } = await exportBlocks(context.dataDir, file, {
    ...(from === undefined ? {} : { fromHeight: from }),
    ...(to === undefined ? {} : { toHeight: to }),
  });
  context.output.result({ file, fromHeight, toHeight }, `blocks ${fromHeight} to ${toHeight} are in ${file}`);
}

async function importCommand(context: CliContext, _options: object, file: string): Promise<void> {
  const { importBlocks } = await import('../../../node/backup/blocks.ts');
  const { createLogger } = await import('../../../util/logger.ts');
  const { output, dataDir } = context;
  const { imported, height } = await importBlocks(
    dataDir,
    file,
    createLogger('warn'),
    (reached, toHeight) => {
      if (reached % PROGRESS_BLOCKS === 0) output.note(`block ${reached} of ${toHeight}`);
      output.progress(`block ${reached} of ${toHeight}`);
    },
  );
  output.result({ file, imported, height }, `${imported} blocks added; the node is at height ${height}`);
}
