import assert from 'node:assert/strict';
import { EXAMPLE_AGREEMENT } from '../../../../src/client/example-agreement.ts';
import { subjectOf as subject } from '../../../../src/client/subject.ts';
import { agreementRoot } from '../../../../src/ledger/bpi/agreements.ts';
import { agreementId } from '../../../../src/types/agreement.ts';
import type { Receipt } from '../../../../src/types/receipt.ts';
import { utf8 } from '../../../../src/util/bytes.ts';
import {
  activate,
  activeAgreement,
  alice,
  attest,
  auditors,
  bob,
  check,
  eventsOf,
  invoke,
  newBpiChain,
  propose,
  proposed,
  sign,
  statusOf,
  stranger,
  terminate,
} from '../../../support/bpi-chain.ts';
import type { LedgerChain } from '../../../support/ledger-chain.ts';

const patient = subject('patient-7', { region: 'EU', classification: 'PII' });
const OPEN = 'agreement: {name: open, default: allow, policies: [{type: quota, max: 1000}]}';
const UNKNOWN = 'ab'.repeat(32);

function last(receipt: Receipt): ReturnType<typeof eventsOf>[number] {
  const event = eventsOf(receipt).at(-1);
  assert.ok(event, `no event in a receipt ${statusOf(receipt)}`);
  return event;
}

describe('an agreement between parties', () => {
  it('goes from a proposal over the signatures of all to being active', () => {
    const chain = newBpiChain();
    const { id, versionHash } = proposed(chain, EXAMPLE_AGREEMENT, [alice, bob]);
    const parties = [alice.address, bob.address];
    assert.equal(
      id,
      agreementId({ proposer: alice.address, nonce: 0n, operation: 0, termsHash: versionHash, parties }),
    );
    assert.equal(statusOf(chain.run(alice, 'bpi', [activate(id)])), 'NOT_FULLY_SIGNED');
    assert.equal(statusOf(chain.run(alice, 'bpi', [sign(id, versionHash)])), 'OK');
    assert.equal(statusOf(chain.run(alice, 'bpi', [activate(id)])), 'NOT_FULLY_SIGNED');
    const signed = last(chain.run(bob, 'bpi', [sign(id, versionHash)]));
    assert.deepEqual(signed, {
      name: 'AgreementSigned',
      value: { agreement: id, party: bob.address, signed: 2, needed: 2 },
    });
    assert.equal(statusOf(chain.run(bob, 'bpi', [activate(id)])), 'OK');
    assert.equal(statusOf(chain.run(bob, 'bpi', [activate(id)])), 'NOT_FULLY_SIGNED');
  });

  it('can be proposed, signed and activated in one transaction by who knows its terms', () => {
    const chain = newBpiChain();
    const known = proposed(chain, EXAMPLE_AGREEMENT);
    const id = agreementId({
      proposer: alice.address,
      nonce: 1n,
      operation: 0,
      termsHash: known.versionHash,
      parties: [alice.address],
    });
    const receipt = chain.run(alice, 'bpi', [
      propose(EXAMPLE_AGREEMENT, [alice]),
      sign(id, known.versionHash),
      activate(id),
      invoke(id, patient),
    ]);
    assert.equal(statusOf(receipt), 'OK');
    assert.notEqual(id, known.id);
  });

  it('is refused by typed statuses when somebody else acts, twice, or on the wrong version', () => {
    const chain = newBpiChain();
    const { id, versionHash } = proposed(chain, EXAMPLE_AGREEMENT, [alice, bob]);
    const run = (who: typeof alice, operation: ReturnType<typeof sign>) =>
      statusOf(chain.run(who, 'bpi', [operation]));
    assert.equal(run(stranger, sign(id, versionHash)), 'NOT_A_PARTY');
    assert.equal(run(stranger, activate(id)), 'NOT_A_PARTY');
    assert.equal(run(stranger, terminate(id)), 'NOT_A_PARTY');
    assert.equal(run(alice, sign(id, UNKNOWN)), 'VERSION_MISMATCH');
    assert.equal(run(alice, sign(UNKNOWN, versionHash)), 'AGREEMENT_UNKNOWN');
    assert.equal(run(alice, sign(id, versionHash)), 'OK');
    assert.equal(run(alice, sign(id, versionHash)), 'ALREADY_SIGNED');
    assert.equal(run(alice, terminate(id)), 'OK');
    assert.equal(run(bob, sign(id, versionHash)), 'NOT_A_DRAFT');
    assert.equal(run(bob, terminate(id)), 'ALREADY_TERMINATED');
    assert.equal(run(bob, activate(UNKNOWN)), 'AGREEMENT_UNKNOWN');
    assert.equal(run(bob, terminate(UNKNOWN)), 'AGREEMENT_UNKNOWN');
  });

  it('has parties, none twice, and the proposer among them', () => {
    const chain = newBpiChain();
    const run = (parties: (typeof alice)[]) =>
      statusOf(chain.run(alice, 'bpi', [propose(EXAMPLE_AGREEMENT, parties)]));
    assert.equal(run([]), 'PARTIES_INVALID');
    assert.equal(run([alice, alice]), 'PARTIES_INVALID');
    assert.equal(run([bob]), 'NOT_A_PARTY');
  });

  it('gives hostile YAML a failed receipt of its own status', () => {
    const chain = newBpiChain();
    const run = (yaml: string) => statusOf(chain.run(alice, 'bpi', [propose(yaml, [alice])]));
    assert.equal(run('['.repeat(10_000)), 'YAML_TOO_DEEP');
    assert.equal(run('x'.repeat(20_000)), 'YAML_TOO_LARGE');
    assert.equal(run('a: &x [1]\nb: *x'), 'YAML_ANCHOR');
    assert.equal(run('a: 1\na: 2'), 'YAML_DUPLICATE_KEY');
    assert.equal(run('%YAML 1.1\n---\na: 1'), 'YAML_DIRECTIVE');
  });
});

describe('an invocation', () => {
  it('of the example is executed for a subject that the policies allow', () => {
    const chain = newBpiChain();
    const id = activeAgreement(chain, EXAMPLE_AGREEMENT);
    const receipt = chain.run(alice, 'bpi', [invoke(id, patient)]);
    assert.equal(statusOf(receipt), 'OK');
    const { output, ...value } = last(receipt).value;
    assert.match(String(output), /^[0-9a-f]{64}$/);
    assert.deepEqual(value, {
      agreement: id,
      entry: 'record',
      subject: 'patient-7',
      sequence: 1,
      decision: 'allow',
      throttlePpm: 1_000_000,
      obligations: ['encrypt', 'consent'],
      gas: 0,
    });
  });

  const denied: readonly (readonly [string, Parameters<typeof subject>[1], string, string])[] = [
    ['of another region', { region: 'CN', classification: 'PII' }, 'geographic_restriction', 'not-satisfied'],
    ['without a region', { classification: 'PII' }, 'geographic_restriction', 'attribute-missing'],
    ['of a higher class', { region: 'EU', classification: 'PHI' }, 'data_classification', 'not-satisfied'],
    ['without a class', { region: 'US' }, 'data_classification', 'attribute-missing'],
  ];
  for (const [who, attributes, policyId, reason] of denied)
    it(`of the example for a subject ${who} gets a receipt DENIED that names the policy`, () => {
      const chain = newBpiChain();
      const id = activeAgreement(chain, EXAMPLE_AGREEMENT);
      const before = agreementRoot(chain.state.reader('bpi'), id);
      const receipt = chain.run(alice, 'bpi', [invoke(id, subject('s', attributes))]);
      assert.equal(statusOf(receipt), 'DENIED');
      assert.equal(receipt.failedOperation, 0);
      assert.deepEqual(eventsOf(receipt), [
        {
          name: 'Refused',
          value: { agreement: id, entry: 'record', subject: 's', policyId, policyType: policyId, reason },
        },
      ]);
      assert.equal(agreementRoot(chain.state.reader('bpi'), id), before);
    });

  it('that is denied takes the whole transaction back and leaves only the event of the refusal', () => {
    const chain = newBpiChain();
    const id = activeAgreement(chain, EXAMPLE_AGREEMENT);
    const before = agreementRoot(chain.state.reader('bpi'), id);
    const receipt = chain.run(alice, 'bpi', [
      invoke(id, patient),
      invoke(id, subject('s', { region: 'CN' })),
    ]);
    assert.equal(statusOf(receipt), 'DENIED');
    assert.equal(receipt.failedOperation, 1);
    assert.deepEqual(
      eventsOf(receipt).map(({ name }) => name),
      ['Refused'],
    );
    assert.equal(receipt.events[0]?.operation, 1);
    assert.equal(agreementRoot(chain.state.reader('bpi'), id), before);
  });

  it('that escalates stops and names the policy', () => {
    const chain = newBpiChain();
    const id = activeAgreement(
      chain,
      'agreement: {name: n, policies: [{type: rule, id: big, when: subject.amount > 9, effect: escalate}, {type: quota, max: 9}]}',
    );
    assert.equal(statusOf(chain.run(alice, 'bpi', [invoke(id, subject('s', { amount: 9n }))])), 'OK');
    const receipt = chain.run(alice, 'bpi', [invoke(id, subject('s', { amount: 10n }))]);
    assert.equal(statusOf(receipt), 'ESCALATED');
    assert.equal(last(receipt).value.policyId, 'big');
  });

  it('under advisory enforcement happens, and the receipt says what it violates', () => {
    const chain = newBpiChain();
    const id = activeAgreement(chain, EXAMPLE_AGREEMENT.replace('real-time', 'advisory'));
    const receipt = chain.run(alice, 'bpi', [
      invoke(id, subject('s', { region: 'CN', classification: 'PII' })),
    ]);
    assert.equal(statusOf(receipt), 'OK');
    assert.deepEqual(
      eventsOf(receipt).map(({ name, value }) => [name, value.policyId ?? value.decision]),
      [
        ['Violated', 'geographic_restriction'],
        ['Invoked', 'deny'],
      ],
    );
  });

  it('is for parties, while the agreement is active and in force', () => {
    const chain = newBpiChain();
    const { id, versionHash } = proposed(chain, OPEN, [alice]);
    const run = (who: typeof alice, agreement: string) =>
      statusOf(chain.run(who, 'bpi', [invoke(agreement, patient)]));
    assert.equal(run(alice, id), 'NOT_ACTIVE');
    chain.run(alice, 'bpi', [sign(id, versionHash), activate(id)]);
    assert.equal(run(alice, id), 'OK');
    assert.equal(run(bob, id), 'NOT_A_PARTY');
    assert.equal(run(alice, UNKNOWN), 'AGREEMENT_UNKNOWN');
    chain.run(alice, 'bpi', [terminate(id)]);
    assert.equal(run(alice, id), 'NOT_ACTIVE');
    const limited = (valid: string) =>
      activeAgreement(chain, OPEN.replace('name: open', `name: open, valid: ${valid}`));
    assert.equal(run(alice, limited(`{from: ${chain.timeMs + 60_000}}`)), 'NOT_IN_FORCE');
    assert.equal(run(alice, limited(`{to: ${chain.timeMs - 1}}`)), 'NOT_IN_FORCE');
    assert.equal(run(alice, limited(`{to: ${chain.timeMs + 60_000}}`)), 'OK');
  });

  it('keeps, replaces and removes what is stored, within the bound', () => {
    const chain = newBpiChain();
    const id = activeAgreement(chain, OPEN);
    const run = (entry: string, key: string, value = '') =>
      chain.run(alice, 'bpi', [invoke(id, patient, { entry, key, value: utf8(value) })]);
    const root = () => agreementRoot(chain.state.reader('bpi'), id);
    const output = (receipt: Receipt) => last(receipt).value.output;
    const first = run('put', 'a', '1');
    assert.equal(statusOf(first), 'OK');
    const second = run('put', 'a', '2');
    assert.notEqual(output(first), output(second));
    assert.equal(output(run('delete', 'a')), output(second));
    assert.equal(statusOf(run('delete', 'a')), 'KEY_UNKNOWN');
    assert.equal(statusOf(run('put', '')), 'INPUT_INVALID');
    assert.equal(statusOf(run('delete', '')), 'INPUT_INVALID');
    assert.equal(statusOf(run('delete', 'a', 'x')), 'INPUT_INVALID');
    assert.equal(statusOf(run('record', 'a', 'x')), 'INPUT_INVALID');
    assert.equal(statusOf(run('fly', '')), 'ENTRY_UNKNOWN');
    assert.equal(statusOf(run('toString', '')), 'ENTRY_UNKNOWN');
    const fill = Array.from({ length: 64 }, (_, i) => invoke(id, patient, { entry: 'put', key: `k/${i}` }));
    for (const part of [fill.slice(0, 32), fill.slice(32)])
      assert.equal(statusOf(chain.run(alice, 'bpi', part)), 'OK');
    assert.equal(statusOf(run('put', 'one more')), 'STORE_FULL');
    const before = root();
    assert.equal(statusOf(run('put', 'k/0', 'again')), 'OK');
    assert.notEqual(root(), before);
  });

  it('counts per subject and window, and a refused one does not count', () => {
    const chain = newBpiChain();
    const id = activeAgreement(
      chain,
      'agreement: {name: n, policies: [{type: rate_limit, window: 10000, max: 2}]}',
    );
    const run = (who: string) => statusOf(chain.run(alice, 'bpi', [invoke(id, subject(who, {}))]));
    // Rule time moves by a second per block; begin at the start of a window.
    while (chain.timeMs % 10_000 !== 0) chain.block();
    assert.deepEqual([run('a'), run('a'), run('a'), run('b')], ['OK', 'OK', 'DENIED', 'OK']);
    while (chain.timeMs % 10_000 !== 0) chain.block();
    assert.deepEqual([run('a'), run('a'), run('a')], ['OK', 'OK', 'DENIED']);
  });

  it('counts a quota for ever', () => {
    const chain = newBpiChain();
    const id = activeAgreement(chain, 'agreement: {name: n, policies: [{type: quota, max: 2}]}');
    const run = () => statusOf(chain.run(alice, 'bpi', [invoke(id, patient)]));
    assert.deepEqual([run(), run()], ['OK', 'OK']);
    chain.block([], 1_000_000_000);
    assert.equal(run(), 'DENIED');
  });

  it('of a subject that makes no sense is refused', () => {
    const chain = newBpiChain();
    const id = activeAgreement(chain, OPEN);
    assert.equal(statusOf(chain.run(alice, 'bpi', [invoke(id, subject('', {}))])), 'SUBJECT_INVALID');
  });
});

describe('a check of policies', () => {
  it('says what an invocation would come to, to anybody, and changes nothing', () => {
    const chain = newBpiChain();
    const id = activeAgreement(chain, EXAMPLE_AGREEMENT);
    const before = agreementRoot(chain.state.reader('bpi'), id);
    const run = (who: typeof patient, policyId = '') =>
      chain.run(stranger, 'bpi', [check(id, who, policyId)]);
    assert.equal(last(run(patient)).value.decision, 'allow');
    const denied = last(run(subject('s', { region: 'CN', classification: 'PII' }))).value;
    assert.deepEqual([denied.decision, denied.policyId], ['deny', 'geographic_restriction']);
    const part = last(run(subject('s', { region: 'CN', classification: 'PII' }), 'data_classification'));
    assert.equal(part.value.decision, 'allow');
    assert.equal(statusOf(run(patient, 'none')), 'POLICY_UNKNOWN');
    assert.equal(statusOf(chain.run(stranger, 'bpi', [check(UNKNOWN, patient)])), 'AGREEMENT_UNKNOWN');
    assert.equal(agreementRoot(chain.state.reader('bpi'), id), before);
  });
});

describe('an attestation of compliance', () => {
  const nonceOf = (chain: LedgerChain) => chain.transaction(stranger, 'bpi', []).value.body.nonce;

  it('is recorded with the signatures of enough auditors, once per control and period', () => {
    const chain = newBpiChain();
    const agreement = activeAgreement(chain, EXAMPLE_AGREEMENT);
    const run = (change: Partial<Parameters<typeof attest>[1]> = {}, signers?: readonly (typeof alice)[]) =>
      chain.run(stranger, 'bpi', [
        attest(
          chain,
          { agreement, ...change },
          { sender: stranger, nonce: nonceOf(chain), ...(signers ? { signers } : {}) },
        ),
      ]);
    const [first, second, third] = auditors;
    assert.equal(statusOf(run({}, [first])), 'AUDITORS_TOO_FEW');
    assert.equal(statusOf(run({}, [first, alice])), 'AUDITOR_UNKNOWN');
    assert.equal(statusOf(run({}, [first, first])), 'AUDITOR_REPEATED');
    assert.equal(statusOf(run({ controlId: '' })), 'INPUT_INVALID');
    assert.equal(statusOf(run({ periodFromMs: 3, periodToMs: 2 })), 'PERIOD_INVALID');
    assert.equal(statusOf(run({ periodToMs: chain.timeMs + 60_000 })), 'PERIOD_INVALID');
    assert.equal(statusOf(run({ agreement: UNKNOWN })), 'AGREEMENT_UNKNOWN');
    const receipt = run({}, [second, third]);
    assert.equal(statusOf(receipt), 'OK');
    assert.equal(last(receipt).name, 'ComplianceAttested');
    assert.equal(statusOf(run({ evidenceRoot: 'dd'.repeat(32) })), 'ALREADY_ATTESTED');
    assert.equal(statusOf(run({ periodToMs: 3 })), 'OK');
  });

  it('needs signatures for this very transaction', () => {
    const chain = newBpiChain();
    const agreement = activeAgreement(chain, EXAMPLE_AGREEMENT);
    const other = attest(chain, { agreement }, { sender: stranger, nonce: nonceOf(chain) + 1n });
    assert.equal(statusOf(chain.run(stranger, 'bpi', [other])), 'AUDITOR_SIGNATURE_WRONG');
  });

  it('is impossible where genesis names no auditors', () => {
    const chain = newBpiChain((genesis) => ({ ...genesis, authorities: [] }));
    const agreement = activeAgreement(chain, EXAMPLE_AGREEMENT);
    const operation = attest(chain, { agreement }, { sender: stranger, nonce: nonceOf(chain) });
    assert.equal(statusOf(chain.run(stranger, 'bpi', [operation])), 'AUDITORS_UNKNOWN');
  });
});
