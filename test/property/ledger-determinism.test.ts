import assert from 'node:assert/strict';
import fc from 'fast-check';
import { beginBlock } from '../../src/ledger/begin-block.ts';
import { endBlock } from '../../src/ledger/end-block.ts';
import { type BlockTransactions, executeBlock } from '../../src/ledger/execute-block.ts';
import { genesisState } from '../../src/ledger/genesis-state.ts';
import { buildSection } from '../../src/ledger/section.ts';
import type { SectionResult } from '../../src/ledger/section-result.ts';
import { sectionRoots } from '../../src/ledger/section-roots.ts';
import { State } from '../../src/ledger/state/state.ts';
import { LEDGERS, type LedgerName } from '../../src/types/names.ts';
import { BPCI } from '../../src/types/operations/bpci.ts';
import { encodeOperation } from '../../src/types/operations/catalog.ts';
import { ECONOMY } from '../../src/types/operations/economy.ts';
import type { EncodedTransaction, Operation } from '../../src/types/transaction.ts';
import { actor, testGenesis, unsignedTransaction } from '../support/ledger-chain.ts';
import { minedBy } from '../support/mined.ts';
import { PROBE_RULES, probeOperation } from '../support/probe-ledger.ts';

const actors = ['p', 'q', 'r', 's'].map(actor);
const genesis = testGenesis({ validators: actors });
const { genesisHash } = genesisState(genesis, PROBE_RULES);

const who = fc.integer({ min: 0, max: actors.length - 1 });
const address = (index: number) => (actors[index] as (typeof actors)[0]).address;
const small = fc.integer({ min: 0, max: 5 });

const probe = fc.oneof(
  fc.tuple(small, fc.nat(100)).map(([key, value]) => probeOperation.write(key, value)),
  small.map((key) => probeOperation.copyFromOther(key)),
  fc
    .tuple(fc.constantFrom('bpi' as const, 'cluster' as const, 'docklock' as const), small)
    .map(([to, count]) => probeOperation.send(to, count)),
  small.map((count) => probeOperation.emit(count)),
  fc.constant(probeOperation.fail(2_001)),
);
const validatorVote = fc
  .tuple(who, fc.constantFrom('admit' as const, 'remove' as const))
  .map(([of, decision]) => encodeOperation(BPCI.operations.ValVote, { candidate: address(of), decision }));
const validatorLeave = who.map((of) => encodeOperation(BPCI.operations.ValLeave, { validator: address(of) }));
const value = fc
  .tuple(who, fc.bigInt({ min: 0n, max: 2_000_000n }), small)
  .map(([to, amount, choice]): Operation => {
    const { Transfer, Lock, Unlock, MeterDeposit, MeterWithdraw } = ECONOMY.operations;
    const ref = String(choice).repeat(64);
    const list = [
      encodeOperation(Transfer, { to: address(to), token: 'FLX', amount, reference: '' }),
      encodeOperation(Lock, { ledger: 'bpci', purpose: 'bond', ref, token: 'GEN', amount }),
      encodeOperation(Unlock, { ledger: 'bpci', ref }),
      encodeOperation(MeterDeposit, { payer: address(to), ledger: 'bpi', token: 'FLX', amount }),
      encodeOperation(MeterWithdraw, { ledger: 'bpi', token: 'FLX', amount }),
    ];
    return list[choice % list.length] as Operation;
  });

const request = fc.record({
  sender: who,
  maxFee: fc.constantFrom(0n, 300n, 1_000_000n),
  target: fc.oneof(
    fc.record({
      ledger: fc.constantFrom('bpi' as const, 'cluster' as const),
      operations: fc.array(probe, { minLength: 1, maxLength: 4 }),
    }),
    fc.record({
      ledger: fc.constant('bpci' as const),
      operations: fc.array(fc.oneof(validatorVote, validatorLeave), { minLength: 1, maxLength: 2 }),
    }),
    fc.record({
      ledger: fc.constant('economy' as const),
      operations: fc.array(value, { minLength: 1, maxLength: 4 }),
    }),
  ),
});
type Request = typeof request extends fc.Arbitrary<infer T> ? T : never;

/** The sections that a proposer builds out of the requests, with the nonces that make most of them admissible. */
function transactionsOf(
  state: State,
  height: number,
  requests: readonly Request[],
  timeMs: number,
): BlockTransactions {
  const begun = beginBlock(state, { height, timeMs, genesis, genesisHash }, PROBE_RULES);
  const built: Partial<Record<LedgerName, readonly EncodedTransaction[]>> = {};
  for (const ledger of LEDGERS) {
    const counts = new Map<string, bigint>();
    const candidates = requests
      .filter(({ target }) => target.ledger === ledger)
      .flatMap(({ sender, maxFee, target }) => {
        const from = actors[sender] as (typeof actors)[0];
        const bytes = state.reader(ledger).get(`nonce/${from.address}`);
        const start = bytes === undefined ? 0n : new DataView(bytes.slice().buffer).getBigUint64(0, true);
        const nonce = start + (counts.get(from.address) ?? 0n);
        counts.set(from.address, nonce - start + 1n);
        return unsignedTransaction(from, ledger, target.operations, { nonce, maxFee });
      });
    const { result } = buildSection(begun, ledger, candidates);
    built[ledger] = result.transactions;
    result.discard();
  }
  begun.discard();
  return built;
}

const input = {
  ...minedBy((actors[0] as (typeof actors)[0]).address),
  beacon: '07'.repeat(32),
  lastCertificate: undefined,
  evidence: [],
};

describe('execution is a function of state and transactions', () => {
  it('gives one state root for serial, shuffled and interleaved sections, and on replay from disk leaves', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(request, { maxLength: 12 }), { minLength: 1, maxLength: 6 }),
        fc.shuffledSubarray([...LEDGERS], { minLength: LEDGERS.length }),
        (blocks, order) => {
          const { state } = genesisState(genesis, PROBE_RULES);
          let replica = State.load(state.leaves());
          for (const [i, requests] of blocks.entries()) {
            const facts = { height: i + 1, timeMs: genesis.timeMs + 1000 * i, genesis, genesisHash };
            const transactions = transactionsOf(state, facts.height, requests, facts.timeMs);
            const serial = executeBlock(state, facts, transactions, input, PROBE_RULES);
            const shuffled = executeBlock(state, facts, transactions, input, PROBE_RULES, order);
            const replayed = executeBlock(replica, facts, transactions, input, PROBE_RULES, order);
            assert.ok(serial.valid && shuffled.valid && replayed.valid);
            for (const other of [shuffled, replayed]) {
              assert.equal(other.ended.stateRoot, serial.ended.stateRoot);
              assert.deepEqual(other.ended.systemReceipts, serial.ended.systemReceipts);
              assert.deepEqual(other.sections.map(sectionRoots), serial.sections.map(sectionRoots));
              assert.equal(other.ended.nextValidators.hash, serial.ended.nextValidators.hash);
            }
            assert.equal(interleaved(state, facts, transactions), serial.ended.stateRoot);
            const changes = shuffled.ended.view.changes();
            state.commit(serial.ended.view);
            replayed.ended.discard();
            replica = withChanges(replica, changes);
            assert.equal(replica.stateRoot(), state.stateRoot(), 'the changes are all that a disk needs');
          }
          assert.equal(state.nodeCount, replica.nodeCount, 'no tree node is leaked');
        },
      ),
      { numRuns: 60 },
    );
  });
});

/** All five begun before one is finished, and ended in reverse order: what parallel execution comes to. */
function interleaved(
  state: State,
  facts: Parameters<typeof beginBlock>[1],
  transactions: BlockTransactions,
): string {
  const begun = beginBlock(state, facts, PROBE_RULES);
  const results: SectionResult[] = [];
  for (const ledger of LEDGERS.toReversed())
    results.push(buildSection(begun, ledger, transactions[ledger] ?? []).result);
  const ended = endBlock(begun, results, input);
  const { stateRoot } = ended;
  ended.discard();
  for (const result of results) result.discard();
  begun.discard();
  return stateRoot;
}

/** A state loaded from the leaves of another with changes applied, as a restarted node does. */
function withChanges(state: State, changes: ReturnType<ReturnType<State['extend']>['changes']>): State {
  const leaves = new Map([...state.leaves()].map((leaf) => [`${leaf.subtree} ${leaf.path}`, leaf]));
  for (const { subtree, path, value } of changes) {
    if (value === undefined) leaves.delete(`${subtree} ${path}`);
    else leaves.set(`${subtree} ${path}`, { subtree, path, value });
  }
  return State.load(leaves.values());
}
