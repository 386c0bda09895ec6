import assert from 'node:assert/strict';
import { EXAMPLE_AGREEMENT } from '../../../src/client/example-agreement.ts';
import { subjectOf as subject } from '../../../src/client/subject.ts';
import { hashOf } from '../../../src/crypto/hash.ts';
import { rootOfPath, verifyMerklePath } from '../../../src/crypto/merkle.ts';
import { bpiPort } from '../../../src/node/ports/bpi-port.ts';
import { addressToText } from '../../../src/types/address.ts';
import { ExecutionItemType, ExecutionProofType } from '../../../src/types/proofs/execution.ts';
import { SignedSectionType } from '../../../src/types/section.ts';
import { decode } from '../../../src/types/ssz.ts';
import { fromHex, toHex } from '../../../src/util/bytes.ts';
import { activate, eventsOf, invoke, propose, sign, statusOf } from '../../support/bpi-chain.ts';
import { ExecutingRpc } from '../../support/executing-rpc.ts';

const SECTION_OF_BPI = 2;
const unhex = (text: string) => fromHex(text.slice(2));
const attributes = (region: string, classification = 'PII') => [
  { name: 'region', kind: 'text' as const, value: region },
  { name: 'classification', kind: 'text' as const, value: classification },
];

/** An active agreement of Alice and Bob on a chain that executes. */
async function withAgreement(yaml = EXAMPLE_AGREEMENT) {
  const rpc = await ExecutingRpc.open(({ chain }) => ({ bpi: bpiPort(chain) }));
  const { alice, bob } = rpc.world;
  const [proposal] = eventsOf(await rpc.run(alice, 'bpi', [propose(yaml, [alice, bob])]));
  const id = String(proposal?.value.agreement);
  const versionHash = String(proposal?.value.versionHash);
  await rpc.run(bob, 'bpi', [sign(id, versionHash)]);
  await rpc.run(alice, 'bpi', [sign(id, versionHash), activate(id)]);
  return { rpc, alice, bob, id, agreement: `0x${id}`, versionHash };
}

describe('the RPC of the bpi ledger', () => {
  it('shows an agreement: its typed terms, who signed, and what was done under it', async () => {
    const { rpc, alice, bob, id, agreement, versionHash } = await withAgreement();
    const before = await rpc.call('bpi_getAgreement', { agreement });
    assert.equal(before.name, 'TrafficLight-BISO-Pipeline');
    assert.equal(before.versionHash, `0x${versionHash}`);
    assert.equal(before.state, 'active');
    assert.deepEqual(
      before.parties,
      [alice, bob].map(({ address }) => addressToText(address)),
    );
    assert.deepEqual(
      before.signers,
      [bob, alice].map(({ address }) => addressToText(address)),
    );
    assert.deepEqual(
      before.policies.map(({ type, settings }) => ({ type, settings })),
      [
        { type: 'geographic_restriction', settings: { regions: ['EU', 'US'] } },
        { type: 'data_classification', settings: { level: 'PII', allowRoles: [] } },
      ],
    );
    assert.equal(before.validTo, null);
    const ann = subject('ann', { region: 'EU', classification: 'PII' });
    await rpc.run(alice, 'bpi', [invoke(id, ann, { entry: 'put', key: 'reading' })]);
    const after = await rpc.call('bpi_getAgreement', { agreement });
    assert.equal(after.invocations, 1);
    assert.deepEqual(
      after.store.map(({ key }) => key),
      ['reading'],
    );
    assert.notEqual(after.root, before.root);
  });

  it('lists agreements by party and state, page by page', async () => {
    const { rpc, alice, bob, agreement } = await withAgreement();
    await rpc.run(alice, 'bpi', [propose(EXAMPLE_AGREEMENT, [alice])]);
    const ids = async (params: Parameters<typeof rpc.call<'bpi_listAgreements'>>[1]) =>
      (await rpc.call('bpi_listAgreements', params)).items.map((item) => item.agreement);
    assert.equal((await ids({})).length, 2);
    assert.deepEqual(await ids({ party: addressToText(bob.address) }), [agreement]);
    assert.deepEqual(await ids({ state: 'active' }), [agreement]);
    assert.equal((await ids({ party: addressToText(alice.address), state: 'draft' })).length, 1);
    const first = await rpc.call('bpi_listAgreements', { limit: 1 });
    const second = await rpc.call('bpi_listAgreements', { limit: 1, cursor: first.nextCursor });
    assert.deepEqual(
      [...first.items, ...second.items].map((item) => item.agreement),
      await ids({}),
    );
    assert.equal(second.nextCursor, null);
  });

  it('says what every policy would say, which one decides, and what the receipt would be', async () => {
    const { rpc, agreement } = await withAgreement();
    const evaluate = (region: string, classification?: string) =>
      rpc.call('bpi_evaluatePolicy', {
        agreement,
        subject: { id: 'ann', attributes: attributes(region, classification) },
      });
    const allowed = await evaluate('EU');
    assert.deepEqual([allowed.status, allowed.decision, allowed.policyId], ['OK', 'allow', null]);
    assert.deepEqual(allowed.obligations, ['encrypt', 'consent']);
    assert.deepEqual(
      allowed.trace.map(({ outcome }) => outcome),
      ['passes', 'passes'],
    );
    const denied = await evaluate('BR', 'PHI');
    assert.deepEqual(
      [denied.status, denied.decision, denied.policyId, denied.reason],
      ['DENIED', 'deny', 'geographic_restriction', 'not-satisfied'],
    );
    assert.deepEqual(
      denied.trace.map(({ policy, outcome, reason, decides }) => [policy.id, outcome, reason, decides]),
      [
        ['geographic_restriction', 'refuses', 'not-satisfied', true],
        ['data_classification', 'refuses', 'not-satisfied', false],
      ],
    );
  });

  it('foretells the receipt of the same invocation', async () => {
    const { rpc, alice, id, agreement } = await withAgreement(
      `agreement:
  name: limits
  policies:
    - {type: quota, max: 1}
    - {type: rule, id: old, when: subject.age > 99, effect: escalate}
    - {type: rule, id: child, when: subject.age < 18, effect: deny}`,
    );
    for (const age of [17n, 40n, 40n, 100n]) {
      const foretold = await rpc.call('bpi_evaluatePolicy', {
        agreement,
        subject: { id: 'ann', attributes: [{ name: 'age', kind: 'integer', value: String(age) }] },
      });
      const receipt = await rpc.run(alice, 'bpi', [invoke(id, subject('ann', { age }))]);
      assert.equal(foretold.status, statusOf(receipt), `age ${age}`);
      const [event] = eventsOf(receipt);
      assert.equal(foretold.policyId ?? '', event?.value.policyId ?? '');
    }
    const { trace } = await rpc.call('bpi_evaluatePolicy', {
      agreement,
      subject: { id: 'ann', attributes: [] },
      policyId: 'quota',
    });
    assert.deepEqual(
      trace.map(({ policy, used }) => [policy.id, used]),
      [['quota', 1]],
    );
  });

  it('names what else would refuse: a stranger, a draft, an entry that is not there', async () => {
    const { rpc, alice, agreement } = await withAgreement();
    const candidate = rpc.world.candidate().account;
    const about = { subject: { id: 'ann', attributes: attributes('EU') } };
    const status = async (params: object) =>
      (await rpc.call('bpi_evaluatePolicy', { agreement, ...about, ...params })).status;
    assert.equal(await status({ actor: addressToText(candidate.address) }), 'NOT_A_PARTY');
    assert.equal(await status({ entry: 'publish' }), 'ENTRY_UNKNOWN');
    const [draft] = eventsOf(await rpc.run(alice, 'bpi', [propose(EXAMPLE_AGREEMENT, [alice])]));
    assert.equal(await status({ agreement: `0x${String(draft?.value.agreement)}` }), 'NOT_ACTIVE');
  });

  it('refuses what is not there or cannot be asked with a reason', async () => {
    const { rpc, agreement } = await withAgreement();
    const nowhere = `0x${'ab'.repeat(32)}`;
    const about = { id: 'ann', attributes: [] };
    await rpc.rejects('bpi_getAgreement', { agreement: nowhere }, 'AGREEMENT_NOT_FOUND');
    await rpc.rejects('bpi_evaluatePolicy', { agreement: nowhere, subject: about }, 'AGREEMENT_NOT_FOUND');
    const ask = (change: object, reason: string) =>
      rpc.rejects('bpi_evaluatePolicy', { agreement, subject: about, ...change }, reason);
    await ask({ policyId: 'other' }, 'POLICY_NOT_FOUND');
    await ask({ subject: { id: '' } }, 'INVALID_PARAMS');
    await ask(
      { subject: { id: 'x', attributes: [{ name: 'a', kind: 'integer', value: 'x' }] } },
      'INVALID_PARAMS',
    );
    await rpc.rejects('bpi_getProofOfExecution', { txId: nowhere }, 'RECEIPT_NOT_FOUND');
  });

  it('proves an execution from its item over the section to the header', async () => {
    const { rpc, alice, bob, id } = await withAgreement();
    const denied = await rpc.run(alice, 'bpi', [invoke(id, subject('ann', { region: 'BR' }))]);
    const ann = subject('ann', { region: 'EU', classification: 'PII' });
    for (let others = 0; others < 2; others++) await rpc.submit(alice, 'bpi', [invoke(id, ann)]);
    const { txId } = await rpc.run(bob, 'bpi', [
      invoke(id, subject('ann', { region: 'EU', classification: 'General' })),
    ]);
    const answer = await rpc.call('bpi_getProofOfExecution', { txId: `0x${txId}` });
    const itemBytes = unhex(answer.itemBytes);
    assert.ok(answer.receipt.index > 0 && answer.proof.itemCount === 3, 'it is not alone in its section');
    // The receipt commits to the item,
    assert.equal(hashOf('proof-item', itemBytes), answer.receipt.proofCommitment.slice(2));
    const item = decode(ExecutionItemType, itemBytes, 'item');
    assert.equal(item.txId, txId);
    assert.deepEqual(
      item.steps.map(({ decision }) => decision),
      ['allow'],
    );
    // the proof to all items, the signed section holds the proof, the header commits to the section.
    const path = answer.itemPath.map(({ side, hash }) => ({ side, hash: unhex(hash) }));
    assert.equal(`0x${toHex(rootOfPath(itemBytes, path))}`, answer.proof.itemRoot);
    const { section } = decode(SignedSectionType, unhex(answer.section), 'section');
    assert.deepEqual(
      ExecutionProofType.toJson(decode(ExecutionProofType, section.proof, 'proof')),
      answer.proof,
    );
    assert.ok(
      verifyMerklePath(
        unhex(answer.section),
        SECTION_OF_BPI,
        5,
        answer.sectionPath.map(unhex),
        unhex(answer.header.sectionsRoot),
      ),
    );
    const refused = await rpc.call('bpi_getProofOfExecution', { txId: `0x${denied.txId}` });
    const [step] = refused.item.steps;
    assert.equal(step?.decision, 'deny');
    assert.equal(step?.pre, step?.post);
    assert.equal(refused.proof.denied, 1);
  });

  it('has no Proof-of-Execution of another ledger’s transaction', async () => {
    const { rpc, alice } = await withAgreement();
    const { txId } = await rpc.run(alice, 'economy', [rpc.world.payment(1n)]);
    await rpc.rejects('bpi_getProofOfExecution', { txId: `0x${txId}` }, 'RECEIPT_NOT_FOUND');
  });
});
