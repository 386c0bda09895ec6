import { Argument, type Command, Option } from 'commander';
import { VOTE_DECISIONS } from '../../../types/operations/bpci.ts';
import { action, type CliContext, type CliProcess } from '../../context.ts';
import { renderTable } from '../../output.ts';
import { formatCoins, hash0x } from '../../parse.ts';
import { sendNamed } from '../../sending/send-named.ts';
import { withSendOptions } from '../../sending/send-options.ts';
import type { SendOptions } from '../../sending/send-transaction.ts';

const MEMBER_STATUSES = ['candidate', 'validator', 'jailed'] as const;
type MemberStatus = (typeof MEMBER_STATUSES)[number];
type JoinOptions = SendOptions & { consensusKey: string; vrfKey: string; bondRef: string };
type RotateOptions = SendOptions & { oldConsensusKey: string; consensusKey: string; vrfKey: string };

/** The validator set: who joins, votes, rotates and leaves. */
export function registerBpciValidators(bpci: Command, cliProcess: CliProcess): void {
  const sending = (name: string, description: string) =>
    withSendOptions(bpci.command(name).description(description));

  sending('join', 'the sender becomes a candidate for the validator set')
    .requiredOption('--consensus-key <key>', 'key file that will sign votes, as `node init` makes it')
    .requiredOption('--vrf-key <key>', 'key file of the beacon')
    .requiredOption(
      '--bond-ref <hash>',
      'lock of GEN for this ledger, purpose bond: see `economy lock`',
      hash0x,
    )
    .action(action(cliProcess, join));
  sending('vote <account>', 'as a validator: admit a candidate, or remove a validator')
    .addArgument(new Argument('<decision>').choices(VOTE_DECISIONS))
    .action(
      action(cliProcess, async (context, options: SendOptions, candidate: string, decision: string) => {
        await sendNamed(context, options, 'bpci', 'ValVote', { candidate, decision });
      }),
    );
  sending('leave', 'the sender is validator or candidate no longer').action(action(cliProcess, leave));
  sending('rotate', 'new keys of the sender, who stays in the set')
    .requiredOption('--old-consensus-key <key>', 'key file that signs votes until now')
    .requiredOption('--consensus-key <key>', 'key file that will sign votes')
    .requiredOption('--vrf-key <key>', 'key file of the beacon, new or as before')
    .action(action(cliProcess, rotate));
  bpci
    .command('members')
    .description('candidates and validators, their bonds and the votes about them')
    .addOption(new Option('--status <status>', 'only these').choices(MEMBER_STATUSES))
    .action(action(cliProcess, members));
}

async function join(context: CliContext, options: JoinOptions): Promise<void> {
  const { signValJoin } = await import('../../../client/bpci-operations.ts');
  const { BPCI } = await import('../../../types/operations/bpci.ts');
  const { encodeOperation } = await import('../../../types/operations/catalog.ts');
  const { loadValidatorKeys } = await import('../../sending/bpci-operations.ts');
  const { sendOperations } = await import('../../sending/send-transaction.ts');
  const keys = await loadValidatorKeys(context, options);
  const bondRef = options.bondRef.slice(2);
  await sendOperations(context, options, 'bpci', ({ genesisHash, sender }) =>
    encodeOperation(BPCI.operations.ValJoin, signValJoin(genesisHash, sender, keys, bondRef)),
  );
}

async function leave(context: CliContext, options: SendOptions): Promise<void> {
  const { BPCI } = await import('../../../types/operations/bpci.ts');
  const { encodeOperation } = await import('../../../types/operations/catalog.ts');
  const { sendOperations } = await import('../../sending/send-transaction.ts');
  await sendOperations(context, options, 'bpci', ({ sender }) =>
    encodeOperation(BPCI.operations.ValLeave, { validator: sender }),
  );
}

async function rotate(context: CliContext, options: RotateOptions): Promise<void> {
  const { signKeyRotate } = await import('../../../client/bpci-operations.ts');
  const { BPCI } = await import('../../../types/operations/bpci.ts');
  const { encodeOperation } = await import('../../../types/operations/catalog.ts');
  const { KeyDirectory } = await import('../../key-directory.ts');
  const { loadValidatorKeys } = await import('../../sending/bpci-operations.ts');
  const { sendOperations } = await import('../../sending/send-transaction.ts');
  const old = await new KeyDirectory(context).loadKeyPair(options.oldConsensusKey, options);
  const next = await loadValidatorKeys(context, options);
  await sendOperations(context, options, 'bpci', ({ genesisHash, sender, nonce }) =>
    encodeOperation(
      BPCI.operations.KeyRotate,
      signKeyRotate(genesisHash, { validator: sender, nonce }, old, next),
    ),
  );
}

async function members(context: CliContext, { status }: { status?: MemberStatus }): Promise<void> {
  const { clientOf } = await import('../../rpc.ts');
  const { LIMITS } = await import('../../../util/limits.ts');
  const answer = await (await clientOf(context)).call('bpci_listMembers', {
    limit: LIMITS.maxPageItems,
    ...(status === undefined ? {} : { status }),
  });
  const rows = answer.items.map(({ id, status: kind, bond, votes }) => [
    id,
    kind,
    formatCoins(BigInt(bond)),
    String(votes.filter(({ decision }) => decision === 'admit').length),
    String(votes.filter(({ decision }) => decision === 'remove').length),
  ]);
  const header = ['account', 'status', 'bond GEN', 'to admit', 'to remove'];
  const shown = answer.nextCursor === null ? '' : `, ${answer.items.length} of ${answer.total}`;
  context.output.result(answer, `${renderTable(header, rows)}\nat height ${answer.height}${shown}`);
}
