import { type Command, Option } from 'commander';
import { action, type CliContext, type CliProcess } from '../../context.ts';
import type { BundleContent } from '../../doctor/bundle.ts';
import type { Finding } from '../../doctor/finding.ts';
import { addNodeFlags, nodeOptionsOf } from '../../node-flags.ts';
import type { Output } from '../../output.ts';
import { listOf } from '../../parse.ts';

interface DoctorOptions {
  bundle?: string;
  log?: string[];
  fix?: boolean;
}

/** `doctor`: what keeps a node on this machine from working, and what to do about it. */
export function registerDoctor(program: Command, cliProcess: CliProcess): void {
  const doctor = program
    .command('doctor')
    .description(
      'check this machine, the data directory and the node, given the flags of `node start`; exit code 6 if something is wrong',
    )
    .option('--fix', 'mend what can be mended without harm: who may read key files')
    .option('--bundle <file>', 'write findings, options, status and logs into a .tgz, with secrets removed')
    .addOption(
      new Option('--log <file>', 'log to put in; may be repeated (default: those of the testnet)').argParser(
        listOf,
      ),
    );
  addNodeFlags(doctor, 'node').action(action(cliProcess, examine));
}

async function examine(context: CliContext, { bundle, log, fix }: DoctorOptions): Promise<void> {
  const { checkMachine, checkPorts } = await import('../../doctor/machine-checks.ts');
  const { checkDataDir } = await import('../../doctor/data-dir-checks.ts');
  const { checkNode } = await import('../../doctor/node-checks.ts');
  const { clientOf } = await import('../../rpc.ts');
  const { NodeError } = await import('../../../util/errors.ts');
  const { output, dataDir } = context;
  const { options } = nodeOptionsOf(context);
  output.progress('looking at this machine, its data and its node');
  const client = await clientOf(context);
  const directory = await checkDataDir(dataDir);
  const node = await checkNode(client, directory.genesisHash);
  const findings = [
    ...(await checkMachine(dataDir)),
    // A node that answers has its ports already.
    ...(node.answers ? [] : await checkPorts(options)),
    ...directory.findings,
    ...node.findings,
  ];
  const fixed = fix === true ? await mend(findings) : [];
  const told = findings.map(({ check, level, detail, hint }) =>
    fixed.includes(check)
      ? { check, level: 'ok' as const, detail: 'mended', hint: null }
      : { check, level, detail, hint },
  );
  const ok = told.every(({ level }) => level !== 'problem');
  const files =
    bundle === undefined
      ? undefined
      : await bundleOf(context, bundle, { findings: told, client: node.answers ? client : undefined, log });
  output.result(
    { ok, findings: told, fixed, ...(files === undefined ? {} : { bundle, files }) },
    told.map((finding) => lineOf(output, finding)).join('\n'),
  );
  if (files !== undefined)
    output.note(`${bundle}: ${files.length} files; look through it before you give it away`);
  if (!ok) throw new NodeError('NOT_HEALTHY', 'something is wrong here');
}

async function mend(findings: readonly Finding[]): Promise<string[]> {
  const mendable = findings.filter(({ fix }) => fix !== undefined);
  for (const { fix } of mendable) await fix?.();
  return mendable.map(({ check }) => check);
}

function lineOf(output: Output, { check, level, detail, hint }: Finding): string {
  const mark = level === 'ok' ? output.green('✔') : level === 'warning' ? '!' : output.red('✖');
  return `${mark} ${check.padEnd(18)} ${detail}${hint === null || level === 'ok' ? '' : `\n  ${' '.repeat(18)} → ${hint}`}`;
}

async function bundleOf(
  context: CliContext,
  file: string,
  {
    findings,
    client,
    log,
  }: Pick<BundleContent, 'findings' | 'client'> & {
    log: string[] | undefined;
  },
): Promise<string[]> {
  const { logsIn, writeBundle } = await import('../../doctor/bundle.ts');
  const { machineFacts } = await import('../../doctor/machine-checks.ts');
  const { Secrets } = await import('../../doctor/secrets.ts');
  const { testnetHome } = await import('../../paths.ts');
  const { tokenOf } = await import('../../rpc.ts');
  const { optionsInEffect } = await import('../../../node/options.ts');
  const dataDirs = [context.dataDir, testnetHome('default', context.process.env)];
  const { options, origins } = nodeOptionsOf(context);
  const token = await tokenOf(context);
  const secrets = await Secrets.collect({
    dataDirs,
    swarmKeyFile: options.swarmKeyFile,
    passwordFiles: options.keyPasswordFile === undefined ? [] : [options.keyPasswordFile],
    texts: token === undefined ? [] : [token],
  });
  const content = {
    findings,
    machine: machineFacts(),
    options: optionsInEffect(options, origins),
    client,
    logFiles: log ?? (await Promise.all(dataDirs.map(logsIn))).flat(),
  };
  return await writeBundle(file, content, secrets);
}
