import assert from 'node:assert/strict';
import {
  type Account,
  accountPath,
  balanceAccount,
  FEE_POOL,
  ISSUE,
  lockedAccount,
  OWNER_ACCRUED,
  OWNER_VESTING,
  poolAccount,
  SIGNER_POOL,
  TREASURY,
} from '../../../../src/ledger/economy/account.ts';
import { settlement } from '../../../../src/ledger/economy/economy.ts';
import { genesisState } from '../../../../src/ledger/genesis-state.ts';
import type { BlockContext } from '../../../../src/ledger/seam.ts';
import type { TokenName } from '../../../../src/types/names.ts';
import { encodeOperation } from '../../../../src/types/operations/catalog.ts';
import { ECONOMY } from '../../../../src/types/operations/economy.ts';
import { genesisBondRef } from '../../../../src/types/operations/settlement-messages.ts';
import { encode } from '../../../../src/types/ssz.ts';
import { U128 } from '../../../../src/types/ssz-numbers.ts';
import {
  alice,
  attestation,
  bankers,
  bob,
  EconomyChain,
  economyGenesis,
  LEIS,
  reportPrices,
  validator,
} from '../../../support/economy-chain.ts';

/** A chain where the first bank has minted 100 AUR of a reserve of about 1.9 million. */
function mintedChain(): EconomyChain {
  const chain = new EconomyChain();
  chain.send(bankers[0], ECONOMY.operations.ReserveAttest, attestation(chain));
  reportPrices(chain);
  const { status } = chain.send(bankers[0], ECONOMY.operations.AurMint, { bank: LEIS[0], amount: 100n });
  assert.equal(status, 'OK');
  return chain;
}

/** Writes amounts behind the back of the ledger, and lets the invariants look at the difference. */
function assertAfter(chain: EconomyChain, changes: Record<string, bigint | undefined>): () => void {
  return () => {
    const view = chain.state.extend();
    const writer = view.writer('economy');
    for (const [path, amount] of Object.entries(changes))
      if (amount === undefined) writer.delete(path);
      else writer.set(path, encode(U128, amount));
    const { genesis, genesisHash, height, timeMs } = chain;
    const context: BlockContext = { genesis, genesisHash, height, timeMs, parameters: genesis.parameters };
    settlement.assertInvariants(chain.economy, view.reader('economy'), Object.keys(changes), context);
  };
}

function amountAt(chain: EconomyChain, path: string): bigint {
  const bytes = chain.economy.get(path);
  return bytes === undefined ? 0n : U128.deserialize(bytes);
}

describe('The invariants of value', () => {
  const chain = mintedChain();
  /** Adds to the amounts at paths. */
  const adding = (differences: Record<string, bigint>) =>
    assertAfter(
      chain,
      Object.fromEntries(Object.entries(differences).map(([path, by]) => [path, amountAt(chain, path) + by])),
    );
  const account = (name: Account, token: TokenName) => accountPath(name, token);
  const bobs = balanceAccount(bob.address);
  const alices = balanceAccount(alice.address);
  const refuses = (rule: RegExp, differences: Record<string, bigint>) =>
    assert.throws(adding(differences), { name: 'InvariantViolation', message: rule });

  it('accept a movement between two accounts', () => {
    adding({ [account(alices, 'NEX')]: -5n, [account(bobs, 'NEX')]: 5n })();
  });

  it('see coins that come out of nothing or vanish', () => {
    for (const token of ['GEN', 'NEX', 'FLX'] as const) {
      refuses(/accounts differ from the supply/, { [account(bobs, token)]: 1n });
      refuses(/accounts differ from the supply/, { [account(alices, token)]: -1n });
    }
  });

  it('see a supply that changed without an issue', () => {
    refuses(/not what was issued/, { [account(bobs, 'NEX')]: 1n, [account(ISSUE, 'NEX')]: 1n });
  });

  it('see an issue that no reserve paid for', () => {
    for (const token of ['NEX', 'FLX'] as const) {
      const issue = {
        [account(bobs, token)]: 1n,
        [account(ISSUE, token)]: 1n,
        [`total/issued/${token}`]: 1n,
      };
      refuses(/its reserve by 0/, issue);
      adding({ ...issue, [`reserve/${token}`]: -1n })();
    }
  });

  it('see any change of the supply of GEN', () => {
    refuses(/supply of GEN changed/, {
      [account(bobs, 'GEN')]: 1n,
      [account(ISSUE, 'GEN')]: 1n,
      'total/issued/GEN': 1n,
    });
  });

  it('see fees of which less than half was burned', () => {
    refuses(/less than half/, { 'total/fees/FLX': 3n, 'total/burned/FLX': 1n, 'reserve/FLX': -1n });
  });

  it('see totals that fall', () => {
    refuses(/fell/, { 'total/fees/FLX': -1n });
  });

  it('see fees of storage of which less than half was burned', () => {
    refuses(/less than half/, { 'total/fees/NEX': 3n, 'total/burned/NEX': 1n, 'reserve/NEX': -1n });
  });

  it('see what is locked with a miner fall, or grow by more than a fifth of what jobs paid', () => {
    const [miner, other] = [lockedAccount(validator.address), lockedAccount(bob.address)];
    const locking = { [account(alices, 'NEX')]: -10n, [account(miner, 'NEX')]: 10n };
    adding({ ...locking, 'total/jobFees/NEX': 50n })();
    refuses(/more NEX was locked/, { ...locking, 'total/jobFees/NEX': 49n });
    const locked = mintedChain();
    const view = locked.state.extend();
    view.writer('economy').set(account(miner, 'NEX'), encode(U128, 10n));
    locked.state.commit(view);
    const moving = { [account(miner, 'NEX')]: 4n, [account(other, 'NEX')]: 6n, 'total/jobFees/NEX': 50n };
    assert.throws(assertAfter(locked, moving), { name: 'InvariantViolation', message: /fell by 6/ });
  });

  it('see an owner that accrues more than a fifth of what jobs paid', () => {
    const accruing = { [account(alices, 'NEX')]: -10n, [account(OWNER_ACCRUED, 'NEX')]: 10n };
    adding({ ...accruing, 'total/jobFees/NEX': 50n })();
    refuses(/the owner accrued/, { ...accruing, 'total/jobFees/NEX': 49n });
  });

  it('see an owner to whom more vests than was put by', () => {
    refuses(/tranches of NEX/, { [account(alices, 'NEX')]: -1n, [account(OWNER_VESTING, 'NEX')]: 1n });
  });

  it('see a pool that nobody will share, and one that should have been shared before', () => {
    refuses(/pool of bpi/, { [account(alices, 'FLX')]: -1n, [account(poolAccount('bpi'), 'FLX')]: 1n });
    const view = chain.state.extend();
    const { genesis, genesisHash, height, timeMs } = chain;
    const context: BlockContext = {
      ...{ genesis, genesisHash, height: height + 1, timeMs },
      parameters: genesis.parameters,
    };
    assert.throws(
      () => settlement.assertInvariants(chain.economy, view.reader('economy'), [], context),
      /pool of economy/,
    );
    assert.throws(() => settlement.payPools(view.writer('economy'), height + 2, []), {
      name: 'InvariantViolation',
      message: /pool of economy waits/,
    });
  });

  it('see AUR outside of bank accounts', () => {
    const bank = account(balanceAccount(bankers[0].address), 'AUR');
    for (const place of [bobs, 'treasury', `meter/bpi/${bankers[0].address}`] as const)
      refuses(/which is no bank's/, { [bank]: -1n, [account(place, 'AUR')]: 1n });
    adding({ [bank]: -1n, [account(balanceAccount(bankers[2].address), 'AUR')]: 1n })();
  });

  it('see AUR that no bank owes, that a bank may not mint, or that no reserve covers', () => {
    const mint = (by: bigint) => ({
      [account(balanceAccount(bankers[0].address), 'AUR')]: by,
      [account(ISSUE, 'AUR')]: by,
      'total/issued/AUR': by,
    });
    refuses(/not what the banks owe/, mint(1n));
    adding({ ...mint(1n), [`outstanding/${LEIS[0]}`]: 1n })();
    refuses(/without the right/, { ...mint(1n), [`outstanding/${LEIS[2]}`]: 1n });
    refuses(/its reserve is worth/, { ...mint(1n), [`outstanding/${LEIS[1]}`]: 1n });
    const much = 2_000_000_000_000n;
    refuses(/its reserve is worth/, { ...mint(much), [`outstanding/${LEIS[0]}`]: much });
  });

  it('see a fee that was left in the pool, and a reward that no signer got', () => {
    for (const transient of [FEE_POOL, SIGNER_POOL] as const)
      refuses(/were left in/, { [account(alices, 'FLX')]: -1n, [account(transient, 'FLX')]: 1n });
  });

  it('see a lock that is reduced, emptied or made without an entry', () => {
    const bond = account(`lock/bpci/${genesisBondRef(validator.address)}`, 'GEN');
    const ref = 'ab'.repeat(32);
    const lock = { ledger: 'bpi', purpose: 'escrow', ref, token: 'GEN', amount: 10n } as const;
    assert.equal(chain.send(alice, ECONOMY.operations.Lock, lock).status, 'OK');
    refuses(/was reduced/, { [account(`lock/bpi/${ref}`, 'GEN')]: -1n, [account(bobs, 'GEN')]: 1n });
    refuses(/is empty/, { [bond]: -5_000_000n, [account(bobs, 'GEN')]: 5_000_000n });
    refuses(/belongs to no lock/, {
      [account(alices, 'GEN')]: -1n,
      [account(`lock/bpi/${'0'.repeat(64)}`, 'GEN')]: 1n,
    });
  });

  it('let a bond shrink only by what the books call slashed', () => {
    const bond = account(`lock/bpci/${genesisBondRef(validator.address)}`, 'GEN');
    const slashed = { [bond]: -2n, [account(TREASURY, 'GEN')]: 2n };
    adding({ ...slashed, 'total/slashed/GEN': 2n })();
    refuses(/nobody was slashed/, slashed);
    refuses(/nobody was slashed/, { ...slashed, 'total/slashed/GEN': 1n });
    refuses(/nobody was slashed/, { 'total/slashed/GEN': 1n });
  });
});

describe('The economy at genesis', () => {
  const refused = (change: Parameters<typeof economyGenesis>[0], code = 'INVALID_GENESIS') =>
    assert.throws(() => genesisState(economyGenesis(change)), { code });

  it('holds exactly 100 000 GEN', () => {
    const chain = new EconomyChain();
    assert.equal(amountAt(chain, accountPath(ISSUE, 'GEN')), 100_000_000_000n);
    assert.equal(
      amountAt(chain, accountPath('treasury', 'GEN')),
      100_000_000_000n - 60_000_000_000n - 5_000_000n,
    );
  });

  it('refuses more GEN than there may be, AUR, amounts beyond u128, wrong meters and wrong banks', () => {
    const allocate = (token: TokenName, amount: bigint) => ({
      change: (genesis: ReturnType<typeof economyGenesis>) => ({
        ...genesis,
        allocations: [...genesis.allocations, { address: bob.address, token, amount }],
      }),
    });
    refused(allocate('GEN', 40_000_000_000n));
    refused(allocate('AUR', 1n));
    refused(allocate('FLX', 2n ** 128n - 1n));
    for (const [ledger, token] of [
      ['economy', 'FLX'],
      ['bpi', 'AUR'],
    ] as const)
      refused({
        change: (genesis) => ({ ...genesis, meters: [{ payer: bob.address, ledger, token, amount: 1n }] }),
      });
    refused({ change: (genesis) => ({ ...genesis, banks: [...genesis.banks, ...genesis.banks] }) });
  });
});

describe('Operations that do not decode', () => {
  it('fail as malformed and change nothing but nonce and fee', () => {
    const chain = new EconomyChain();
    const { kind, data } = encodeOperation(ECONOMY.operations.Faucet, { to: bob.address });
    for (const broken of [data.subarray(1), new Uint8Array([...data, 0])]) {
      const transaction = chain.transaction(alice, [{ kind, data: broken }], { maxFee: 10_000n });
      assert.equal(chain.block([transaction]).receipts[0]?.status, 2);
    }
    assert.equal(amountAt(chain, accountPath(balanceAccount(bob.address), 'FLX')), 0n);
  });
});
