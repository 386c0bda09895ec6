import assert from 'node:assert/strict';
import { balanceAccount } from '../../../../../src/ledger/economy/account.ts';
import { claimOn } from '../../../../../src/ledger/economy/billing/claims.ts';
import { amountOf, supplyOf, totalOf } from '../../../../../src/ledger/economy/books.ts';
import { settlement } from '../../../../../src/ledger/economy/economy.ts';
import { outstandingOf } from '../../../../../src/ledger/economy/reserves.ts';
import type { BlockContext } from '../../../../../src/ledger/seam.ts';
import { CLAIMANTS } from '../../../../../src/types/billing.ts';
import { ECONOMY } from '../../../../../src/types/operations/economy.ts';
import { encode } from '../../../../../src/types/ssz.ts';
import { U128 } from '../../../../../src/types/ssz-numbers.ts';
import { hashNumber } from '../../../../support/blocks.ts';
import {
  attestation,
  bankers,
  type ChainOptions,
  EconomyChain,
  eventsOf,
  LEIS,
  reportPrices,
} from '../../../../support/economy-chain.ts';

const { AurMint, BankTransfer, ReserveAttest } = ECONOMY.operations;
const [german, french, british] = bankers;
const AUR = 1_000_000n;
const MINTED = 1_000n * AUR;

/** The German bank (tier 1) has minted; the French (tier 2) and the British one (tier 3) have nothing outstanding. */
function mintedChain(options: ChainOptions = {}): EconomyChain {
  const parameters = { crossBorderFeeAur: 100_000n, ...options.parameters };
  const chain = new EconomyChain({ ...options, parameters });
  chain.send(german, ReserveAttest, attestation(chain));
  reportPrices(chain);
  assert.equal(chain.send(german, AurMint, { bank: LEIS[0], amount: MINTED }).status, 'OK');
  return chain;
}

let references = 0;
function pay(chain: EconomyChain, from: number, to: number, amount: bigint) {
  const payment = {
    uetr: `00000000-0000-4000-8000-${String(++references).padStart(12, '0')}`,
    debtorBank: LEIS[from] as string,
    creditorBank: LEIS[to] as string,
    amount,
    referenceHash: hashNumber(1),
  };
  return chain.send(bankers[from] as (typeof bankers)[number], BankTransfer, payment);
}

const aurOf = (chain: EconomyChain, bank: { address: string }) =>
  amountOf(chain.economy, balanceAccount(bank.address), 'AUR');
const claimsOn = (chain: EconomyChain, lei: string) =>
  CLAIMANTS.map((claimant) => claimOn(chain.economy, lei, claimant));

describe('A payment across a border', () => {
  it('costs a thousandth and a tenth of an AUR, which is burned, and its shares become claims on the bank', () => {
    const chain = mintedChain();
    const { status, receipt } = pay(chain, 0, 1, 100n * AUR);
    assert.equal(status, 'OK');
    const fee = 200_000n;
    assert.deepEqual(
      receipt.charges.find(({ token }) => token === 'AUR'),
      { token: 'AUR', amount: fee },
    );
    assert.equal(aurOf(chain, german), MINTED - 100n * AUR - fee);
    assert.equal(aurOf(chain, french), 100n * AUR);
    assert.equal(supplyOf(chain.economy, 'AUR'), MINTED - fee);
    assert.equal(outstandingOf(chain.economy, LEIS[0]), MINTED - fee);
    assert.deepEqual(claimsOn(chain, LEIS[0]), [40_000n, 60_000n, 40_000n, 60_000n]);
    assert.equal(totalOf(chain.economy, 'burned', 'AUR'), fee);
    const [, charged] = eventsOf(receipt);
    assert.equal(charged?.name, 'CrossBorderCharged');
  });

  it('is free within a country', () => {
    const chain = mintedChain({
      change: (genesis) => ({
        ...genesis,
        banks: genesis.banks.map((bank) => ({
          ...bank,
          bic: `${bank.bic.slice(0, 4)}DE${bank.bic.slice(6)}`,
        })),
      }),
    });
    const { status, receipt } = pay(chain, 0, 1, 100n * AUR);
    assert.equal(status, 'OK');
    assert.deepEqual(
      receipt.charges.map(({ token }) => token),
      ['FLX'],
    );
    assert.equal(supplyOf(chain.economy, 'AUR'), MINTED);
    assert.deepEqual(claimsOn(chain, LEIS[0]), [0n, 0n, 0n, 0n]);
  });

  it('fails as a whole where the fee cannot be paid, and charges no AUR', () => {
    const chain = mintedChain();
    const { status, receipt } = pay(chain, 0, 1, MINTED);
    assert.equal(status, 'INSUFFICIENT_BALANCE');
    assert.deepEqual(
      receipt.charges.map(({ token }) => token),
      ['FLX'],
    );
    assert.equal(aurOf(chain, german), MINTED);
    assert.deepEqual(claimsOn(chain, LEIS[0]), [0n, 0n, 0n, 0n]);
  });

  it('of a bank that has nothing outstanding makes the issuer owe claims for the AUR that it no longer owes', () => {
    const chain = mintedChain();
    pay(chain, 0, 2, 10n * AUR);
    const owed = outstandingOf(chain.economy, LEIS[0]);
    const before = claimsOn(chain, LEIS[0]).reduce((sum, claim) => sum + claim, 0n);
    assert.equal(pay(chain, 2, 1, 5n * AUR).status, 'OK');
    const fee = 105_000n;
    assert.equal(aurOf(chain, british), 5n * AUR - fee);
    assert.equal(outstandingOf(chain.economy, LEIS[0]), owed - fee);
    assert.equal(
      claimsOn(chain, LEIS[0]).reduce((sum, claim) => sum + claim, 0n),
      before + fee,
    );
    assert.deepEqual(claimsOn(chain, LEIS[2]), [0n, 0n, 0n, 0n]);
  });

  it('burns the own AUR of the paying bank first, then that of the other issuers', () => {
    const chain = mintedChain();
    chain.send(french, ReserveAttest, attestation(chain, { custodian: LEIS[1], barsRoot: hashNumber(9) }));
    assert.equal(chain.send(french, AurMint, { bank: LEIS[1], amount: 30_000n }).status, 'OK');
    pay(chain, 0, 1, AUR);
    const { receipt } = pay(chain, 1, 0, 1n);
    assert.deepEqual(
      eventsOf(receipt)
        .slice(1)
        .map(({ value }) => {
          const { bank, amount } = value as { bank: string; amount: bigint };
          return { bank, amount };
        }),
      [
        { bank: LEIS[1], amount: 30_000n },
        { bank: LEIS[0], amount: 70_000n },
      ],
    );
    assert.equal(outstandingOf(chain.economy, LEIS[1]), 0n);
  });

  it('cannot be booked without a claim, nor a claim without a fee', () => {
    const chain = mintedChain();
    const view = chain.state.extend();
    const claim = `claim/${LEIS[0]}/owner`;
    const total = (name: string) => `total/${name}/AUR`;
    const { genesis, genesisHash, height, timeMs } = chain;
    const context: BlockContext = { genesis, genesisHash, height, timeMs, parameters: genesis.parameters };
    const check = (changes: Record<string, bigint>) => {
      const writer = view.writer('economy');
      for (const [path, amount] of Object.entries(changes)) writer.set(path, encode(U128, amount));
      settlement.assertInvariants(chain.economy, view.reader('economy'), Object.keys(changes), context);
    };
    assert.throws(() => check({ [claim]: 5n }), { message: /claims grew by 5 for fees of 0/ });
    assert.throws(() => check({ [total('fees')]: 5n }), { message: /fees in AUR were not burned/ });
    check({ [claim]: 5n, [total('fees')]: 5n, [total('burned')]: 5n });
  });
});
