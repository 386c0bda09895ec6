import assert from 'node:assert/strict';
import { EXAMPLE_AGREEMENT } from '../../../../src/client/example-agreement.ts';
import { subjectOf as subject } from '../../../../src/client/subject.ts';
import { hashOf } from '../../../../src/crypto/hash.ts';
import type { Begun } from '../../../../src/ledger/begin-block.ts';
import { executeSection } from '../../../../src/ledger/section.ts';
import type { SectionResult } from '../../../../src/ledger/section-result.ts';
import { executionScheme } from '../../../../src/mining/proofs/execution.ts';
import type { ProofInput } from '../../../../src/mining/proofs/proof-scheme.ts';
import {
  type ExecutionItem,
  ExecutionItemType,
  type ExecutionProof,
  ExecutionProofType,
} from '../../../../src/types/proofs/execution.ts';
import { decode, encode } from '../../../../src/types/ssz.ts';
import type { Operation } from '../../../../src/types/transaction.ts';
import { hashNumber } from '../../../support/blocks.ts';
import {
  activeAgreement,
  alice,
  bob,
  check,
  invoke,
  newBpiChain,
  statusOf,
} from '../../../support/bpi-chain.ts';
import type { LedgerChain } from '../../../support/ledger-chain.ts';

const allowed = subject('patient', { region: 'EU', classification: 'PII' });
const denied = subject('patient', { region: 'CN', classification: 'PII' });

function execute(
  chain: LedgerChain,
  plans: readonly [typeof alice, Operation[]][],
): { begun: Begun; result: SectionResult } {
  const begun = chain.begin();
  const transactions = plans.map(([who, operations]) => chain.transaction(who, 'bpi', operations));
  const outcome = executeSection(begun, 'bpi', transactions);
  assert.ok(outcome.valid);
  return { begun, result: outcome.result };
}

function proofInput(begun: Begun, result: SectionResult): ProofInput {
  return {
    ledger: 'bpi',
    parent: hashNumber(4),
    context: begun.context,
    result,
    before: begun.view.reader('bpi'),
    after: result.view.reader('bpi'),
    at: (subtree) => begun.view.reader(subtree),
  };
}

const readItems = (result: Pick<SectionResult, 'proofItems'>): ExecutionItem[] =>
  result.proofItems.map((item) => decode(ExecutionItemType, item, 'item'));

describe('Proof-of-Execution', () => {
  const chain = newBpiChain();
  const first = activeAgreement(chain, EXAMPLE_AGREEMENT, [alice, bob]);
  const second = activeAgreement(chain, 'agreement: {name: n, policies: [{type: quota, max: 9}]}');
  const { begun, result } = execute(chain, [
    [
      alice,
      [invoke(first, allowed), invoke(second, allowed), invoke(first, allowed, { entry: 'put', key: 'k' })],
    ],
    [bob, [check(second, allowed), invoke(first, allowed), invoke(first, denied)]],
  ]);
  const input = proofInput(begun, result);
  const proof = executionScheme.build(input);
  const items = readItems(result);

  it('says of each operation what went in, what judged it, what came out, and both roots', () => {
    assert.deepEqual(result.receipts.map(statusOf), ['OK', 'DENIED']);
    const [steps, refused] = items.map((item) => item.steps) as [
      ExecutionItem['steps'],
      ExecutionItem['steps'],
    ];
    assert.deepEqual(
      steps.map(({ agreement }) => agreement),
      [first, second, first],
    );
    assert.equal(steps[2]?.pre, steps[0]?.post);
    assert.notEqual(steps[0]?.pre, steps[0]?.post);
    assert.notEqual(steps[0]?.policy, steps[1]?.policy);
    assert.equal(new Set(steps.map(({ input: hash }) => hash)).size, 3);
    assert.deepEqual(
      refused.map(({ decision, agreement }) => [decision, agreement]),
      [['deny', first]],
    );
    assert.equal(refused[0]?.pre, refused[0]?.post);
    const decoded: ExecutionProof = decode(ExecutionProofType, proof, 'proof');
    assert.deepEqual([decoded.steps, decoded.denied, decoded.escalated, decoded.itemCount], [4, 1, 0, 2]);
    assert.equal(executionScheme.verify(proof, input), undefined);
  });

  it('is committed to by the receipts', () => {
    for (const [index, receipt] of result.receipts.entries())
      assert.equal(receipt.proofCommitment, hashOf('proof-item', result.proofItems[index] as Uint8Array));
  });

  it('is refused with any bit of it flipped', () => {
    for (let bit = 0; bit < proof.length * 8; bit++) {
      const flipped = proof.slice();
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
      assert.notEqual(executionScheme.verify(flipped, input), undefined, `bit ${bit}`);
    }
    assert.equal(executionScheme.verify(proof.slice(1), input)?.code, 'MALFORMED_PROOF');
  });

  const other = hashNumber(99);
  const fields: readonly (readonly [keyof ExecutionItem['steps'][number], string])[] = [
    ['agreement', other],
    ['input', other],
    ['policy', other],
    ['decision', 'throttle'],
    ['output', other],
    ['pre', other],
    ['post', other],
  ];
  for (const [field, value] of fields)
    it(`built over a step with another ${field} is refused`, () => {
      const [head, ...rest] = items as [ExecutionItem, ...ExecutionItem[]];
      const steps = head.steps.map((step, index) => (index === 0 ? { ...step, [field]: value } : step));
      const proofItems = [{ ...head, steps }, ...rest].map((item) => encode(ExecutionItemType, item));
      const forged = executionScheme.build({ ...input, result: { ...result, proofItems } });
      assert.equal(executionScheme.verify(forged, input)?.code, 'WRONG_PROOF_FIELD');
    });

  it('is refused if the roots of its steps do not explain the state, even by who executed the same', () => {
    const change = (edit: (steps: ExecutionItem['steps'][number][], item: number) => void) => {
      const proofItems = items.map((item, index) => {
        const steps = item.steps.map((step) => ({ ...step }));
        edit(steps, index);
        return encode(ExecutionItemType, { ...item, steps });
      });
      const changed = { ...input, result: { ...result, proofItems } };
      return executionScheme.verify(executionScheme.build(changed), changed);
    };
    const field = (item: number, step: number, name: 'pre' | 'post') =>
      change((steps, index) => {
        const changed = steps[step];
        if (index === item && changed !== undefined) changed[name] = other;
      });
    for (const [item, step] of [
      [0, 0],
      [0, 1],
      [0, 2],
      [1, 0],
    ] as const)
      for (const name of ['pre', 'post'] as const)
        assert.equal(
          field(item, step, name)?.code,
          'UNEXPLAINED_STATE',
          `${name} of step ${step} of item ${item}`,
        );
    const dropped = change((steps, index) => {
      if (index === 0) steps.pop();
    });
    assert.deepEqual(dropped, { code: 'UNEXPLAINED_STATE', field: first });
    assert.equal(
      change(() => undefined),
      undefined,
    );
  });

  it('does not fit a state in which something else was invoked', () => {
    const different = execute(chain, [[alice, [invoke(first, allowed, { entry: 'put', key: 'k' })]]]);
    const fault = executionScheme.verify(proof, proofInput(different.begun, different.result));
    assert.equal(fault?.code, 'WRONG_PROOF_FIELD');
    const swapped = { ...input, after: different.result.view.reader('bpi') };
    assert.deepEqual(executionScheme.verify(proof, swapped), { code: 'UNEXPLAINED_STATE', field: first });
  });
});
