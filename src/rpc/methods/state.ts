import { SUBTREES, type SubtreeName } from '../../types/names.ts';
import type { Hash } from '../../types/ssz-bytes.ts';
import { certificateView, headerView } from '../block-views.ts';
import type { Handlers } from '../dispatcher.ts';
import { rpcError } from '../errors.ts';
import type { RpcPorts } from '../ports/rpc-ports.ts';
import type { stateMethods } from '../schema/state.ts';
import { bytes0x, hash0x } from '../text-forms.ts';

function rootsView(roots: Readonly<Record<SubtreeName, Hash>>): Record<SubtreeName, string> {
  return Object.fromEntries(SUBTREES.map((name) => [name, hash0x(roots[name])])) as Record<
    SubtreeName,
    string
  >;
}

export function stateHandlers({ chain }: RpcPorts): Handlers<typeof stateMethods> {
  return {
    state_get: ({ subtree, path }) => {
      const value = chain.stateValue(subtree, path);
      return { height: chain.head().height, value: value === undefined ? null : bytes0x(value) };
    },

    state_getProof: ({ subtree, path }) => {
      const { head, value, proof, subtreeRoots } = chain.stateProof(subtree, path);
      if (head.header === undefined || head.certificate === undefined)
        throw rpcError('BLOCK_NOT_FOUND', 'there is no block yet whose certificate a proof could lead to', {
          hint: 'retry after the first block',
        });
      const { siblings, terminal } = proof;
      return {
        height: head.height,
        hash: hash0x(head.hash),
        subtree,
        path,
        value: value === undefined ? null : bytes0x(value),
        proof: {
          siblings: siblings.map(hash0x),
          terminal:
            terminal === undefined
              ? null
              : { key: hash0x(terminal.key), valueHash: hash0x(terminal.valueHash) },
        },
        subtreeRoots: rootsView(subtreeRoots),
        header: headerView(head.header),
        certificate: certificateView(head.certificate),
      };
    },

    state_getRoot: () => {
      const { height, hash } = chain.head();
      return { height, hash: hash0x(hash), stateRoot: hash0x(chain.stateRoots().stateRoot) };
    },

    state_getLedgerRoots: () => {
      const { height, hash } = chain.head();
      const { stateRoot, subtrees } = chain.stateRoots();
      return { height, hash: hash0x(hash), stateRoot: hash0x(stateRoot), roots: rootsView(subtrees) };
    },
  };
}
