import * as z from 'zod';
import { LIMITS } from '../../util/limits.ts';
import { method } from './method.ts';
import { AddressParam, noParams, PeerIdParam, pageParams } from './params.ts';
import { Address, Count, page } from './results.ts';

const PeerIdsParam = z.array(PeerIdParam).min(1).max(LIMITS.maxKnownPeers);
const AccountsParam = z.array(AddressParam).min(1).max(LIMITS.maxAllowedAccounts);

/** Without a list nobody is kept out: `isRestricted` is false, and there are no items. */
const list = <Item extends z.ZodType>(item: Item) =>
  z.object({ isRestricted: z.boolean(), ...page(item).shape });

export const permMethods = {
  perm_getNodesAllowlist: method({
    scope: 'debug',
    summary: 'The peers that this node lets in, where it does not let in all.',
    params: z.strictObject({ ...pageParams }),
    result: list(z.string()),
  }),
  perm_addNodesToAllowlist: method({
    scope: 'admin',
    summary:
      'Lets in further peers, from now on and after a restart; those that are missing are dialed again.',
    params: z.strictObject({ peerIds: PeerIdsParam }),
    result: z.object({ added: z.array(z.string()), total: Count }),
  }),
  perm_removeNodesFromAllowlist: method({
    scope: 'admin',
    summary: 'Lets in these peers no more, and ends the connections with them.',
    params: z.strictObject({ peerIds: PeerIdsParam }),
    result: z.object({ removed: z.array(z.string()), total: Count }),
  }),
  perm_getAccountsAllowlist: method({
    scope: 'debug',
    summary:
      'The accounts whose transactions the pool of this node takes, where it does not take those of all.',
    params: z.strictObject({ ...pageParams }),
    result: list(Address),
  }),
  perm_addAccountsToAllowlist: method({
    scope: 'admin',
    summary: 'Takes transactions of further accounts into the pool, from now on and after a restart.',
    params: z.strictObject({ accounts: AccountsParam }),
    result: z.object({ added: z.array(Address), total: Count }),
  }),
  perm_removeAccountsFromAllowlist: method({
    scope: 'admin',
    summary:
      'Takes no more transactions of these accounts into the pool. Those that are in it stay, and blocks of others may hold more.',
    params: z.strictObject({ accounts: AccountsParam }),
    result: z.object({ removed: z.array(Address), total: Count }),
  }),
  perm_reloadPermissionsFromFile: method({
    scope: 'admin',
    summary: 'Takes up what stands in the file of the allow-list; a file that is wrong changes nothing.',
    params: noParams,
    result: z.object({ nodes: Count.nullable(), accounts: Count.nullable() }),
  }),
  perm_check: method({
    scope: 'debug',
    summary:
      'Whether a peer id may connect, or the pool takes the transactions of an address, and which rule says so.',
    params: z.strictObject({
      subject: z.union(
        [
          AddressParam.transform((id) => ({ kind: 'account' as const, id })),
          PeerIdParam.transform((id) => ({ kind: 'node' as const, id })),
        ],
        { error: 'expected a peer id 12D3KooW… or an address meta1…' },
      ),
    }),
    result: z.object({
      kind: z.enum(['node', 'account']),
      allowed: z.boolean(),
      /** `no-list`: there is no allow-list of that kind, so everyone is let in. `banned` goes before any list. */
      rule: z.enum(['banned', 'no-list', 'listed', 'not-listed']),
      file: z.string().nullable(),
    }),
  }),
};
