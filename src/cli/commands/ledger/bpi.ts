import type { Command } from 'commander';
import { action, type CliContext, type CliProcess } from '../../context.ts';
import { usageError } from '../../exit-code.ts';
import { hash0x, listOf } from '../../parse.ts';
import { sendNamed } from '../../sending/send-named.ts';
import { withSendOptions } from '../../sending/send-options.ts';
import type { SendOptions } from '../../sending/send-transaction.ts';
import { type AboutOptions, subjectFromJson, withAboutOptions, withAgreement } from './bpi-arguments.ts';
import { registerBpiReading } from './bpi-reading.ts';

interface SignOptions extends SendOptions {
  file?: string;
  versionHash?: string;
}
interface InvokeOptions extends SendOptions, AboutOptions {
  key: string;
  value: string;
}
interface CheckOptions extends SendOptions, AboutOptions {
  policy: string;
}
interface AttestOptions extends SendOptions {
  from: string;
  periodFrom: string;
  periodTo: string;
  evidence: string;
  auditor: string[];
}

/** Agreements, from YAML to what is invoked under them. */
export function registerBpi(program: Command, cliProcess: CliProcess): void {
  const bpi = program.command('bpi').description('agreements: propose, sign, invoke, evaluate');
  const sending = (name: string, description: string) =>
    withSendOptions(bpi.command(name).description(description));
  const changing = (name: string, description: string) => withAgreement(sending(name, description));

  sending('propose <file>', 'propose the agreement that a YAML file states')
    .option('--party <address>', 'a party beside the sender; may be repeated', listOf)
    .action(action(cliProcess, propose));
  changing('sign', 'sign an agreement as one of its parties, after reading its terms')
    .option('--file <file>', 'the YAML file that the signer has read')
    .option('--version-hash <hash>', 'or the hash of its terms, as `bpi parse` prints it', hash0x)
    .action(action(cliProcess, sign));
  changing('activate', 'put an agreement into force that all parties have signed').action(
    action(cliProcess, async (context, options: SendOptions, agreement: string) => {
      await sendNamed(context, options, 'bpi', 'Activate', { agreement });
    }),
  );
  withAboutOptions(sending('invoke', 'run an entry of an agreement for a subject'))
    .option('--key <key>', 'key of the entries put and delete', '')
    .option('--value <text>', 'value of the entries record and put', '')
    .action(action(cliProcess, invoke));
  withAboutOptions(sending('check', 'record what the policies say of a subject; changes nothing'))
    .option('--policy <id>', 'only this policy', '')
    .action(action(cliProcess, check));
  changing('attest', 'record that auditors found a control to hold during a period')
    .argument('<control>', 'id of the control')
    .requiredOption('--period-from <time>', 'beginning, as 2026-01-31T00:00:00Z')
    .requiredOption('--period-to <time>', 'end')
    .requiredOption('--evidence <hash>', 'root of the auditors’ evidence, 32 bytes', hash0x)
    .requiredOption('--auditor <key-file>', 'key file of an auditor; may be repeated', listOf)
    .action(action(cliProcess, attest));
  changing('terminate', 'end an agreement for good')
    .option('--reason <text>', 'why, at most 128 bytes', '')
    .action(
      action(
        cliProcess,
        async (context, { reason, ...options }: SendOptions & { reason: string }, agreement: string) => {
          await sendNamed(context, options, 'bpi', 'Terminate', { agreement, reason });
        },
      ),
    );
  registerBpiReading(bpi, cliProcess);
}

async function propose(
  context: CliContext,
  options: SendOptions & { party?: string[] },
  file: string,
): Promise<void> {
  const { readAgreementFile } = await import('../../../node/agreement-file.ts');
  const { addressFromText } = await import('../../../types/address.ts');
  const { encodeOperation } = await import('../../../types/operations/catalog.ts');
  const { BPI } = await import('../../../types/operations/bpi.ts');
  const { sendOperations } = await import('../../sending/send-transaction.ts');
  const { yaml } = await readAgreementFile(file);
  const others = (options.party ?? []).map(addressFromText);
  await sendOperations(context, options, 'bpi', ({ sender }) =>
    encodeOperation(BPI.operations.AgreementPropose, {
      yaml,
      parties: [...new Set([sender, ...others])],
    }),
  );
}

async function sign(context: CliContext, options: SignOptions, agreement: string): Promise<void> {
  const { file, versionHash } = options;
  if ((file === undefined) === (versionHash === undefined))
    throw usageError(
      'say which terms are signed: --file or --version-hash',
      'metanode bpi show <agreement> prints the terms that the chain holds',
    );
  const { readAgreementFile } = await import('../../../node/agreement-file.ts');
  const hash = file === undefined ? versionHash : `0x${(await readAgreementFile(file)).versionHash}`;
  const data = { agreement, versionHash: hash as string };
  await sendNamed(context, options, 'bpi', 'AgreementSign', data);
}

async function invoke(context: CliContext, options: InvokeOptions, agreement: string): Promise<void> {
  const { toHex, utf8 } = await import('../../../util/bytes.ts');
  const { entry, key, value, subject } = options;
  await sendNamed(context, options, 'bpi', 'Invoke', {
    agreement,
    entry,
    key,
    value: `0x${toHex(utf8(value))}`,
    subject: subjectFromJson(subject),
  });
}

async function check(context: CliContext, options: CheckOptions, agreement: string): Promise<void> {
  const { policy: policyId, entry, subject } = options;
  await sendNamed(context, options, 'bpi', 'PolicyCheck', {
    agreement,
    policyId,
    entry,
    subject: subjectFromJson(subject),
  });
}

async function attest(
  context: CliContext,
  options: AttestOptions,
  agreement: string,
  controlId: string,
): Promise<void> {
  const { BPI } = await import('../../../types/operations/bpi.ts');
  const { sendApproved } = await import('../../sending/send-transaction.ts');
  const by = { ledger: 'bpi', authority: 'auditors', keys: options.auditor } as const;
  await sendApproved(context, options, by, BPI.operations.ComplianceAttest, {
    agreement: agreement.slice(2),
    controlId,
    periodFromMs: timeOf(options.periodFrom),
    periodToMs: timeOf(options.periodTo),
    evidenceRoot: options.evidence.slice(2),
    approvals: [],
  });
}

function timeOf(text: string): number {
  const ms = Date.parse(text);
  if (!/^\d{4}-\d\d-\d\d/.test(text) || Number.isNaN(ms))
    throw usageError(`not a time: ${text}`, 'write it as 2026-01-31T00:00:00Z');
  return ms;
}
