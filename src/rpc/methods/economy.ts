import { TOKENS, type TokenName } from '../../types/names.ts';
import { statusName } from '../../types/operations/catalogs.ts';
import { type GoldItem, GoldItemType, type GoldProof, GoldProofType } from '../../types/proofs/gold.ts';
import type { Handlers } from '../dispatcher.ts';
import { pageOf } from '../paging.ts';
import type { RpcPorts } from '../ports/rpc-ports.ts';
import type { economyMethods } from '../schema/economy.ts';
import { type ProofTypes, proveInSection } from '../section-proof.ts';
import { addressText, hash0x, rfc3339 } from '../text-forms.ts';

import { closedEpochView, epochView } from './poe.ts';

const GOLD: ProofTypes<GoldItem, GoldProof> = { ledger: 'economy', item: GoldItemType, proof: GoldProofType };

export function economyHandlers({ chain, economy, poe }: RpcPorts): Handlers<typeof economyMethods> {
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
      const tokens = economy.supply().map(({ token, issued, minted, redeemed, held, ...parts }) => ({
        token,
        issued: issued.toString(),
        minted: minted.toString(),
        redeemed: redeemed.toString(),
        supply: (issued - redeemed).toString(),
        held: held.toString(),
        ok: issued - redeemed === held,
        burned: parts.burned.toString(),
        treasury: parts.treasury.toString(),
        locked: parts.locked.toString(),
        vesting: parts.vesting.toString(),
      }));
      const { price, floor, targetPerBlock } = economy.gas();
      const closed = poe.lastClosed();
      return {
        height: chain.head().height,
        ok: tokens.every(({ ok }) => ok),
        tokens,
        gas: { price: price.toString(), floor: floor.toString(), targetPerBlock },
        epoch: epochView(poe.epoch()),
        lastEpoch: closed === undefined ? null : closedEpochView(closed),
      };
    },

    economy_getRewards: ({ address }) => {
      const { tokens, owner } = economy.rewards(address);
      return {
        address: addressText(address),
        height: chain.head().height,
        tokens: tokens.map(({ token, miner, provider, proposer, signer, locked }) => ({
          token,
          miner: miner.toString(),
          provider: provider.toString(),
          proposer: proposer.toString(),
          signer: signer.toString(),
          earned: (miner + provider + proposer + signer).toString(),
          locked: locked.toString(),
        })),
        owner:
          owner === undefined
            ? null
            : {
                held: owner.held,
                month: owner.month,
                tokens: owner.tokens.map(({ token, accrued, vesting, escrow }) => ({
                  token,
                  accrued: accrued.toString(),
                  vesting: vesting.toString(),
                  escrow: escrow.toString(),
                })),
              },
      };
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

    economy_getProofOfGold: async ({ txId }) => {
      const { view, item, proof } = await proveInSection(chain, GOLD, txId);
      return { ...view, item: itemView(item), proof: proofView(proof) };
    },

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

function itemView({ sender, status, postings, bases }: GoldItem) {
  return {
    sender: addressText(sender),
    status: statusName('economy', status),
    postings: postings.map((posting) => ({ ...posting, amount: posting.amount.toString() })),
    bases: bases.map(({ token, amount, basis }) => ({
      token,
      amount: amount.toString(),
      basis: hash0x(basis),
    })),
  };
}

function proofView({ version, tokens, coverage, ...roots }: GoldProof) {
  return {
    version,
    tokens: tokens.map((totals) => ({
      token: totals.token,
      supplyBefore: totals.supplyBefore.toString(),
      supplyAfter: totals.supplyAfter.toString(),
      debits: totals.debits.toString(),
      credits: totals.credits.toString(),
      issued: totals.issued.toString(),
      retired: totals.retired.toString(),
      fees: totals.fees.toString(),
    })),
    basisRoot: hash0x(roots.basisRoot),
    basisCount: roots.basisCount,
    coverage: {
      outstanding: coverage.outstanding.toString(),
      reserve: coverage.reserve.toString(),
      ratioPpm: coverage.ratioPpm,
      median: coverage.median.toString(),
      signers: coverage.signers.map(hash0x),
      attestations: coverage.attestations.map(({ id, ageMs }) => ({ id: hash0x(id), ageMs })),
    },
    itemRoot: hash0x(roots.itemRoot),
    itemCount: roots.itemCount,
  };
}
