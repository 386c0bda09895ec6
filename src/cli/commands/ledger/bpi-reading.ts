import { type Command, Option } from 'commander';
import { AGREEMENT_STATES, type AgreementTerms } from '../../../types/agreement.ts';
import { action, type CliContext, type CliProcess } from '../../context.ts';
import { show } from '../../json-answers.ts';
import { renderTable } from '../../output.ts';
import { decimal, hash0x } from '../../parse.ts';
import { type AboutOptions, subjectFromJson, withAboutOptions, withAgreement } from './bpi-arguments.ts';

type AgreementState = (typeof AGREEMENT_STATES)[number];

interface EvaluateOptions extends AboutOptions {
  policy: string;
  actor?: string;
}
interface ListOptions {
  party?: string;
  state?: AgreementState;
  limit: number;
}

/** Commands that send nothing. */
export function registerBpiReading(bpi: Command, cliProcess: CliProcess): void {
  bpi
    .command('parse <file>')
    .description('the typed terms that a YAML file states, or the line on which it goes wrong; needs no node')
    .action(action(cliProcess, parse));
  bpi
    .command('example')
    .description('an agreement in YAML to begin with')
    .action(
      action(cliProcess, async (context) => {
        const { EXAMPLE_AGREEMENT } = await import('../../../client/example-agreement.ts');
        context.output.result({ yaml: EXAMPLE_AGREEMENT }, EXAMPLE_AGREEMENT.trimEnd());
      }),
    );
  withAgreement(bpi.command('show').description('an agreement with its terms')).action(
    action(cliProcess, showAgreement),
  );
  bpi
    .command('list')
    .description('agreements')
    .option('--party <address>', 'only those of this party')
    .addOption(new Option('--state <state>', 'only those in this state').choices(AGREEMENT_STATES))
    .option('--limit <count>', 'at most so many', decimal, 50)
    .action(action(cliProcess, list));
  withAboutOptions(
    bpi
      .command('evaluate')
      .description('what the policies would say to an invocation now, and which of them decides'),
  )
    .option('--policy <id>', 'only this policy', '')
    .option('--actor <address>', 'who would invoke (default: who proposed the agreement)')
    .action(action(cliProcess, evaluate));
  bpi
    .command('proof')
    .argument('<tx-id>', 'a bpi transaction', hash0x)
    .description('the Proof-of-Execution of a transaction')
    .action(
      action(cliProcess, async (context, _options, txId: string) => {
        await show(context, (client) => client.call('bpi_getProofOfExecution', { txId }));
      }),
    );
}

async function parse(context: CliContext, _options: unknown, file: string): Promise<void> {
  const { readAgreementFile } = await import('../../../node/agreement-file.ts');
  const { terms, versionHash } = await readAgreementFile(file);
  context.output.result(
    { versionHash: `0x${versionHash}`, ...terms },
    [...renderTerms(terms), `version hash  0x${versionHash}`].join('\n'),
  );
}

type ShownTerms = Pick<AgreementTerms, 'name' | 'version' | 'enforcement' | 'defaultDecision'> & {
  readonly policies: readonly ShownPolicy[];
};
type ShownPolicy = Pick<AgreementTerms['policies'][number], 'id' | 'type' | 'effect'> & {
  readonly settings: object;
};

function renderTerms({ name, version, enforcement, defaultDecision, policies }: ShownTerms): string[] {
  return [
    `name          ${JSON.stringify(name)}, version ${version}`,
    `enforcement   ${enforcement}, ${defaultDecision} where no policy applies`,
    renderTable(
      ['policy', 'type', 'effect', 'settings'],
      policies.map(({ id, type, effect, settings }) => [id, type, effect, JSON.stringify(settings)]),
    ),
  ];
}

async function showAgreement(context: CliContext, _options: unknown, agreement: string): Promise<void> {
  const { clientOf } = await import('../../rpc.ts');
  const answer = await (await clientOf(context)).call('bpi_getAgreement', { agreement });
  const { state, parties, signers, invocations, attestations, versionHash, store, height } = answer;
  const party = (address: string) => `party         ${address}${signers.includes(address) ? ' signed' : ''}`;
  context.output.result(
    answer,
    [
      ...renderTerms(answer),
      `version hash  ${versionHash}`,
      `state         ${state}, ${signers.length} of ${parties.length} signed`,
      ...parties.map(party),
      `done          ${invocations} invocations, ${store.length} stored values, ${attestations} attestations`,
      `at height     ${height}`,
    ].join('\n'),
  );
}

async function list(context: CliContext, { party, state, limit }: ListOptions): Promise<void> {
  const { clientOf } = await import('../../rpc.ts');
  const answer = await (await clientOf(context)).call('bpi_listAgreements', {
    limit,
    ...(party === undefined ? {} : { party }),
    ...(state === undefined ? {} : { state }),
  });
  const rows = answer.items.map((item) => [
    item.agreement,
    item.name,
    item.state,
    `${item.signers.length} of ${item.parties.length}`,
    String(item.invocations),
  ]);
  const { total = rows.length, height } = answer;
  context.output.result(
    answer,
    `${renderTable(['agreement', 'name', 'state', 'signed', 'invoked'], rows)}\n${rows.length} of ${total} at height ${height}`,
  );
}

async function evaluate(context: CliContext, options: EvaluateOptions, agreement: string): Promise<void> {
  const { clientOf } = await import('../../rpc.ts');
  const { policy: policyId, entry, subject, actor } = options;
  const answer = await (await clientOf(context)).call('bpi_evaluatePolicy', {
    agreement,
    subject: subjectFromJson(subject),
    entry,
    policyId,
    ...(actor === undefined ? {} : { actor }),
  });
  const rows = answer.trace.map(({ policy, outcome, reason, decides }) => [
    decides ? '→' : '',
    policy.id,
    policy.type,
    outcome,
    reason === 'none' ? '' : reason,
    JSON.stringify(policy.settings),
  ]);
  const who = answer.policyId === null ? '' : ` by ${answer.policyId}: ${answer.reason}`;
  context.output.result(
    answer,
    [
      renderTable(['', 'policy', 'type', 'says', 'why', 'settings'], rows),
      `decision     ${answer.decision}${who || (answer.reason === 'none' ? '' : `: ${answer.reason}`)}`,
      `obligations  ${answer.obligations.join(', ') || 'none'}`,
      `receipt      ${answer.status} if it were invoked now (height ${answer.height})`,
    ].join('\n'),
  );
}
