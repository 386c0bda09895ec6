import assert from 'node:assert/strict';
import { verifySignature } from '../../../../src/crypto/ed25519.ts';
import type { LedgerName } from '../../../../src/types/names.ts';
import { encodeOperation } from '../../../../src/types/operations/catalog.ts';
import { ECONOMY } from '../../../../src/types/operations/economy.ts';
import { decodeTransaction, transactionSigningBytes } from '../../../../src/types/transaction.ts';
import { toHex } from '../../../../src/util/bytes.ts';
import { deriveAuthorityKeys, deriveLane } from '../../../../testnet/identities.ts';
import { nonceKey, Planner, type PreparedTransaction } from '../../../../testnet/load/plan.ts';
import type { OperationScenario, PlanContext } from '../../../../testnet/load/scenario.ts';

const SEED = 'plan';
const GENESIS_HASH = 'ab'.repeat(32);
const lane = deriveLane(SEED, 0);

function planner(nonces: ReadonlyMap<string, bigint> = new Map()): Planner {
  return new Planner({
    seed: SEED,
    chainId: 7,
    genesisHash: GENESIS_HASH,
    lane,
    validators: [],
    authorities: deriveAuthorityKeys(SEED),
    startMs: 1_700_000_000_000,
    finalBlock: { height: 1, hash: 'ab'.repeat(32) },
    runId: 3,
    maxFee: 1_000n,
    nonces,
  });
}

/** A scenario that only names what it was asked for. */
function scenario(
  operation: string,
  weight: number,
  options: { readyAtMs?: number; neverFails?: boolean } = {},
): OperationScenario {
  const made = (context: PlanContext, expected: string) => ({
    sender: context.rotate(lane.payers),
    expected,
    operations: [
      encodeOperation(ECONOMY.operations.CoinRedeem, { token: 'NEX', amount: BigInt(context.unique()) }),
    ],
  });
  return {
    operation,
    weight,
    succeed: (context) => (context.atMs < (options.readyAtMs ?? 0) ? undefined : made(context, 'OK')),
    fail: (context) => (options.neverFails === true ? undefined : made(context, 'TOKEN_NOT_ALLOWED')),
  };
}

const planOf = (
  scenarios: OperationScenario[],
  rate: number,
  seconds: number,
  ledger: LedgerName = 'economy',
) => planner().plan([{ ledger, create: () => scenarios }], rate, seconds);
const count = (all: readonly PreparedTransaction[], operation: string) =>
  all.filter((transaction) => transaction.operation === operation).length;

describe('the plan of a load', () => {
  it('has as many transactions as the rate asks for, evenly spaced and in order', () => {
    const all = planOf([scenario('a', 1)], 8, 5);
    assert.equal(all.length, 40);
    assert.deepEqual(
      all.map(({ atMs }) => atMs),
      Array.from({ length: 40 }, (_, index) => index * 125),
    );
  });

  it('signs transactions that are valid and all different', () => {
    const all = planOf([scenario('a', 1)], 10, 2);
    for (const { txId, bytes, sender } of all) {
      const { id, value } = decodeTransaction(bytes);
      assert.equal(id, txId);
      assert.equal(value.body.sender, sender);
      const signed = transactionSigningBytes(GENESIS_HASH, value.body);
      const { publicKey, signature } = value.auth;
      assert.ok(verifySignature(toHex(publicKey), signed, toHex(signature)));
    }
    assert.equal(new Set(all.map(({ txId }) => txId)).size, all.length);
  });

  it('gives every sender nonces without a gap, from where the chain stands, on each ledger for itself', () => {
    const [first] = lane.payers;
    assert.ok(first);
    const start = new Map([[nonceKey(first.address, 'economy'), 5n]]);
    const ledgers: LedgerName[] = ['economy', 'bpi'];
    const all = planner(start).plan(
      ledgers.map((ledger) => ({ ledger, create: () => [scenario(ledger, 1)] })),
      50,
      4,
    );
    const next = new Map(start);
    for (const { bytes } of all) {
      const { sender, ledger, nonce } = decodeTransaction(bytes).value.body;
      const key = nonceKey(sender, ledger);
      assert.equal(nonce, next.get(key) ?? 0n);
      next.set(key, nonce + 1n);
    }
    assert.ok(next.size >= lane.payers.length, 'everybody sends');
  });

  it('shows every operation to succeed and to fail before any a second time', () => {
    const all = planOf([scenario('rare', 1), scenario('often', 1_000)], 4, 1);
    assert.deepEqual(
      all.map(({ operation, expected }) => `${operation} ${expected}`),
      ['rare OK', 'rare TOKEN_NOT_ALLOWED', 'often OK', 'often TOKEN_NOT_ALLOWED'],
    );
  });

  it('divides the rest by weight, and lets one in ten of each operation fail', () => {
    const all = planOf([scenario('one', 1), scenario('three', 3)], 100, 10);
    assert.ok(Math.abs(count(all, 'three') - 750) <= 4, `${count(all, 'three')} of 1000`);
    for (const operation of ['one', 'three']) {
      const own = all.filter((transaction) => transaction.operation === operation);
      const failed = own.filter(({ expected }) => expected !== 'OK').length;
      assert.ok(Math.abs(failed - own.length / 10) <= 1, `${failed} of ${own.length}`);
    }
  });

  it('waits for a scenario that cannot succeed yet, and shows it as soon as it can', () => {
    const all = planOf([scenario('late', 1, { readyAtMs: 3_000 }), scenario('a', 1)], 10, 5);
    const first = all.find(({ operation, expected }) => operation === 'late' && expected === 'OK');
    assert.equal(first?.atMs, 3_000);
  });

  it('goes on with a scenario that can never fail', () => {
    const all = planOf([scenario('a', 1, { neverFails: true })], 10, 3);
    assert.ok(all.every(({ expected }) => expected === 'OK'));
    assert.equal(all.length, 30);
  });

  it('is refused if nothing can be planned', () => {
    const never = scenario('a', 1, { readyAtMs: 1_000_000, neverFails: true });
    assert.throws(() => planOf([never], 10, 1), RangeError);
    assert.throws(() => planner().context(0).rotate([]), RangeError);
  });
});
