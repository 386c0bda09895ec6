import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { TrustedBlock } from '../../../types/check-finality.ts';
import type { Genesis } from '../../../types/genesis.ts';
import { action, type CliContext, type CliProcess } from '../../context.ts';
import { usageError } from '../../exit-code.ts';
import { formatCoins } from '../../parse.ts';

interface VerifyOptions {
  genesis: string;
  trusted?: string;
}

export function registerVerify(program: Command, cliProcess: CliProcess): void {
  program
    .command('verify <proof>')
    .description(
      'check a finality proof or a bill offline; exit code 1 and the failed check if it is not valid',
    )
    .requiredOption('--genesis <file>', 'genesis file of the chain')
    .option('--trusted <height:hash>', 'a block that is trusted besides genesis; the proof must start there')
    .action(action(cliProcess, verifyProof));
}

async function verifyProof(context: CliContext, options: VerifyOptions, path: string): Promise<void> {
  const { loadGenesisFile } = await import('../../../node/genesis-file.ts');
  const genesis = await loadGenesisFile(options.genesis);
  const trusted = parseTrusted(options.trusted);
  const proof = await readProof(path);
  if (isBill(proof)) await verifyBill(context, proof, genesis, trusted);
  else await verifyTransaction(context, proof, genesis, trusted);
}

/** What has lines is taken for a bill, whatever is wrong with it. */
function isBill(proof: unknown): boolean {
  return typeof proof === 'object' && proof !== null && 'lines' in proof;
}

async function refuse(context: CliContext, outcome: { check: string; message: string }): Promise<never> {
  const { NodeError } = await import('../../../util/errors.ts');
  if (context.output.options.json) context.output.result(outcome, '');
  throw new NodeError(outcome.check, `the proof is not valid: ${outcome.message}`);
}

async function verifyBill(
  context: CliContext,
  proof: unknown,
  genesis: Genesis,
  trusted: TrustedBlock | undefined,
): Promise<void> {
  const { verifyBillJson } = await import('../../../client/verify-bill.ts');
  const { addressToText } = await import('../../../types/address.ts');
  const outcome = verifyBillJson(proof, genesis, trusted);
  if (!outcome.valid) return await refuse(context, outcome);
  const { window, fromHeight, toHeight, lines, sums, height, blockHash } = outcome;
  const payer = addressToText(outcome.payer);
  context.output.result(
    { ...outcome, payer, blockHash: `0x${blockHash}` },
    [
      `${context.output.green('valid')}`,
      `payer        ${payer}`,
      `window       ${window}, heights ${fromHeight} to ${toHeight}`,
      `lines        ${lines}, each charged and committed to; there may be others`,
      ...sums.map((sum) => `${sum.class.padEnd(12)} ${formatCoins(sum.amount)} ${sum.token}`),
      `committed    in block ${height}, 0x${blockHash}`,
      `seals        ${outcome.seals} of ${outcome.validators} validators, quorum ${outcome.quorum}`,
    ].join('\n'),
  );
}

async function verifyTransaction(
  context: CliContext,
  proof: unknown,
  genesis: Genesis,
  trusted: TrustedBlock | undefined,
): Promise<void> {
  const { verifyFinalityProofJson } = await import('../../../client/verify-proof.ts');
  const { addressToText } = await import('../../../types/address.ts');
  const outcome = verifyFinalityProofJson(proof, genesis, trusted);
  if (!outcome.valid) return await refuse(context, outcome);
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

function parseTrusted(text: string | undefined): TrustedBlock | undefined {
  if (text === undefined) return undefined;
  const match = /^(\d{1,15}):(?:0x)?([0-9a-f]{64})$/.exec(text);
  if (match === null)
    throw usageError(`not a trusted block: ${text}`, 'write it as <height>:<hash>, such as 120:0x5ac1…');
  return { height: Number(match[1]), hash: match[2] as string };
}
