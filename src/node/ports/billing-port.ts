import type { Chain } from '../../chain/chain.ts';
import { pathFromNodes } from '../../crypto/merkle-log.ts';
import { openWindow } from '../../ledger/economy/billing/window.ts';
import type { BillingPort } from '../../rpc/ports/billing.ts';
import { toHex } from '../../util/bytes.ts';

/** What the RPC reads of charges: the open window from the state, all else from disk. */
export function billingPort({ state, history }: Chain): BillingPort {
  const { bills } = history.store;
  return {
    openWindow: () => openWindow(state.reader('economy')),
    commitment: (window) => history.billingProof(window),
    blockBill: (height) => bills.billOf(height),
    blockPath: (window, index, blocks) =>
      pathFromNodes(index, blocks, (level, position) => bills.nodeAt(window, level, position)).map(toHex),
  };
}
