import type { Command } from 'commander';
import type { Genesis } from '../../../types/genesis.ts';
import type { LedgerName } from '../../../types/names.ts';
import { action, type CliContext, type CliProcess } from '../../context.ts';
import type { DemoDeed, DemoRequest } from '../../demo.ts';
import { renderTable } from '../../output.ts';
import { duration } from '../../parse.ts';
import { maxFeeOption } from '../../sending/send-options.ts';

const PROOF_NAMES: Readonly<Record<LedgerName, string>> = {
  docklock: 'Proof-of-Action',
  cluster: 'Proof-of-Coordination',
  bpi: 'Proof-of-Execution',
  bpci: 'Proof-of-Transact',
  economy: 'Proof-of-Gold',
};
const SHORT_ID = 10;

interface DemoOptions {
  maxFee: bigint;
  timeout: number;
}

export function registerDemo(tx: Command, cliProcess: CliProcess): void {
  tx.command('demo')
    .description(
      'one transaction on each of the five ledgers of a testnet on this machine, and a refused one; exit code 1 if a receipt does not verify',
    )
    .addOption(maxFeeOption())
    .option('--timeout <duration>', 'longest wait for a receipt', duration, 30_000)
    .action(action(cliProcess, demo));
}

async function demo(context: CliContext, options: DemoOptions): Promise<void> {
  const { playDemo } = await import('../../demo.ts');
  const { loadGenesisFile } = await import('../../../node/genesis-file.ts');
  const { NodeError } = await import('../../../util/errors.ts');
  const { client, genesisFile, ...keys } = await testnetOf(context);
  const genesis = await loadGenesisFile(genesisFile);
  context.output.progress('one transaction on each of the five ledgers');
  const deeds = await playDemo({ client, ...keys, maxFee: options.maxFee, timeoutMs: options.timeout });
  const receipts = await Promise.all(deeds.map((deed) => verified(client, genesis, deed)));
  const { output } = context;
  const header = ['ledger', 'action', 'height', 'status', 'proof', 'receipt', ''];
  const rows = receipts.map((row) => [
    row.ledger,
    row.action,
    String(row.height),
    row.status,
    row.proof,
    `${row.txId.slice(0, SHORT_ID)}…`,
    row.detail,
  ]);
  output.result({ receipts }, renderTable(header, rows));
  for (const { note } of deeds) if (note !== undefined) output.note(note);
  const invalid = receipts.filter((row) => !row.verified);
  for (const { txId, check } of invalid) output.warn(`✖ ${txId}: ${check}`);
  if (invalid.length > 0)
    throw new NodeError('NOT_VERIFIED', `${invalid.length} of ${receipts.length} receipts do not verify`);
  output.note(`${output.green('✔')} ${receipts.length} receipts verified against block certificates`);
}

/** The node to ask, and of its testnet the genesis file and the keys of those who act. */
async function testnetOf(
  context: CliContext,
): Promise<Omit<DemoRequest, 'maxFee' | 'timeoutMs'> & { readonly genesisFile: string }> {
  const { clientOf } = await import('../../rpc.ts');
  const { KeyDirectory } = await import('../../key-directory.ts');
  const { findLocalTestnet, TESTNET_KEYS } = await import('../../local-testnet.ts');
  const { senderOf } = await import('../../../client/transaction-builder.ts');
  const { NodeError } = await import('../../../util/errors.ts');
  const client = await clientOf(context);
  const { genesisHash } = await client.call('net_status');
  const testnet = await findLocalTestnet(context, genesisHash.slice(2));
  if (testnet === undefined)
    throw new NodeError('NO_TESTNET', 'no testnet on this machine makes the chain of that node', {
      hint: 'the demo acts with the keys of a testnet: metanode testnet up',
    });
  const directory = new KeyDirectory(context);
  const keysOf = (name: string) => directory.loadKeyPair(testnet.keyFile(name), { insecureKeys: true });
  return {
    client,
    genesisFile: testnet.genesisFile,
    account: await keysOf(TESTNET_KEYS.account),
    node: await keysOf(TESTNET_KEYS.node),
    imageSigners: await Promise.all(TESTNET_KEYS.imageSigners.map(keysOf)),
    payee: senderOf(await keysOf(TESTNET_KEYS.payee)),
  };
}

/** Checks the finality proof of a receipt with the genesis file alone, as a reader without a node would. */
async function verified(
  client: DemoRequest['client'],
  genesis: Genesis,
  { ledger, action: what, detail, receipt, startLatencyMs }: DemoDeed,
) {
  const { verifyFinalityProofJson } = await import('../../../client/verify-proof.ts');
  const { txId, height, status } = receipt;
  const outcome = verifyFinalityProofJson(await client.call('chain_getTransactionProof', { txId }), genesis);
  const saysTheSame =
    outcome.valid && `0x${outcome.txId}` === txId && outcome.height === height && outcome.status === status;
  return {
    ledger,
    action: what,
    txId,
    height,
    status,
    proof: PROOF_NAMES[ledger],
    detail,
    ...(startLatencyMs === undefined ? {} : { startLatencyMs }),
    verified: saysTheSame,
    check: outcome.valid ? (saysTheSame ? null : 'RECEIPT_DIFFERS') : outcome.check,
    ...(outcome.valid
      ? { seals: outcome.seals, quorum: outcome.quorum, validators: outcome.validators }
      : {}),
    receipt,
  };
}
