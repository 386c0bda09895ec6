import assert from 'node:assert/strict';
import { balanceAccount, ISSUE, poolAccount } from '../../../../src/ledger/economy/account.ts';
import { amountOf, reserveOf, supplyOf, totalOf } from '../../../../src/ledger/economy/books.ts';
import type { TokenName } from '../../../../src/types/names.ts';
import { encodeOperation } from '../../../../src/types/operations/catalog.ts';
import { ECONOMY } from '../../../../src/types/operations/economy.ts';
import { hashNumber } from '../../../support/blocks.ts';
import {
  alice,
  approve,
  bob,
  EconomyChain,
  eventsOf,
  HOUR_MS,
  type Person,
  person,
  statusName,
  treasurers,
} from '../../../support/economy-chain.ts';

const { Transfer, CoinIssue, CoinRedeem, Faucet } = ECONOMY.operations;

function balance(chain: EconomyChain, who: Person, token: TokenName): bigint {
  return amountOf(chain.economy, balanceAccount(who.address), token);
}

describe('Transfer', () => {
  const transfer = { to: bob.address, token: 'GEN' as const, amount: 25n, reference: 'rent' };

  it('moves coins and says so in an event', () => {
    const chain = new EconomyChain();
    const { status, receipt } = chain.send(alice, Transfer, transfer);
    assert.equal(status, 'OK');
    assert.equal(balance(chain, bob, 'GEN'), 25n);
    assert.equal(balance(chain, alice, 'GEN'), 59_999_999_975n);
    assert.deepEqual(eventsOf(receipt), [
      { name: 'Transferred', value: { from: alice.address, ...transfer } },
    ]);
  });

  it('refuses nothing, oneself, AUR, and more than there is, and then moves nothing', () => {
    const chain = new EconomyChain();
    const refused: [Partial<typeof transfer> | { token: TokenName }, string][] = [
      [{ amount: 0n }, 'ZERO_AMOUNT'],
      [{ to: alice.address }, 'SAME_ACCOUNT'],
      [{ token: 'AUR' }, 'TOKEN_NOT_ALLOWED'],
      [{ amount: 60_000_000_001n }, 'INSUFFICIENT_BALANCE'],
    ];
    for (const [change, expected] of refused)
      assert.equal(chain.send(alice, Transfer, { ...transfer, ...change }).status, expected);
    assert.equal(balance(chain, alice, 'GEN'), 60_000_000_000n);
    assert.equal(balance(chain, bob, 'GEN'), 0n);
  });

  it('is taken back as a whole when a later operation of the transaction fails', () => {
    const chain = new EconomyChain();
    const operations = [
      encodeOperation(Transfer, transfer),
      encodeOperation(Transfer, { ...transfer, amount: 60_000_000_000n }),
    ];
    const { receipts } = chain.block([chain.transaction(alice, operations, { maxFee: 100_000n })]);
    assert.equal(statusName(receipts[0]?.status ?? 0), 'INSUFFICIENT_BALANCE');
    assert.equal(receipts[0]?.failedOperation, 1);
    assert.equal(balance(chain, bob, 'GEN'), 0n);
  });
});

describe('Fees of economy transactions', () => {
  it('burn half, rounded up, keep the rest in the pool of the section and return what was held too much', () => {
    const chain = new EconomyChain({ parameters: { gasPrice: 3n } });
    const before = balance(chain, alice, 'FLX');
    const supply = supplyOf(chain.economy, 'FLX');
    const { receipt } = chain.send(alice, Transfer, {
      to: bob.address,
      token: 'GEN',
      amount: 1n,
      reference: '',
    });
    const fee = receipt.charges[0]?.amount ?? 0n;
    assert.equal(fee, BigInt(receipt.gas) * 3n);
    assert.equal(balance(chain, alice, 'FLX'), before - fee);
    const burned = (fee + 1n) / 2n;
    assert.equal(supplyOf(chain.economy, 'FLX'), supply - burned);
    assert.equal(amountOf(chain.economy, poolAccount('economy'), 'FLX'), fee - burned);
    assert.equal(totalOf(chain.economy, 'burned', 'FLX'), burned);
  });

  it('are paid by a failed transaction too', () => {
    const chain = new EconomyChain();
    const before = balance(chain, alice, 'FLX');
    const { receipt } = chain.send(alice, Transfer, {
      to: bob.address,
      token: 'NEX',
      amount: 10n ** 30n,
      reference: '',
    });
    assert.equal(balance(chain, alice, 'FLX'), before - (receipt.charges[0]?.amount ?? 0n));
    assert.ok((receipt.charges[0]?.amount ?? 0n) > 0n);
  });
});

describe('CoinIssue', () => {
  const issue = {
    token: 'NEX' as TokenName,
    to: bob.address,
    amount: 500n,
    basis: hashNumber(77),
    approvals: [],
  };
  const by = (signers: readonly Person[]) => ({ authority: 'treasury', sender: alice, signers }) as const;
  const two = treasurers.slice(0, 2);

  it('issues NEX and FLX out of the reserve of genesis', () => {
    const chain = new EconomyChain();
    for (const token of ['NEX', 'FLX'] as const) {
      const supply = supplyOf(chain.economy, token);
      const reserve = reserveOf(chain.economy, token);
      const burnedBefore = totalOf(chain.economy, 'burned', token);
      const operation = approve(chain, CoinIssue, { ...issue, token }, by(two));
      assert.equal(chain.send(alice, CoinIssue, operation).status, 'OK');
      const burned = totalOf(chain.economy, 'burned', token) - burnedBefore;
      assert.equal(supplyOf(chain.economy, token), supply + 500n - burned);
      assert.equal(reserveOf(chain.economy, token), reserve - 500n);
      assert.equal(balance(chain, bob, token), 500n);
    }
  });

  it('never issues GEN or AUR, whoever approves', () => {
    const chain = new EconomyChain();
    for (const token of ['GEN', 'AUR'] as const) {
      const operation = approve(chain, CoinIssue, { ...issue, token }, by(two));
      assert.equal(chain.send(alice, CoinIssue, operation).status, 'TOKEN_NOT_ALLOWED');
    }
  });

  it('refuses zero and more than the reserve holds', () => {
    const chain = new EconomyChain({ parameters: { nexReserve: 499n } });
    const zero = approve(chain, CoinIssue, { ...issue, amount: 0n }, by(two));
    assert.equal(chain.send(alice, CoinIssue, zero).status, 'ZERO_AMOUNT');
    const tooMuch = approve(chain, CoinIssue, issue, by(two));
    assert.equal(chain.send(alice, CoinIssue, tooMuch).status, 'RESERVE_EXHAUSTED');
  });

  it('refuses approvals that are too few, foreign, repeated or forged', () => {
    const chain = new EconomyChain();
    const [first, second] = treasurers;
    const cases: [readonly Person[], string][] = [
      [[first], 'APPROVALS_TOO_FEW'],
      [[first, bob], 'APPROVAL_KEY_UNKNOWN'],
      [[first, first], 'APPROVAL_KEY_REPEATED'],
    ];
    for (const [signers, expected] of cases)
      assert.equal(
        chain.send(alice, CoinIssue, approve(chain, CoinIssue, issue, by(signers))).status,
        expected,
      );
    const good = approve(chain, CoinIssue, issue, by([first, second]));
    const changed = { ...good, amount: 501n };
    assert.equal(chain.send(alice, CoinIssue, changed).status, 'APPROVAL_SIGNATURE_WRONG');
  });

  it('takes an approval for one nonce, one sender, one ledger and one authority only', () => {
    const chain = new EconomyChain();
    const good = approve(chain, CoinIssue, issue, by(two));
    assert.equal(chain.send(alice, CoinIssue, good).status, 'OK');
    assert.equal(chain.send(alice, CoinIssue, good).status, 'APPROVAL_SIGNATURE_WRONG');
    for (const other of [
      { ...by(two), sender: bob, nonce: chain.nonceOf(alice) },
      { ...by(two), ledger: 'bpci' as const },
      { ...by(two), authority: 'owner' as const },
    ])
      assert.equal(
        chain.send(alice, CoinIssue, approve(chain, CoinIssue, issue, other)).status,
        'APPROVAL_SIGNATURE_WRONG',
      );
    assert.equal(balance(chain, bob, 'NEX'), 500n);
  });

  it('is not done twice in one transaction on one approval', () => {
    const chain = new EconomyChain();
    const operation = encodeOperation(CoinIssue, approve(chain, CoinIssue, issue, by(two)));
    const twice = chain.transaction(alice, [operation, operation], { maxFee: 300_000n });
    const { receipts } = chain.block([twice]);
    assert.equal(statusName(receipts[0]?.status ?? 0), 'APPROVAL_USED');
    assert.equal(balance(chain, bob, 'NEX'), 0n);
  });

  it('is refused where genesis names no treasury', () => {
    const chain = new EconomyChain({ change: (genesis) => ({ ...genesis, authorities: [] }) });
    const operation = approve(chain, CoinIssue, issue, by(two));
    assert.equal(chain.send(alice, CoinIssue, operation).status, 'AUTHORITY_UNKNOWN');
  });
});

describe('CoinRedeem', () => {
  it('returns coins to the reserve, from where they can be issued again', () => {
    const chain = new EconomyChain();
    const reserve = reserveOf(chain.economy, 'NEX');
    assert.equal(chain.send(alice, CoinRedeem, { token: 'NEX', amount: 7_000_000n }).status, 'OK');
    assert.equal(supplyOf(chain.economy, 'NEX'), 0n);
    assert.equal(amountOf(chain.economy, ISSUE, 'NEX'), 0n);
    assert.equal(reserveOf(chain.economy, 'NEX'), reserve + 7_000_000n);
  });

  it('refuses zero, GEN, AUR and more than there is', () => {
    const chain = new EconomyChain();
    const refused: [TokenName, bigint, string][] = [
      ['NEX', 0n, 'ZERO_AMOUNT'],
      ['GEN', 1n, 'TOKEN_NOT_ALLOWED'],
      ['AUR', 1n, 'TOKEN_NOT_ALLOWED'],
      ['NEX', 7_000_001n, 'INSUFFICIENT_BALANCE'],
    ];
    for (const [token, amount, expected] of refused)
      assert.equal(chain.send(alice, CoinRedeem, { token, amount }).status, expected);
  });
});

describe('Faucet', () => {
  it('pays an address that owns nothing, for nothing, once an hour', () => {
    const chain = new EconomyChain();
    const newcomer = person(99);
    const first = chain.send(newcomer, Faucet, { to: newcomer.address });
    assert.equal(first.status, 'OK');
    assert.deepEqual(first.receipt.charges, []);
    assert.equal(balance(chain, newcomer, 'FLX'), 100_000_000n);
    assert.equal(chain.send(alice, Faucet, { to: newcomer.address }).status, 'FAUCET_TOO_SOON');
    assert.equal(chain.send(alice, Faucet, { to: bob.address }).status, 'OK');
    chain.timeMs += HOUR_MS;
    assert.equal(chain.send(alice, Faucet, { to: newcomer.address }).status, 'OK');
    assert.equal(balance(chain, newcomer, 'FLX'), 200_000_000n);
  });

  it('draws on the FLX reserve and ends with it', () => {
    const chain = new EconomyChain({ parameters: { flxReserve: 150_000_000n } });
    assert.equal(chain.send(alice, Faucet, { to: alice.address }).status, 'OK');
    assert.equal(reserveOf(chain.economy, 'FLX'), 50_000_000n);
    assert.equal(chain.send(alice, Faucet, { to: bob.address }).status, 'RESERVE_EXHAUSTED');
  });

  it('is closed on a chain that is no testnet', () => {
    const chain = new EconomyChain({ testnet: false });
    assert.equal(chain.send(alice, Faucet, { to: bob.address }).status, 'FAUCET_CLOSED');
  });
});
