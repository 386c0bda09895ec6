import type { Handlers } from '../dispatcher.ts';
import { pageOf } from '../paging.ts';
import type { RpcPorts } from '../ports/rpc-ports.ts';
import type { permMethods } from '../schema/perm.ts';
import { addressText } from '../text-forms.ts';

export function permHandlers({ permissions, bans }: RpcPorts): Handlers<typeof permMethods> {
  const nodeCount = () => permissions.nodes()?.length ?? 0;
  const accountCount = () => permissions.accounts()?.length ?? 0;
  return {
    perm_getNodesAllowlist: (page) => {
      const nodes = permissions.nodes();
      return { isRestricted: nodes !== undefined, ...pageOf(nodes ?? [], page, (peerId) => peerId) };
    },

    perm_addNodesToAllowlist: async ({ peerIds }) => ({
      added: await permissions.addNodes(peerIds),
      total: nodeCount(),
    }),

    perm_removeNodesFromAllowlist: async ({ peerIds }) => ({
      removed: await permissions.removeNodes(peerIds),
      total: nodeCount(),
    }),

    perm_getAccountsAllowlist: (page) => {
      const accounts = permissions.accounts();
      return { isRestricted: accounts !== undefined, ...pageOf(accounts ?? [], page, addressText) };
    },

    perm_addAccountsToAllowlist: async ({ accounts }) => ({
      added: (await permissions.addAccounts(accounts)).map(addressText),
      total: accountCount(),
    }),

    perm_removeAccountsFromAllowlist: async ({ accounts }) => ({
      removed: (await permissions.removeAccounts(accounts)).map(addressText),
      total: accountCount(),
    }),

    perm_reloadPermissionsFromFile: async () => {
      await permissions.reload();
      return { nodes: permissions.nodes()?.length ?? null, accounts: permissions.accounts()?.length ?? null };
    },

    perm_check: ({ subject: { kind, id } }) => {
      const list = kind === 'account' ? permissions.accounts() : permissions.nodes();
      const isListed = list?.includes(id);
      if (kind === 'node' && bans.has(id)) return { kind, allowed: false, rule: 'banned', file: null };
      return {
        kind,
        allowed: isListed ?? true,
        rule: isListed === undefined ? 'no-list' : isListed ? 'listed' : 'not-listed',
        file: permissions.file ?? null,
      };
    },
  };
}
