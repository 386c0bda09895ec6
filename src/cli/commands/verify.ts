import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { action, type CliContext, type CliProcess } from '../context.ts';
import { usageError } from '../exit-code.ts';

interface VerifyOptions {
  genesis: string;
  trusted?: string;
}

export function registerVerify(program: Command, cliProcess: CliProcess): void {
  program
    .command('verify <proof>')
    .description('check a finality proof offline; exit code 1 and the failed check if it is not valid')
    .requiredOption('--genesis <file>', 'genesis file of the chain')
    .option('--trusted <height:hash>', 'a block that is trusted besides genesis; the proof must start there')
    .action(action(cliProcess, verifyProof));
}

async function verifyProof(context: CliContext, options: VerifyOptions, path: string): Promise<void> {
  const { verifyFinalityProofJson } = await import('../../client/verify-proof.ts');
  const { loadGenesisFile } = await import('../../node/genesis-file.ts');
  const { addressToText } = await import('../../types/address.ts');
  const { NodeError } = await import('../../util/errors.ts');
  const genesis = await loadGenesisFile(options.genesis);
  const outcome = verifyFinalityProofJson(await readProof(path), genesis, parseTrusted(options.trusted));
  if (!outcome.valid) {
    if (context.output.options.json) context.output.result(outcome, '');
    throw new NodeError(outcome.check, `the proof is not valid: ${outcome.message}`);
  }
  const { txId, ledger, status, height, blockHash, seals, quorum, validators, links } = outcome;
  const sender = addressToText(outcome.sender);
  context.output.result(
    { ...outcome, txId: `0x${txId}`, sender, blockHash: `0x${blockHash}` },
    [
      `${context.output.green('valid')}`,
      `transaction  0x${txId}`,
      `ledger       ${ledger}`,
      `sender       ${sender}`,
      `status       ${status}`,
      `height       ${height}`,
      `block        0x${blockHash}`,
      `seals        ${seals} of ${validators} validators, quorum ${quorum}`,
      `links        ${links} changes of the validator set`,
    ].join('\n'),
  );
}

/** What is no JSON is handed on as text, so that the verifier names its own check, FORM. */
async function readProof(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8');
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function parseTrusted(text: string | undefined): { height: number; hash: string } | undefined {
  if (text === undefined) return undefined;
  const match = /^(\d{1,15}):(?:0x)?([0-9a-f]{64})$/.exec(text);
  if (match === null)
    throw usageError(`not a trusted block: ${text}`, 'write it as <height>:<hash>, such as 120:0x5ac1…');
  return { height: Number(match[1]), hash: match[2] as string };
}
