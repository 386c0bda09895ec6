import assert from 'node:assert/strict';
import { balanceAccount } from '../../../../src/ledger/economy/account.ts';
import { amountOf, supplyOf } from '../../../../src/ledger/economy/books.ts';
import { coverageState, readCoverage, TOP_UP_MS } from '../../../../src/ledger/economy/coverage.ts';
import { outstandingOf, readReserve, reserveValue } from '../../../../src/ledger/economy/reserves.ts';
import { encodeOperation } from '../../../../src/types/operations/catalog.ts';
import { ECONOMY } from '../../../../src/types/operations/economy.ts';
import type { BankRegister as Registration } from '../../../../src/types/operations/economy-gold.ts';
import { hashNumber } from '../../../support/blocks.ts';
import {
  alice,
  approve,
  approvers,
  attestation,
  auditors,
  bankers,
  bob,
  type ChainOptions,
  DAY_MS,
  EconomyChain,
  eventsOf,
  HOUR_MS,
  LEIS,
  oracles,
  reportPrices,
} from '../../../support/economy-chain.ts';

const { BankRegister, ReserveAttest, PriceReport, AurMint, AurBurn, BankTransfer } = ECONOMY.operations;
const [goldBank, smallBank, routingBank] = bankers;
const USD = 1_000_000n;
/** 31 103 477 mg at 2 000 USD per troy ounce of 31.1034768 g, less 5 %: a little over 1 900 000 USD. */
const RESERVE = reserveValue({ fineMg: 31_103_477n, cashCents: 0n }, 2_000n * USD, 50_000);
const OUNCE = 2_000n * USD;

/** A chain where the first bank has attested 1 000 ounces and the price of gold is known. */
function goldChain(options: ChainOptions = {}): EconomyChain {
  const chain = new EconomyChain(options);
  assert.equal(chain.send(goldBank, ReserveAttest, attestation(chain)).status, 'OK');
  reportPrices(chain);
  return chain;
}

const mint = (chain: EconomyChain, amount: bigint, who = goldBank, bank: string = LEIS[0]) =>
  chain.send(who, AurMint, { bank, amount });
const aurOf = (chain: EconomyChain, address: string) =>
  amountOf(chain.economy, balanceAccount(address), 'AUR');

describe('BankRegister', () => {
  const bank: Registration = {
    lei: LEIS[3],
    bic: 'DDDDCHZZ',
    tier: 2,
    account: bob.address,
    licenseHash: hashNumber(9),
    approvals: [],
  };
  const signed = (
    chain: EconomyChain,
    changes: Partial<Registration> = {},
    signers = approvers.slice(0, 2),
  ) =>
    approve(
      chain,
      BankRegister,
      { ...bank, ...changes },
      { authority: 'bank-approval', sender: alice, signers },
    );

  it('registers a bank that the authority approved', () => {
    const chain = new EconomyChain();
    const { status, receipt } = chain.send(alice, BankRegister, signed(chain));
    assert.equal(status, 'OK');
    assert.equal(eventsOf(receipt)[0]?.name, 'BankRegistered');
    assert.equal(chain.send(alice, BankRegister, signed(chain)).status, 'LEI_TAKEN');
  });

  it('refuses malformed and taken identifiers, unknown tiers and missing approvals', () => {
    const chain = new EconomyChain();
    const cases: [Partial<Registration>, string][] = [
      [{ lei: `${LEIS[3].slice(0, 18)}00` }, 'INVALID_LEI'],
      [{ bic: 'DDDD12ZZ' }, 'INVALID_BIC'],
      [{ tier: 0 }, 'INVALID_TIER'],
      [{ tier: 4 }, 'INVALID_TIER'],
      [{ lei: LEIS[0] }, 'LEI_TAKEN'],
      // The head office of a bank whose full BIC ends in XXX.
      [{ bic: 'AAAADEFF' }, 'BIC_TAKEN'],
      [{ account: goldBank.address }, 'ACCOUNT_TAKEN'],
    ];
    for (const [changes, expected] of cases)
      assert.equal(chain.send(alice, BankRegister, signed(chain, changes)).status, expected);
    assert.equal(chain.send(alice, BankRegister, bank).status, 'APPROVALS_TOO_FEW');
    const stolen = approve(chain, BankRegister, bank, {
      authority: 'treasury',
      sender: alice,
      signers: approvers.slice(0, 2),
    });
    assert.equal(chain.send(alice, BankRegister, stolen).status, 'APPROVAL_SIGNATURE_WRONG');
  });
});

describe('ReserveAttest', () => {
  it('records what two auditors signed, free of charge', () => {
    const chain = new EconomyChain();
    const { status, receipt } = chain.send(goldBank, ReserveAttest, attestation(chain));
    assert.equal(status, 'OK');
    assert.deepEqual(receipt.charges, []);
    assert.equal(readReserve(chain.economy, LEIS[0])?.fineMg, 31_103_477n);
  });

  it('is for the account of a bank of tier 1 or 2 only', () => {
    const chain = new EconomyChain();
    assert.equal(chain.send(alice, ReserveAttest, attestation(chain)).status, 'NOT_BANK_ACCOUNT');
    const unknown = attestation(chain, { custodian: LEIS[3] });
    assert.equal(chain.send(goldBank, ReserveAttest, unknown).status, 'BANK_UNKNOWN');
    const routing = attestation(chain, { custodian: LEIS[2] });
    assert.equal(chain.send(routingBank, ReserveAttest, routing).status, 'TIER_NOT_ALLOWED');
  });

  it('must speak about the past, hold now, and not for too long', () => {
    const chain = new EconomyChain();
    const now = chain.timeMs;
    const send = (changes: object) => chain.send(goldBank, ReserveAttest, attestation(chain, changes)).status;
    assert.equal(send({ asOfMs: now + HOUR_MS }), 'ATTESTATION_IN_FUTURE');
    assert.equal(send({ expiresMs: now - 500 }), 'ATTESTATION_EXPIRED');
    assert.equal(send({ expiresMs: now + 31 * DAY_MS }), 'ATTESTATION_TOO_LONG');
  });

  it('is accepted once an hour, and only if it is newer', () => {
    const chain = new EconomyChain();
    const first = attestation(chain);
    chain.send(goldBank, ReserveAttest, first);
    assert.equal(chain.send(goldBank, ReserveAttest, attestation(chain)).status, 'ATTESTATION_TOO_SOON');
    chain.timeMs += HOUR_MS;
    assert.equal(chain.send(goldBank, ReserveAttest, first).status, 'ATTESTATION_NOT_NEWER');
    assert.equal(chain.send(goldBank, ReserveAttest, attestation(chain)).status, 'OK');
  });

  it('needs different auditors of genesis who are not the custodian and sign exactly this', () => {
    const chain = new EconomyChain();
    const by = (signers: readonly (typeof auditors)[number][]) =>
      chain.send(goldBank, ReserveAttest, attestation(chain, {}, signers)).status;
    const [first, second] = auditors;
    assert.equal(by([first]), 'AUDITORS_TOO_FEW');
    assert.equal(by([first, bob]), 'AUDITOR_UNKNOWN');
    assert.equal(by([first, first]), 'AUDITOR_REPEATED');
    assert.equal(by([first, second, goldBank]), 'AUDITOR_IS_CUSTODIAN');
    const inflated = { ...attestation(chain), fineMg: 10n ** 12n };
    assert.equal(chain.send(goldBank, ReserveAttest, inflated).status, 'AUDITOR_SIGNATURE_WRONG');
  });

  it('refuses a list of bars that another custodian attests', () => {
    const chain = goldChain();
    const other = attestation(chain, { custodian: LEIS[1] });
    assert.equal(chain.send(smallBank, ReserveAttest, other).status, 'BARS_CLAIMED');
    const own = attestation(chain, { custodian: LEIS[1], barsRoot: hashNumber(701) });
    assert.equal(chain.send(smallBank, ReserveAttest, own).status, 'OK');
  });
});

describe('PriceReport', () => {
  it('is free, for oracles, once in ten seconds each, and of a sane price', () => {
    const chain = new EconomyChain();
    const report = { microUsdPerOunce: OUNCE };
    const [oracle] = oracles;
    assert.equal(chain.send(alice, PriceReport, report).status, 'NOT_AN_ORACLE');
    assert.equal(chain.send(oracle, PriceReport, { microUsdPerOunce: 0n }).status, 'INVALID_PRICE');
    assert.equal(
      chain.send(oracle, PriceReport, { microUsdPerOunce: 10n ** 12n + 1n }).status,
      'INVALID_PRICE',
    );
    const { status, receipt } = chain.send(oracle, PriceReport, report);
    assert.equal(status, 'OK');
    assert.deepEqual(receipt.charges, []);
    assert.equal(chain.send(oracle, PriceReport, report).status, 'PRICE_TOO_SOON');
    chain.timeMs += 10_000;
    assert.equal(chain.send(oracle, PriceReport, report).status, 'OK');
  });
});

describe('AurMint', () => {
  it('values a reserve at the median price less the haircut, rounded down', () => {
    assert.equal(RESERVE, 1_900_000_012_217n);
    assert.equal(reserveValue({ fineMg: 0n, cashCents: 123n }, OUNCE, 50_000), 1_230_000n);
    assert.equal(reserveValue({ fineMg: 311_034_768n, cashCents: 0n }, 1n, 0), 10_000n);
  });

  it('mints up to the worth of the reserve and not one micro more', () => {
    const chain = goldChain();
    assert.equal(mint(chain, RESERVE + 1n).status, 'BANK_RESERVE_EXCEEDED');
    assert.equal(mint(chain, RESERVE).status, 'OK');
    assert.equal(aurOf(chain, goldBank.address), RESERVE);
    assert.equal(supplyOf(chain.economy, 'AUR'), RESERVE);
    assert.equal(outstandingOf(chain.economy, LEIS[0]), RESERVE);
  });

  it('is for the bank itself, of tier 1 or 2', () => {
    const chain = goldChain();
    assert.equal(mint(chain, 0n).status, 'ZERO_AMOUNT');
    assert.equal(mint(chain, 1n, goldBank, LEIS[3]).status, 'BANK_UNKNOWN');
    assert.equal(mint(chain, 1n, alice).status, 'NOT_BANK_ACCOUNT');
    assert.equal(mint(chain, 1n, routingBank, LEIS[2]).status, 'TIER_NOT_ALLOWED');
    assert.equal(mint(chain, 1n, smallBank, LEIS[1]).status, 'RESERVE_UNATTESTED');
  });

  it('stops when the attestation has expired', () => {
    const chain = goldChain();
    chain.timeMs += 21 * DAY_MS;
    reportPrices(chain);
    assert.equal(mint(chain, 1n).status, 'RESERVE_UNATTESTED');
  });

  it('needs three fresh prices', () => {
    const chain = new EconomyChain();
    chain.send(goldBank, ReserveAttest, attestation(chain));
    reportPrices(chain, [OUNCE, OUNCE]);
    assert.equal(mint(chain, 1n).status, 'PRICE_STALE');
    chain.send(oracles[2], PriceReport, { microUsdPerOunce: OUNCE });
    assert.equal(mint(chain, 1n).status, 'OK');
    chain.timeMs += 10 * 60_000;
    assert.equal(mint(chain, 1n).status, 'PRICE_STALE');
  });

  it('needs prices that lie within 2 % of the median', () => {
    const price = 1_000n * USD;
    const far = goldChain({ parameters: {} });
    far.timeMs += 10_000;
    reportPrices(far, [price, price, price + 21n * USD]);
    assert.equal(mint(far, 1n).status, 'PRICE_DISPERSED');
    const near = goldChain();
    near.timeMs += 10_000;
    reportPrices(near, [price, price, price + 20n * USD]);
    assert.equal(mint(near, 1n).status, 'OK');
  });

  it('stops below 105 % and below 100 % of coverage, and begins again when the reserve is filled up', () => {
    const chain = goldChain();
    mint(chain, 1_850_000n * USD);
    assert.equal(readCoverage(chain.economy, LEIS[0]).state, 'WATCH');
    assert.equal(mint(chain, 1n).status, 'COVERAGE_NOT_OK');
    chain.timeMs += 10_000;
    reportPrices(chain, [1_900n * USD, 1_900n * USD, 1_900n * USD]);
    assert.equal(readCoverage(chain.economy, LEIS[0]).state, 'UNDER');
    assert.equal(mint(chain, 1n).status, 'COVERAGE_NOT_OK');
    chain.timeMs += HOUR_MS;
    chain.send(goldBank, ReserveAttest, attestation(chain, { cashCents: 50_000_000n }));
    reportPrices(chain);
    assert.equal(readCoverage(chain.economy, LEIS[0]).state, 'OK');
    assert.equal(mint(chain, 1n).status, 'OK');
  });

  it('never lets all banks together owe more than all reserves are worth', () => {
    const chain = goldChain();
    mint(chain, 1_800_000n * USD);
    const other = attestation(chain, { custodian: LEIS[1], fineMg: 0n, cashCents: 500_000_000n });
    chain.send(smallBank, ReserveAttest, other);
    chain.timeMs += 10_000;
    // The first bank's gold loses half: 0.95 + 5 million USD of reserves against 1.8 million outstanding.
    reportPrices(chain, [1_000n * USD, 1_000n * USD, 1_000n * USD]);
    assert.equal(mint(chain, 4_900_000n * USD, smallBank, LEIS[1]).status, 'TOTAL_RESERVE_EXCEEDED');
    assert.equal(mint(chain, 4_100_000n * USD, smallBank, LEIS[1]).status, 'OK');
  });

  it('knows the borders of the coverage states', () => {
    assert.deepEqual([1_050_000, 1_049_999, 1_000_000, 999_999].map(coverageState), [
      'OK',
      'WATCH',
      'WATCH',
      'UNDER',
    ]);
  });
});

describe('Suspension', () => {
  it('comes after three days under water, stops transfers, and ends when the reserve is filled up', () => {
    const chain = goldChain();
    mint(chain, 1_800_000n * USD);
    chain.timeMs += 10_000;
    const low = 1_500n * USD;
    reportPrices(chain, [low, low, low]);
    const transfer = (index: number) => ({
      uetr: `00000000-0000-4000-8000-00000000000${index}`,
      debtorBank: LEIS[0],
      creditorBank: LEIS[2],
      amount: 1n,
      referenceHash: hashNumber(1),
    });
    assert.equal(chain.send(goldBank, BankTransfer, transfer(1)).status, 'OK');
    chain.timeMs += TOP_UP_MS;
    assert.equal(chain.send(goldBank, BankTransfer, transfer(2)).status, 'BANK_SUSPENDED');
    assert.equal(mint(chain, 1n).status, 'BANK_SUSPENDED');
    reportPrices(chain);
    assert.equal(chain.send(goldBank, BankTransfer, transfer(2)).status, 'OK');
  });
});

describe('AurBurn', () => {
  it('redeems at full value while covered, and pro rata when not', () => {
    const chain = goldChain();
    mint(chain, 1_900_000n * USD);
    const payout = (amount: bigint) => {
      const [burned] = eventsOf(chain.send(goldBank, AurBurn, { amount }).receipt);
      assert.equal(burned?.name, 'AurBurned');
      return (burned.value as { payoutPpm: number }).payoutPpm;
    };
    assert.equal(payout(1n), 1_000_000);
    chain.timeMs += 10_000;
    reportPrices(chain, [1_000n * USD, 1_000n * USD, 1_000n * USD]);
    assert.equal(payout(USD), 500_000);
    chain.timeMs += HOUR_MS;
    // Prices are stale now: the share that was known last stands.
    assert.equal(payout(USD), 500_000);
    assert.equal(supplyOf(chain.economy, 'AUR'), 1_900_000n * USD - 2n * USD - 1n);
  });

  it('is for banks, up to what they owe and hold', () => {
    const chain = goldChain();
    mint(chain, 10n);
    const transfer = { debtorBank: LEIS[0], creditorBank: LEIS[1], amount: 4n, referenceHash: hashNumber(1) };
    chain.send(goldBank, BankTransfer, { ...transfer, uetr: '00000000-0000-4000-8000-000000000001' });
    assert.equal(chain.send(goldBank, AurBurn, { amount: 0n }).status, 'ZERO_AMOUNT');
    assert.equal(chain.send(alice, AurBurn, { amount: 1n }).status, 'NOT_BANK_ACCOUNT');
    assert.equal(chain.send(smallBank, AurBurn, { amount: 4n }).status, 'NOT_OUTSTANDING');
    assert.equal(chain.send(goldBank, AurBurn, { amount: 7n }).status, 'INSUFFICIENT_BALANCE');
    assert.equal(chain.send(goldBank, AurBurn, { amount: 6n }).status, 'OK');
  });
});

describe('BankTransfer', () => {
  const transfer = {
    uetr: '8a562c67-ca16-48ba-b074-65581be6f001',
    debtorBank: LEIS[0] as string,
    creditorBank: LEIS[2] as string,
    amount: 5n,
    referenceHash: hashNumber(44),
  };

  it('moves AUR from bank to bank, each UETR once for ever', () => {
    const chain = goldChain();
    mint(chain, 100n);
    assert.equal(chain.send(goldBank, BankTransfer, transfer).status, 'OK');
    assert.equal(aurOf(chain, routingBank.address), 5n);
    assert.equal(chain.send(goldBank, BankTransfer, { ...transfer, amount: 6n }).status, 'UETR_USED');
  });

  it('refuses wrong references, wrong banks and more than there is', () => {
    const chain = goldChain();
    mint(chain, 100n);
    const cases: [Partial<typeof transfer>, string][] = [
      [{ amount: 0n }, 'ZERO_AMOUNT'],
      [{ uetr: transfer.uetr.toUpperCase() }, 'INVALID_UETR'],
      [{ uetr: '8a562c67-ca16-18ba-b074-65581be6f001' }, 'INVALID_UETR'],
      [{ creditorBank: LEIS[0] }, 'SAME_ACCOUNT'],
      [{ creditorBank: LEIS[3] }, 'BANK_UNKNOWN'],
      [{ debtorBank: LEIS[3] }, 'BANK_UNKNOWN'],
      [{ debtorBank: LEIS[1] }, 'NOT_BANK_ACCOUNT'],
      [{ amount: 101n }, 'INSUFFICIENT_BALANCE'],
    ];
    for (const [changes, expected] of cases)
      assert.equal(chain.send(goldBank, BankTransfer, { ...transfer, ...changes }).status, expected);
    // A failed transfer does not use up its reference.
    assert.equal(chain.send(goldBank, BankTransfer, transfer).status, 'OK');
  });

  it('cannot put AUR into any other account', () => {
    const chain = goldChain();
    mint(chain, 100n);
    const { Transfer, Lock, MeterDeposit } = ECONOMY.operations;
    const operations = [
      encodeOperation(Transfer, { to: bob.address, token: 'AUR', amount: 1n, reference: '' }),
      encodeOperation(Lock, { ledger: 'bpci', purpose: 'x', ref: hashNumber(1), token: 'AUR', amount: 1n }),
      encodeOperation(MeterDeposit, { payer: bob.address, ledger: 'bpi', token: 'AUR', amount: 1n }),
    ];
    for (const operation of operations) {
      const { receipts } = chain.block([chain.transaction(goldBank, [operation], { maxFee: 100_000n })]);
      assert.equal(receipts[0]?.status, ECONOMY.statuses.TOKEN_NOT_ALLOWED);
    }
  });
});
