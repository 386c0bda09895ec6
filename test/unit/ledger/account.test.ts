import assert from 'node:assert/strict';
import { accountNonce, checkAdmissible, feeBalance, intrinsicCost } from '../../../src/ledger/account.ts';
import {
  actor,
  GENESIS_TIME_MS,
  LedgerChain,
  testGenesis,
  unsignedTransaction,
} from '../../support/ledger-chain.ts';
import { baseGasOf, PROBE_GAS, PROBE_RULES, probeOperation } from '../../support/probe-ledger.ts';

const validator = actor('validator');
const alice = actor('alice');

function newChain(): LedgerChain {
  return new LedgerChain(testGenesis({ validators: [validator], accounts: [alice] }), PROBE_RULES);
}

describe('what a pool asks of the ledger', () => {
  it('is the reason why the next section could not contain a transaction, seen alone', () => {
    const chain = newChain();
    const check = (transaction: Parameters<typeof checkAdmissible>[1]) =>
      checkAdmissible(chain.state, transaction, chain.timeMs, PROBE_RULES)?.code;
    const write = [probeOperation.write(1, 1)];
    const tx = (options: Parameters<typeof unsignedTransaction>[3]) =>
      unsignedTransaction(alice, 'bpi', write, options);
    assert.equal(check(tx({})), undefined);
    assert.equal(check(tx({ nonce: 1n })), 'NONCE_GAP');
    assert.equal(check(tx({ validUntilMs: GENESIS_TIME_MS - 1 })), 'EXPIRED');
    assert.equal(check(tx({ maxFee: 1_000_000_001n })), 'INSUFFICIENT_METER');
    assert.equal(check(tx({ chainId: 9 })), 'WRONG_CHAIN');
    assert.equal(check(unsignedTransaction(alice, 'docklock', write)), 'LEDGER_NOT_AVAILABLE');
    assert.equal(
      check(unsignedTransaction(alice, 'bpi', [{ kind: 77, data: new Uint8Array(0) }])),
      'UNKNOWN_OPERATION',
    );
    chain.block([tx({})]);
    assert.equal(check(tx({})), 'NONCE_TOO_LOW');
    assert.equal(accountNonce(chain.state, 'bpi', alice.address), 1n);
    assert.equal(accountNonce(chain.state, 'economy', alice.address), 0n);
  });

  it('agrees with the section about every single transaction', () => {
    const chain = newChain();
    const candidates = [0n, 1n].flatMap((nonce) =>
      [0n, 2_000n, 2_000_000_000n].map((maxFee) =>
        unsignedTransaction(alice, 'bpi', [probeOperation.write(1, 1)], { nonce, maxFee }),
      ),
    );
    for (const transaction of candidates) {
      const answer = checkAdmissible(chain.state, transaction, chain.timeMs, PROBE_RULES);
      if (answer !== undefined) assert.equal(chain.faultOf('bpi', [transaction]).code, answer.code);
      else assert.throws(() => chain.faultOf('bpi', [transaction]), /the section is valid/);
    }
  });

  it('is the cost of a transaction before it is executed, and the balance that pays for it', () => {
    const chain = newChain();
    const { parameters } = chain.genesis;
    const mixed = unsignedTransaction(alice, 'bpi', [probeOperation.write(1, 1), probeOperation.free(1, 1)]);
    const cost = intrinsicCost(mixed, parameters, PROBE_RULES);
    assert.deepEqual(cost, {
      gas: 2 * PROBE_GAS + baseGasOf(mixed),
      operationGas: [PROBE_GAS, PROBE_GAS],
      paidGas: PROBE_GAS + baseGasOf(mixed),
      fixedFees: [],
    });
    const unknown = unsignedTransaction(alice, 'bpi', [{ kind: 77, data: new Uint8Array(0) }]);
    assert.equal(intrinsicCost(unknown, parameters, PROBE_RULES), undefined);
    assert.equal(feeBalance(chain.state, alice.address, 'bpi', 'FLX', PROBE_RULES), 1_000_000_000n);
    assert.equal(feeBalance(chain.state, alice.address, 'bpci', 'GEN', PROBE_RULES), 1_000_000n);
  });
});
