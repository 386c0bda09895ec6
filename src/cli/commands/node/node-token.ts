import type { Command } from 'commander';
import type { Scope } from '../../../rpc/schema/method.ts';
import { action, type CliContext, type CliProcess } from '../../context.ts';
import { usageError } from '../../exit-code.ts';
import { listOf } from '../../parse.ts';

/** `node token`: who may use the RPC of the node in `--data-dir`, beyond what is open to all. */
export function registerNodeToken(node: Command, cliProcess: CliProcess): void {
  const token = node.command('token').description('tokens for the JSON-RPC of the node in --data-dir');
  token
    .command('create')
    .description('make a token and print it, this once')
    .argument('<name>', 'what the token is called')
    .requiredOption('--scope <scope>', 'read, write, debug or admin; may be repeated', listOf)
    .action(action(cliProcess, createToken));
  token.command('list').description('names and scopes of the tokens').action(action(cliProcess, listTokens));
  token
    .command('revoke')
    .description('take a token away; a running node heeds it within a second')
    .argument('<name>', 'what the token is called')
    .action(action(cliProcess, revokeToken));
}

async function tokenFileOf({ dataDir }: CliContext) {
  const { tokenFileIn } = await import('../../../node/token-file.ts');
  return tokenFileIn(dataDir);
}

async function createToken(context: CliContext, options: { scope: string[] }, name: string): Promise<void> {
  const { SCOPES } = await import('../../../rpc/schema/method.ts');
  const unknown = options.scope.find((scope) => !SCOPES.some((known) => known === scope));
  if (unknown !== undefined) throw usageError(`there is no scope ${unknown}`, `scopes: ${SCOPES.join(', ')}`);
  const scopes = options.scope as Scope[];
  const text = await (await tokenFileOf(context)).create(name, scopes);
  context.output.result({ name, scopes, token: text }, text);
}

async function listTokens(context: CliContext): Promise<void> {
  const tokens = (await tokenFileOf(context)).tokens().map(({ name, scopes }) => ({ name, scopes }));
  context.output.result(
    { tokens },
    tokens.map(({ name, scopes }) => `${name}  ${scopes.join(' ')}`).join('\n') || 'no tokens',
  );
}

async function revokeToken(context: CliContext, _options: unknown, name: string): Promise<void> {
  await (await tokenFileOf(context)).revoke(name);
  context.output.result({ name, revoked: true }, `revoked ${name}`);
}
