import type { Command } from 'commander';
import type { KeyPair } from '../../../crypto/ed25519.ts';
import { NodeError } from '../../../util/errors.ts';
import { type LimitOptions, limitsOf, withLimitOptions } from '../../containers/limit-options.ts';
import type { ContainerReport } from '../../containers/run-container.ts';
import { action, type CliContext, type CliProcess } from '../../context.ts';
import { usageError } from '../../exit-code.ts';
import type { KeyAccess } from '../../key-directory.ts';
import { decimal, duration, listOf } from '../../parse.ts';
import { maxFeeOption } from '../../sending/send-options.ts';

interface RunOptions extends KeyAccess, LimitOptions {
  rootfs: string;
  from?: string;
  nodeKey?: string;
  imageSigner?: string[];
  network?: string[] | true;
  app?: string;
  replica: number;
  timeLimit?: number;
  maxFee: bigint;
  timeout: number;
}

/** An app that may reach any host says so by the unspecified address. */
const ANY_HOST = '0.0.0.0';

export function registerDocklockRun(docklock: Command, cliProcess: CliProcess): void {
  docklock
    .command('rootfs <dir>')
    .description('make a small root file system from busybox-static')
    .action(action(cliProcess, rootfs));
  withLimitOptions(
    docklock
      .command('run <command...>')
      .description(
        'run a container and have the chain record it; on a local testnet its keys are used by default',
      ),
    'default',
  )
    .requiredOption('--rootfs <dir>', 'root file system, which the container sees read-only')
    .option('--from <key>', 'account that owns the app and pays')
    .option('--node-key <key>', 'key of the node that reports')
    .option(
      '--image-signer <key>',
      'who vouches for an image that is not registered; may be repeated',
      listOf,
    )
    .option('--password-file <file>', 'password of the key files')
    .option('--insecure-keys', 'accept key files in the clear')
    .option(
      '--network [host]',
      'share the network of this machine; hosts that the app talks to, as the chain is told',
      hosts,
    )
    .option(
      '--app <name>',
      'app that the container belongs to, and can run again (default: one for this run)',
    )
    .option('--replica <number>', 'replica of the app', decimal, 0)
    .option('--time-limit <duration>', 'kill it after this time', duration)
    .addOption(maxFeeOption())
    .option('--timeout <duration>', 'longest wait for a receipt', duration, 30_000)
    .action(action(cliProcess, run));
}

function hosts(text: string, previous: string[] | true | undefined): string[] {
  return listOf(text, Array.isArray(previous) ? previous : undefined);
}

async function rootfs(context: CliContext, _options: unknown, directory: string): Promise<void> {
  const { makeRootfs } = await import('../../../runtime/rootfs.ts');
  const { imageOfRootfs } = await import('../../../runtime/rootfs-image.ts');
  const made = await makeRootfs(directory);
  const { digest, size } = await imageOfRootfs(directory);
  context.output.result(
    { ...made, digest: `0x${digest}`, size },
    `${made.programs} programs of ${made.busybox} in ${directory}\nimage 0x${digest}, ${size} bytes`,
  );
}

async function run(context: CliContext, options: RunOptions, command: string[]): Promise<void> {
  const { runContainerOnChain } = await import('../../containers/run-container.ts');
  const { clientOf } = await import('../../rpc.ts');
  const client = await clientOf(context);
  const { genesisHash } = await client.call('net_status');
  const keys = await keysOf(context, options, genesisHash.slice(2));
  const { output } = context;
  const isStreaming = !output.options.json;
  const interrupted = new AbortController();
  const onSignal = () => interrupted.abort();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  try {
    const report = await runContainerOnChain({
      client,
      ...keys,
      rootfs: options.rootfs,
      command,
      limits: limitsOf(options),
      hosts: options.network === true ? [ANY_HOST] : (options.network ?? []),
      appName: options.app,
      replica: options.replica,
      timeLimitMs: options.timeLimit,
      maxFee: options.maxFee,
      timeoutMs: options.timeout,
      signal: interrupted.signal,
      onProgress: (what, detail) => output.step(what, detail),
      onOutput: (stream, chunk) => {
        if (isStreaming) context.process[stream].write(chunk);
      },
    });
    output.result(reportView(report), await renderReport(report));
    if (report.end.kind === 'failed') throw new NodeError('CONTAINER_FAILED', report.end.message);
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(signal, onSignal);
  }
}

/** The keys that were named, or those of the testnet on this machine that makes this chain. */
async function keysOf(context: CliContext, options: RunOptions, genesisHash: string) {
  const { KeyDirectory } = await import('../../key-directory.ts');
  const { findLocalTestnet, TESTNET_KEYS } = await import('../../local-testnet.ts');
  const directory = new KeyDirectory(context);
  const testnet = await findLocalTestnet(context, genesisHash);
  const keyOf = async (given: string | undefined, fallback: string, flag: string): Promise<KeyPair> => {
    if (given !== undefined) return await directory.loadKeyPair(given, options);
    if (testnet !== undefined)
      return await directory.loadKeyPair(testnet.keyFile(fallback), { insecureKeys: true });
    throw usageError(
      `${flag} is missing`,
      'only on a testnet of this machine there is a key to use by default',
    );
  };
  const signerFiles = testnet === undefined ? [] : TESTNET_KEYS.imageSigners.map(testnet.keyFile);
  return {
    owner: await keyOf(options.from, TESTNET_KEYS.account, '--from'),
    node: await keyOf(options.nodeKey, TESTNET_KEYS.node, '--node-key'),
    imageSigners:
      options.imageSigner === undefined
        ? await directory.loadKeyPairs(signerFiles, { insecureKeys: true })
        : await directory.loadKeyPairs(options.imageSigner, options),
  };
}

function reportView(report: ContainerReport) {
  const { app, image, node, startLatencyMs, usage, receipt, preparation, ...rest } = report;
  return {
    app: `0x${app}`,
    image: `0x${image}`,
    node: `0x${node}`,
    ...rest,
    startLatencyMs: startLatencyMs ?? null,
    usage: Object.fromEntries(Object.entries(usage).map(([name, value]) => [name, value ?? null])),
    preparation,
    receipt,
  };
}

async function renderReport(report: ContainerReport): Promise<string> {
  const { renderReceipt } = await import('../../sending/send-transaction.ts');
  const { end, usage, startLatencyMs, durationMs } = report;
  const count = (value: number | undefined, unit: string) =>
    value === undefined ? 'not measured' : `${value} ${unit}`;
  return [
    `container    ${describeEnd(report)}`,
    `started in   ${count(startLatencyMs, 'ms')}${end.kind === 'failed' ? '' : `, ran ${durationMs} ms`}`,
    `CPU          ${count(usage.cpuNs === undefined ? undefined : Math.floor(usage.cpuNs / 1e6), 'ms')}`,
    `memory peak  ${count(usage.memoryPeakBytes === undefined ? undefined : Math.ceil(usage.memoryPeakBytes / 1024), 'KiB')}`,
    `app          0x${report.app} (${report.appName}), replica ${report.replica}, generation ${report.generation}`,
    renderReceipt(report.receipt),
  ].join('\n');
}

function describeEnd({ end, isOutputCut }: ContainerReport): string {
  const cut = isOutputCut ? '; it wrote more than is kept' : '';
  switch (end.kind) {
    case 'exited':
      return `ended with code ${end.code}${cut}`;
    case 'killed':
      return `killed (${end.by}), code ${end.code}${cut}`;
    case 'failed':
      return `did not start: ${end.message}`;
  }
}
