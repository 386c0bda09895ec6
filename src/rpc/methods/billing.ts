import { billOf } from '../bill.ts';
import type { Handlers } from '../dispatcher.ts';
import { pageOf } from '../paging.ts';
import type { RpcPorts } from '../ports/rpc-ports.ts';
import type { billingMethods } from '../schema/billing.ts';

export function billingHandlers(ports: RpcPorts): Handlers<typeof billingMethods> {
  const { chain, economy } = ports;
  return {
    economy_getBill: (query) => billOf(ports, query),

    economy_getClaims: ({ bank, ...page }) => ({
      height: chain.head().height,
      ...pageOf(
        economy.claims().filter((claim) => bank === undefined || claim.bank === bank),
        page,
        ({ bank: lei, claimant, amount }) => ({ bank: lei, claimant, amount: amount.toString() }),
      ),
    }),
  };
}
