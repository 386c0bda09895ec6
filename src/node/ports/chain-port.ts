import type { Chain } from '../../chain/chain.ts';
import { leavesBehind, rootsOf } from '../../chain/past-state.ts';
import { accountNonce } from '../../ledger/account.ts';
import type { ChainPort } from '../../rpc/ports/chain.ts';
import { SUBTREES, type SubtreeName } from '../../types/names.ts';
import type { Hash } from '../../types/ssz-bytes.ts';

/** What the RPC reads of the chain. */
export function chainPort(chain: Chain): ChainPort {
  const { genesis, genesisHash, history, state } = chain;
  const { store } = history;
  const subtreeRoots = (): Record<SubtreeName, Hash> =>
    Object.fromEntries(SUBTREES.map((subtree) => [subtree, state.root(subtree)])) as Record<
      SubtreeName,
      Hash
    >;
  return {
    genesis,
    genesisHash,
    head: () => chain.head,
    lowestHeight: () => store.lowestHeight(),
    header: (height) => {
      const header = store.loadHeader(height);
      const hash = store.hashAt(height);
      return header === undefined || hash === undefined ? undefined : { hash, header };
    },
    block: (height) => history.block(height),
    proofItems: (height) => store.loadProofItems(height),
    heightOfHash: (hash) => store.heightOfBlock(hash),
    findTransaction: (txId) => store.findTransaction(txId),
    validators: async (height) =>
      height < 1 || height > chain.head.height + 1 ? undefined : await history.validatorsAt(height),
    finalityProof: (txId, trustedHeight) => history.finalityProof(txId, trustedHeight),
    stateValue: (subtree, path) => state.reader(subtree).get(path),
    stateProof: (subtree, path) => ({
      head: chain.head,
      value: state.reader(subtree).get(path),
      proof: state.prove(subtree, path),
      subtreeRoots: subtreeRoots(),
    }),
    stateRoots: () => ({ stateRoot: state.stateRoot(), subtrees: subtreeRoots() }),
    nonce: (sender, ledger) => accountNonce(state, ledger, sender),
    simulate: (transaction) => chain.simulate(transaction),
    badBlocks: () => chain.badBlocks.list(),
    lowestReplayable: () => chain.lowestReplayable(),
    replay: (height) => chain.replay(height),
    trace: ({ height, ledger, index }) => chain.trace(height, ledger, index),
    rootsAt: (height) => chain.lookAt(height, rootsOf),
    leavesAt: (height, subtree, after, limit) =>
      chain.lookAt(height, (view) => leavesBehind(state, view, subtree, after, limit)),
    onCommit: (listener) => chain.onCommitted(listener),
  };
}
