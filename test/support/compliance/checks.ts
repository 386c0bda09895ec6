import assert from 'node:assert/strict';
import { beginBlock } from '../../../src/ledger/begin-block.ts';
import { parseAccountPath } from '../../../src/ledger/economy/account.ts';
import { supplyOf, totalOf } from '../../../src/ledger/economy/books.ts';
import { type EndInput, endBlock } from '../../../src/ledger/end-block.ts';
import { type BlockTransactions, executeBlock } from '../../../src/ledger/execute-block.ts';
import { buildSection, executeSection } from '../../../src/ledger/section.ts';
import type { SectionResult } from '../../../src/ledger/section-result.ts';
import { sectionRoots } from '../../../src/ledger/section-roots.ts';
import { State } from '../../../src/ledger/state/state.ts';
import { LEDGERS, type LedgerName, SUBTREES, TOKENS, type TokenName } from '../../../src/types/names.ts';
import { U128 } from '../../../src/types/ssz-numbers.ts';
import type { EncodedTransaction } from '../../../src/types/transaction.ts';
import type { LedgerChain } from '../ledger-chain.ts';
import { minedBy } from '../mined.ts';

/** What every ledger has to keep, as functions that throw an AssertionError where it does not. */

const INPUT: EndInput = {
  ...minedBy('0a'.repeat(32)),
  beacon: '07'.repeat(32),
  lastCertificate: undefined,
  evidence: [],
};

function factsOf({ height, timeMs, genesis, genesisHash }: LedgerChain) {
  return { height: height + 1, timeMs, genesis, genesisHash };
}

/** A section writes its own sub-tree and nothing else, and leaves what the others read as it is. */
export function assertWritesOnlyItsOwn(
  chain: LedgerChain,
  ledger: LedgerName,
  transactions: readonly EncodedTransaction[],
): void {
  const begun = chain.begin();
  const before = SUBTREES.map((subtree) => begun.view.root(subtree));
  const outcome = executeSection(begun, ledger, transactions);
  assert.ok(outcome.valid);
  for (const [i, subtree] of SUBTREES.entries()) {
    assert.equal(begun.view.root(subtree), before[i], `S was changed: ${subtree}`);
    const after = outcome.result.view.root(subtree);
    if (subtree === ledger) assert.notEqual(after, before[i], 'the section did nothing');
    else assert.equal(after, before[i], `the section of ${ledger} wrote ${subtree}`);
  }
  outcome.result.discard();
  begun.discard();
}

/** All that a block comes to, as far as anyone can see it. */
function summary(sections: readonly SectionResult[], stateRoot: string, systemReceipts: unknown): unknown {
  const results = sections.toSorted((a, b) => LEDGERS.indexOf(a.ledger) - LEDGERS.indexOf(b.ledger));
  return {
    stateRoot,
    systemReceipts,
    sections: results.map((result) => ({
      ...sectionRoots(result),
      receipts: result.receipts,
      outbox: result.outbox,
      charges: result.charges,
      proofItems: result.proofItems,
    })),
  };
}

/** The sections executed one after the other in this order, each to its end. */
function executed(
  chain: LedgerChain,
  state: State,
  transactions: BlockTransactions,
  order?: readonly LedgerName[],
) {
  const outcome = executeBlock(state, factsOf(chain), transactions, INPUT, chain.rules, order);
  assert.ok(outcome.valid);
  const { sections, ended } = outcome;
  const made = summary(sections, ended.stateRoot, ended.systemReceipts);
  ended.discard();
  return made;
}

/** The sections built in this order on one S, none given back before all are made: what parallel execution is. */
function interleaved(chain: LedgerChain, transactions: BlockTransactions, order: readonly LedgerName[]) {
  const begun = beginBlock(chain.state, factsOf(chain), chain.rules);
  const results = order.map((ledger) => buildSection(begun, ledger, transactions[ledger] ?? []).result);
  const ended = endBlock(begun, results, INPUT);
  const made = summary(results, ended.stateRoot, ended.systemReceipts);
  ended.discard();
  for (const result of results) result.discard();
  begun.discard();
  return made;
}

/** Serial, shuffled and parallel execution, on the state in memory and on one from disk leaves, agree. */
export function assertOrderIndependent(
  chain: LedgerChain,
  transactions: BlockTransactions,
  order: readonly LedgerName[],
): void {
  const serial = executed(chain, chain.state, transactions);
  assert.deepEqual(executed(chain, chain.state, transactions, order), serial, 'shuffled');
  assert.deepEqual(interleaved(chain, transactions, order), serial, 'parallel');
  const restored = State.load(chain.state.leaves());
  assert.deepEqual(executed(chain, restored, transactions, order.toReversed()), serial, 'from the disk');
}

/**
 * Σ over all accounts, locks, meters and pools of a token is its supply, and Σ of all claims on banks the AUR that was
 * burned as fees. Read from the leaves themselves, so nothing that is on its way can be missing.
 */
export function assertConserved(chain: LedgerChain): void {
  const held: Record<TokenName, bigint> = { GEN: 0n, NEX: 0n, FLX: 0n, AUR: 0n };
  let claims = 0n;
  for (const { subtree, path, value } of chain.state.leaves()) {
    if (subtree === 'economy' && path.startsWith('claim/')) claims += U128.deserialize(value);
    const entry = subtree === 'economy' ? parseAccountPath(path) : undefined;
    if (entry !== undefined && entry.account !== 'issue') held[entry.token] += U128.deserialize(value);
  }
  for (const token of TOKENS)
    assert.equal(held[token], supplyOf(chain.state.reader('economy'), token), token);
  assert.equal(held.GEN, 100_000_000_000n, 'GEN is fixed for ever');
  assert.equal(claims, totalOf(chain.state.reader('economy'), 'burned', 'AUR'), 'claims');
}
