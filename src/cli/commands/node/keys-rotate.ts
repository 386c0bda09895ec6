import type { Command } from 'commander';
import type { Client } from '../../../client/client.ts';
import { NodeError } from '../../../util/errors.ts';
import { LIMITS } from '../../../util/limits.ts';
import { action, type CliContext, type CliProcess } from '../../context.ts';
import type { KeyAccess, KeyDirectory } from '../../key-directory.ts';
import { withSendOptions } from '../../sending/send-options.ts';
import type { SendOptions } from '../../sending/send-transaction.ts';

const HELP = `
The keys are made in <data-dir>/keys, which must be that of the running node, under the password of its other key
files. The node finds them there and changes over by itself, two blocks after the transaction; until then it signs with
the old ones. A rotation that was broken off is taken up again with the keys that it had made.`;

export function registerKeysRotate(keys: Command, cliProcess: CliProcess): void {
  withSendOptions(
    keys.command('rotate').description('give a running validator a new consensus key and a new VRF key'),
  )
    .addHelpText('after', HELP)
    .action(action(cliProcess, rotateKeys));
}

async function rotateKeys(context: CliContext, options: SendOptions): Promise<void> {
  const { signKeyRotate } = await import('../../../client/bpci-operations.ts');
  const { addressToText } = await import('../../../types/address.ts');
  const { BPCI } = await import('../../../types/operations/bpci.ts');
  const { encodeOperation } = await import('../../../types/operations/catalog.ts');
  const { KeyDirectory } = await import('../../key-directory.ts');
  const { loadValidatorKeys } = await import('../../sending/bpci-operations.ts');
  const { sendOperations } = await import('../../sending/send-transaction.ts');
  const directory = new KeyDirectory(context);
  await sendOperations(context, options, 'bpci', async ({ client, genesisHash, sender, nonce }) => {
    const id = addressToText(sender);
    const current = await currentFile(client, directory, id);
    const files = await nextFiles(directory, current, id, options);
    const old = await directory.loadKeyPair(current, options);
    const next = await loadValidatorKeys(context, { ...options, ...files });
    const by = { validator: sender, nonce };
    return encodeOperation(BPCI.operations.KeyRotate, signKeyRotate(genesisHash, by, old, next));
  });
}

/** Name of the file that holds the consensus key which the chain has of this validator now. */
async function currentFile(client: Client, directory: KeyDirectory, id: string): Promise<string> {
  const publicKey = await currentKey(client, id);
  const files = await directory.list();
  const file = files.find((entry) => entry.type === 'validator' && `0x${entry.publicKey}` === publicKey);
  if (file !== undefined) return file.name;
  throw new NodeError('VALIDATOR_KEY_MISSING', 'the data directory does not hold the key of this validator', {
    data: { id, publicKey },
    hint: 'give the --data-dir of the node that runs this validator',
  });
}

async function currentKey(client: Client, id: string): Promise<string> {
  let cursor: string | undefined;
  do {
    const page = await client.call('bpci_listMembers', {
      limit: LIMITS.maxPageItems,
      ...(cursor === undefined ? {} : { cursor }),
    });
    const member = page.items.find((item) => item.id === id);
    if (member !== undefined) return member.consensusKey;
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  throw new NodeError('NOT_A_VALIDATOR', `${id} is neither validator nor candidate`, {
    data: { id },
    hint: '--from is the account that joined; `bpci members` shows them',
  });
}

/**
 * Names of the files of the next keys, made if need be. The number in the name is one more than that of the current
 * file, so files that an earlier try has made are found again.
 */
async function nextFiles(directory: KeyDirectory, current: string, id: string, access: KeyAccess) {
  const { generateKeyPair } = await import('../../../crypto/ed25519.ts');
  const number = Number(/-(\d+)$/.exec(current)?.[1] ?? 0) + 1;
  const files = await directory.list();
  const names = { consensusKey: `validator-${number}`, vrfKey: `vrf-${number}` };
  for (const [name, kind] of [
    [names.consensusKey, 'validator'],
    [names.vrfKey, 'vrf'],
  ] as const)
    if (!files.some((file) => file.name === name))
      await directory.save(name, kind, generateKeyPair().seed, access, id);
  return names;
}
