import assert from 'node:assert/strict';
import { EXAMPLE_AGREEMENT } from '../../../src/client/example-agreement.ts';
import { subjectOf } from '../../../src/client/subject.ts';
import { nextNonce } from '../../../src/ledger/nonces.ts';
import { ExecutionProofType } from '../../../src/types/proofs/execution.ts';
import {
  activate,
  activeAgreement,
  alice,
  attest,
  bob,
  check,
  invoke,
  propose,
  proposed,
  sign,
  statusOf,
  stranger,
  terminate,
} from '../bpi-chain.ts';
import { auditors } from '../economy-chain.ts';
import { type Actor, actor, type LedgerChain } from '../ledger-chain.ts';
import type { LedgerFixture } from './fixture.ts';

const attester = actor('attester');
const allowed = subjectOf('patient', { region: 'EU', classification: 'PII' });
const denied = subjectOf('patient', { region: 'CN', classification: 'PII' });
const yaml = (name: string): string => `agreement: {name: ${name}, policies: [{type: quota, max: 9}]}`;
const signers = auditors.slice(0, 2).map(({ key }) => ({ account: key }));

/** What the set-up made, by chain: ids depend on genesis. */
const agreements = new WeakMap<
  LedgerChain['genesis'],
  Record<'draft' | 'signed' | 'active' | 'ending', string>
>();
const versions = new WeakMap<LedgerChain['genesis'], string>();

function made(chain: LedgerChain) {
  const ids = agreements.get(chain.genesis);
  assert.ok(ids, 'the chain is set up');
  return ids;
}

function attestation(chain: LedgerChain, sender: Actor, periodToMs: number) {
  const nonce = nextNonce(chain.state.reader('bpi'), sender.address);
  return attest(chain, { agreement: made(chain).active, periodToMs }, { sender, nonce, signers });
}

export const bpiFixture: LedgerFixture = {
  ledger: 'bpi',
  proof: ExecutionProofType,
  actors: [alice, bob, stranger, attester],
  setUp: (chain) => {
    const draft = proposed(chain, yaml('draft'), [alice, bob]);
    const signed = proposed(chain, yaml('signed'));
    assert.equal(statusOf(chain.run(alice, 'bpi', [sign(signed.id, signed.versionHash)])), 'OK');
    agreements.set(chain.genesis, {
      draft: draft.id,
      signed: signed.id,
      active: activeAgreement(chain, EXAMPLE_AGREEMENT),
      ending: activeAgreement(chain, yaml('ending')),
    });
    versions.set(chain.genesis, draft.versionHash);
  },
  cases: {
    AgreementPropose: {
      succeeding: () => ({ sender: alice, operation: propose(EXAMPLE_AGREEMENT, [alice, bob]) }),
      failing: () => ({
        sender: alice,
        operation: propose(EXAMPLE_AGREEMENT, []),
        status: 'PARTIES_INVALID',
      }),
    },
    AgreementSign: {
      succeeding: (chain) => ({
        sender: bob,
        operation: sign(made(chain).draft, versions.get(chain.genesis) as string),
      }),
      failing: (chain) => ({
        sender: bob,
        operation: sign(made(chain).draft, 'ab'.repeat(32)),
        status: 'VERSION_MISMATCH',
      }),
    },
    Activate: {
      succeeding: (chain) => ({ sender: alice, operation: activate(made(chain).signed) }),
      failing: (chain) => ({
        sender: alice,
        operation: activate(made(chain).draft),
        status: 'NOT_FULLY_SIGNED',
      }),
    },
    Invoke: {
      succeeding: (chain) => ({ sender: alice, operation: invoke(made(chain).active, allowed) }),
      failing: (chain) => ({
        sender: alice,
        operation: invoke(made(chain).active, denied),
        status: 'DENIED',
      }),
    },
    PolicyCheck: {
      succeeding: (chain) => ({ sender: bob, operation: check(made(chain).active, denied) }),
      failing: (chain) => ({
        sender: bob,
        operation: check(made(chain).active, denied, 'no-such-policy'),
        status: 'POLICY_UNKNOWN',
      }),
    },
    ComplianceAttest: {
      succeeding: (chain) => ({ sender: attester, operation: attestation(chain, attester, 2) }),
      failing: (chain) => ({
        sender: attester,
        operation: attestation(chain, attester, chain.timeMs + 1),
        status: 'PERIOD_INVALID',
      }),
    },
    Terminate: {
      succeeding: (chain) => ({ sender: alice, operation: terminate(made(chain).ending) }),
      failing: (chain) => ({
        sender: stranger,
        operation: terminate(made(chain).ending),
        status: 'NOT_A_PARTY',
      }),
    },
  },
};
