import { readFile, writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { Genesis } from '../../../types/genesis.ts';
import { action, type CliContext, type CliProcess } from '../../context.ts';
import { usageError } from '../../exit-code.ts';
import { renderTable, toJsonText } from '../../output.ts';
import { coins, decimal, formatCoins, listOf, token } from '../../parse.ts';

interface NewOptions {
  chainId: number;
  time?: string;
  validators?: string[];
  authorities?: string;
  alloc?: string[];
  fork?: string[];
  testnet?: boolean;
  seed?: string;
  validatorCount: number;
  out?: string;
}

const DEFAULT_TESTNET_VALIDATORS = 21;

export function registerGenesis(program: Command, cliProcess: CliProcess): void {
  const genesis = program.command('genesis').description('make and look at genesis files');
  genesis
    .command('new')
    .description('write the genesis of a new chain; with --seed, that of a testnet whose keys derive from it')
    .option('--chain-id <id>', 'chain id', decimal, 1)
    .option('--time <rfc3339>', 'time of the chain’s beginning (default: now)')
    .option(
      '--validators <file>',
      'JSON of a validator, or a list of them, as `node init --keys-only` makes it; may be repeated',
      listOf,
    )
    .option('--authorities <file>', 'JSON list of {name, threshold, keys}')
    .option('--alloc <token:address=amount>', 'coins from the start; may be repeated', listOf)
    .option('--fork <name@height>', 'a scheduled change of rules; may be repeated', listOf)
    .option('--testnet', 'a test network: with a faucet')
    .option('--seed <text>', 'a testnet with known keys for validators, banks, oracles and authorities')
    .option(
      '--validator-count <count>',
      'validators of a testnet made from a seed',
      decimal,
      DEFAULT_TESTNET_VALIDATORS,
    )
    .option('--out <file>', 'write to this file, not to standard output')
    .action(action(cliProcess, newGenesis));
  genesis
    .command('inspect <file>')
    .description('print what a genesis says')
    .action(action(cliProcess, inspect));
  genesis
    .command('hash <file>')
    .description('print the hash that names the chain')
    .action(action(cliProcess, printHash));
  genesis
    .command('validate <file>')
    .description('check a genesis file; exit code 1 and the broken rule if it is not valid')
    .action(action(cliProcess, validate));
}

async function newGenesis(context: CliContext, options: NewOptions): Promise<void> {
  const { GenesisType, hashGenesis } = await import('../../../types/genesis.ts');
  const { validateGenesis } = await import('../../../types/genesis-check.ts');
  const timeMs = options.time === undefined ? Date.now() : Date.parse(options.time);
  if (Number.isNaN(timeMs))
    throw usageError(`not a time: ${options.time}`, 'write it as 2026-01-31T12:00:00Z');
  const genesis =
    options.seed === undefined
      ? await customGenesis(options, timeMs)
      : await seededGenesis(options, options.seed, timeMs);
  genesis.forks.push(...(options.fork ?? []).map(parseFork));
  validateGenesis(genesis);
  const text = `${toJsonText(GenesisType.toJson(genesis))}\n`;
  const genesisHash = `0x${hashGenesis(genesis)}`;
  if (options.out === undefined) {
    context.process.stdout.write(text);
    return;
  }
  await writeFile(options.out, text, { flag: 'wx' });
  context.output.result({ genesisHash, file: options.out }, `${genesisHash}  ${options.out}`);
}

async function seededGenesis(options: NewOptions, seed: string, timeMs: number): Promise<Genesis> {
  if (options.validators !== undefined || options.authorities !== undefined || options.alloc !== undefined)
    throw usageError('--seed derives validators, authorities and allocations; they cannot be given as well');
  const { createTestnetGenesis } = await import('../../../../testnet/genesis.ts');
  const { DEFAULT_PARAMETERS } = await import('../../../types/genesis.ts');
  return createTestnetGenesis({
    seed,
    validators: options.validatorCount,
    chainId: options.chainId,
    timeMs,
    blockTimeMs: DEFAULT_PARAMETERS.targetBlockIntervalMs,
    emptyBlocksMs: DEFAULT_PARAMETERS.emptyBlockIntervalMs,
  });
}

async function customGenesis(options: NewOptions, timeMs: number): Promise<Genesis> {
  if (options.validators === undefined)
    throw usageError(
      'a chain needs validators',
      'give --validators <file> (node init --keys-only makes an entry), or --seed',
    );
  const { randomBytes } = await import('node:crypto');
  const types = await import('../../../types/genesis.ts');
  const { ListCompositeType } = await import('@chainsafe/ssz');
  const { fromJson } = await import('../../../types/ssz.ts');
  const { LIMITS } = await import('../../../util/limits.ts');
  const validatorList = new ListCompositeType(types.GenesisValidatorType, LIMITS.maxValidators);
  const authorityList = new ListCompositeType(types.AuthorityType, LIMITS.maxAuthorities);
  const authorities = options.authorities === undefined ? [] : await readJson(options.authorities);
  const allocations = await Promise.all((options.alloc ?? []).map(parseAllocation));
  const entries = (await Promise.all(options.validators.map(readJson))).flat();
  const validators = fromJson(validatorList, entries, 'list of validators');
  return {
    version: types.GENESIS_VERSION,
    salt: randomBytes(16).toString('hex'),
    chainId: options.chainId,
    testnet: options.testnet ?? false,
    timeMs,
    parameters: { ...types.DEFAULT_PARAMETERS },
    validators: [...validators].sort((a, b) => (a.id < b.id ? -1 : 1)),
    allocations,
    meters: [],
    banks: [],
    authorities: fromJson(authorityList, authorities, 'list of authorities'),
    forks: [],
  };
}

async function readJson(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8');
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw usageError(`${path} is no JSON: ${(cause as Error).message}`);
  }
}

/** `GEN:meta1…=12.5` */
async function parseAllocation(text: string): Promise<Genesis['allocations'][number]> {
  const { addressFromText } = await import('../../../types/address.ts');
  const match = /^(\w+):(\w+)=([\d.]+)$/.exec(text);
  if (match === null) throw usageError(`not an allocation: ${text}`, 'write it as GEN:meta1…=100');
  const [, name, address, amount] = match as unknown as [string, string, string, string];
  return { token: token(name), address: addressFromText(address), amount: coins(amount) };
}

function parseFork(text: string): Genesis['forks'][number] {
  const match = /^([^@]+)@(\d{1,15})$/.exec(text);
  if (match === null) throw usageError(`not a fork: ${text}`, 'write it as name@height');
  return { name: match[1] as string, height: Number(match[2]) };
}

async function readGenesis(path: string): Promise<{ genesis: Genesis; genesisHash: string }> {
  const { loadGenesisFile } = await import('../../../node/genesis-file.ts');
  const { hashGenesis } = await import('../../../types/genesis.ts');
  const genesis = await loadGenesisFile(path);
  return { genesis, genesisHash: `0x${hashGenesis(genesis)}` };
}

async function inspect({ output }: CliContext, _options: unknown, path: string): Promise<void> {
  const { GenesisType } = await import('../../../types/genesis.ts');
  const { genesis, genesisHash } = await readGenesis(path);
  const sums = new Map<string, bigint>();
  for (const { token: name, amount } of [...genesis.allocations, ...genesis.meters])
    sums.set(name, (sums.get(name) ?? 0n) + amount);
  const rows = [
    ['hash', genesisHash],
    ['chain id', String(genesis.chainId)],
    ['testnet', genesis.testnet ? 'yes' : 'no'],
    ['time', new Date(genesis.timeMs).toISOString()],
    ['validators', String(genesis.validators.length)],
    ['bonds', `${formatCoins(genesis.validators.reduce((sum, { bond }) => sum + bond, 0n))} GEN`],
    ['given away', [...sums].map(([name, amount]) => `${formatCoins(amount)} ${name}`).join(', ')],
    ['banks', String(genesis.banks.length)],
    [
      'authorities',
      genesis.authorities
        .map(({ name, threshold, keys }) => `${name} ${threshold} of ${keys.length}`)
        .join(', '),
    ],
    ['forks', genesis.forks.map(({ name, height }) => `${name}@${height}`).join(', ') || 'none'],
  ];
  output.result(
    { genesisHash, genesis: GenesisType.toJson(genesis) },
    renderTable(['', ''], rows).trimStart(),
  );
}

async function printHash({ output }: CliContext, _options: unknown, path: string): Promise<void> {
  const { genesisHash } = await readGenesis(path);
  output.result({ genesisHash }, genesisHash);
}

async function validate({ output }: CliContext, _options: unknown, path: string): Promise<void> {
  const { genesisHash } = await readGenesis(path);
  output.result({ valid: true, genesisHash }, `valid  ${genesisHash}`);
}
