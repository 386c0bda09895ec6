import type { Chain } from '../../chain/chain.ts';
import { feeBalance } from '../../ledger/account.ts';
import {
  balanceAccount,
  ISSUE,
  lockedAccount,
  OWNER_ACCRUED,
  OWNER_ESCROW,
  OWNER_VESTING,
  parseAccountPath,
  TREASURY,
} from '../../ledger/economy/account.ts';
import { claimOn, parseClaimPath } from '../../ledger/economy/billing/claims.ts';
import { amountOf, supplyOf, totalOf } from '../../ledger/economy/books.ts';
import { goldPrice, readPrice } from '../../ledger/economy/gold-price.ts';
import { parseLockPath, readLock } from '../../ledger/economy/locks.ts';
import { listCustodians, readReserve } from '../../ledger/economy/reserves.ts';
import { earningsOf } from '../../ledger/economy/rewards/earnings.ts';
import { ownerAccount, readOwner } from '../../ledger/economy/rewards/owner.ts';
import type { StateReader } from '../../ledger/seam.ts';
import { chainParameters } from '../../ledger/system/chain-facts.ts';
import type { EconomyPort, LockView, OwnerView, TokenSupply } from '../../rpc/ports/economy.ts';
import { TOKENS, type TokenName } from '../../types/names.ts';
import { decode } from '../../types/ssz.ts';
import { U128 } from '../../types/ssz-numbers.ts';
import { oncePerBlock } from './state-listing.ts';

/** What the RPC reads of the economy at the head. */
export function economyPort(chain: Chain): EconomyPort {
  const { state, genesis, genesisHash } = chain;
  const economy = state.reader('economy');
  return {
    balance: (address, token) => amountOf(economy, balanceAccount(address), token),
    meter: (payer, ledger, token) => feeBalance(state, payer, ledger, token),
    // A sum over all accounts.
    supply: oncePerBlock(chain, () => countSupply(chain)),
    gas: () => {
      const { gasPrice: price, targetBlockGas: targetPerBlock } = chainParameters(state.reader('system'));
      return { price, floor: genesis.parameters.gasPrice, targetPerBlock };
    },
    rewards: (address) => ({
      tokens: TOKENS.map((token) => ({
        token,
        ...earningsOf(economy, address, token),
        locked: amountOf(economy, lockedAccount(address), token),
      })),
      owner: ownerAccount(economy) === address ? ownerView(economy) : undefined,
    }),
    reserves: () => {
      const context = {
        height: chain.head.height + 1,
        timeMs: chain.head.timeMs,
        genesis,
        genesisHash,
        parameters: genesis.parameters,
      };
      const { median, signers } = goldPrice(economy, context);
      const atMs = Math.max(0, ...signers.map((key) => readPrice(economy, key)?.reportedMs ?? 0));
      return {
        outstanding: supplyOf(economy, 'AUR'),
        price: signers.length === 0 ? undefined : { median, reports: signers.length, atMs },
        reserves: listCustodians(economy).flatMap((custodian) => {
          const reserve = readReserve(economy, custodian);
          if (reserve === undefined) return [];
          const { fineMg, cashCents, asOfMs, expiresMs } = reserve;
          return [{ custodian, fineMilligrams: fineMg, cash: cashCents, asOfMs, expiresMs }];
        }),
      };
    },
    locks: (owner) => {
      const found: LockView[] = [];
      for (const { path } of state.scan('economy', 'lock/')) {
        const key = parseLockPath(path);
        const lock = key === undefined ? undefined : readLock(economy, key.ledger, key.ref);
        if (lock?.owner !== owner) continue;
        const { ledger, purpose, ref, token, amount } = lock;
        found.push({ ledger, purpose, ref, token, amount });
      }
      return found;
    },
    claims: () =>
      [...state.scan('economy', 'claim/')]
        .flatMap(({ path }) => {
          const claim = parseClaimPath(path);
          if (claim === undefined) return [];
          const { lei: bank, claimant } = claim;
          return [{ path, bank, claimant, amount: claimOn(economy, bank, claimant) }];
        })
        .sort((a, b) => (a.path < b.path ? -1 : 1)),
  };
}

function ownerView(economy: StateReader): OwnerView {
  const { held, month } = readOwner(economy);
  return {
    held,
    month,
    tokens: TOKENS.map((token) => ({
      token,
      accrued: amountOf(economy, OWNER_ACCRUED, token),
      vesting: amountOf(economy, OWNER_VESTING, token),
      escrow: amountOf(economy, OWNER_ESCROW, token),
    })),
  };
}

function countSupply({ state }: Chain): TokenSupply[] {
  const economy = state.reader('economy');
  const held = new Map<TokenName, bigint>();
  const locked = new Map<TokenName, bigint>();
  for (const { path, value } of state.scan('economy', 'account/')) {
    const place = parseAccountPath(path);
    if (place === undefined || place.account === ISSUE) continue;
    const amount = decode(U128, value, 'amount');
    held.set(place.token, (held.get(place.token) ?? 0n) + amount);
    if (place.account.startsWith('locked/'))
      locked.set(place.token, (locked.get(place.token) ?? 0n) + amount);
  }
  return TOKENS.map((token) => ({
    token,
    issued: totalOf(economy, 'issued', token),
    redeemed: totalOf(economy, 'retired', token),
    minted: totalOf(economy, 'minted', token),
    held: held.get(token) ?? 0n,
    burned: totalOf(economy, 'burned', token),
    treasury: amountOf(economy, TREASURY, token),
    locked: locked.get(token) ?? 0n,
    vesting: amountOf(economy, OWNER_VESTING, token),
  }));
}
