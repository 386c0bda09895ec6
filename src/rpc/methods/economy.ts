import { TOKENS, type TokenName } from '../../types/names.ts';
import type { Handlers } from '../dispatcher.ts';
import { pageOf } from '../paging.ts';
import type { RpcPorts } from '../ports/rpc-ports.ts';
import type { economyMethods } from '../schema/economy.ts';
import { addressText, hash0x, rfc3339 } from '../text-forms.ts';

export function economyHandlers({ chain, economy }: RpcPorts): Handlers<typeof economyMethods> {
  const perToken = (token: TokenName | undefined, amountOf: (token: TokenName) => bigint) =>
    (token === undefined ? TOKENS : [token]).map((name) => ({
      token: name,
      amount: amountOf(name).toString(),
    }));

  return {
    economy_getBalance: ({ address, token }) => ({
      address: addressText(address),
      height: chain.head().height,
      balances: perToken(token, (name) => economy.balance(address, name)),
    }),

    economy_getSupply: () => {
      const tokens = economy.supply().map(({ token, issued, redeemed, held }) => ({
        token,
        issued: issued.toString(),
        redeemed: redeemed.toString(),
        supply: (issued - redeemed).toString(),
        held: held.toString(),
        ok: issued - redeemed === held,
      }));
      return { height: chain.head().height, ok: tokens.every(({ ok }) => ok), tokens };
    },

    economy_getReserves: () => {
      const { outstanding, price, reserves } = economy.reserves();
      return {
        height: chain.head().height,
        outstanding: outstanding.toString(),
        price:
          price === undefined
            ? null
            : { median: price.median.toString(), reports: price.reports, at: rfc3339(price.atMs) },
        reserves: reserves.map(({ custodian, fineMilligrams, cash, asOfMs, expiresMs }) => ({
          custodian,
          fineMilligrams: fineMilligrams.toString(),
          cash: cash.toString(),
          asOf: rfc3339(asOfMs),
          expires: rfc3339(expiresMs),
        })),
      };
    },

    economy_getMeter: ({ payer, ledger, token }) => ({
      payer: addressText(payer),
      ledger,
      height: chain.head().height,
      balances: perToken(token, (name) => economy.meter(payer, ledger, name)),
    }),

    economy_getLocks: ({ address, ...page }) => ({
      height: chain.head().height,
      ...pageOf(economy.locks(address), page, ({ ledger, purpose, ref, token, amount }) => ({
        ledger,
        purpose,
        ref: hash0x(ref),
        token,
        amount: amount.toString(),
      })),
    }),
  };
}
