import assert from 'node:assert/strict';
import { withApprovals } from '../../src/client/approvals.ts';
import type { Subject } from '../../src/types/agreement.ts';
import type { Genesis } from '../../src/types/genesis.ts';
import { BPI, type ComplianceAttest, type Invoke } from '../../src/types/operations/bpi.ts';
import { encodeOperation, findKind } from '../../src/types/operations/catalog.ts';
import type { Receipt } from '../../src/types/receipt.ts';
import { decode } from '../../src/types/ssz.ts';
import { COMMON_STATUSES } from '../../src/types/status.ts';
import type { Operation } from '../../src/types/transaction.ts';
import { utf8 } from '../../src/util/bytes.ts';
import { type Actor, actor, LedgerChain, testGenesis } from './ledger-chain.ts';

export const alice = actor('alice');
export const bob = actor('bob');
export const stranger = actor('stranger');
export const auditors = [actor('auditor 1'), actor('auditor 2'), actor('auditor 3')] as const;

/** A chain with the bpi ledger, three accounts, and auditors of whom two have to sign. */
export function newBpiChain(change: (genesis: Genesis) => Genesis = (genesis) => genesis): LedgerChain {
  const genesis = testGenesis({ validators: [actor('validator')], accounts: [alice, bob, stranger] });
  const keys = auditors.map(({ account }) => account.publicKey);
  return new LedgerChain(change({ ...genesis, authorities: [{ name: 'auditors', threshold: 2, keys }] }));
}

export function statusOf({ status }: Pick<Receipt, 'status'>): string {
  for (const [name, code] of Object.entries({ ...COMMON_STATUSES, ...BPI.statuses }))
    if (code === status) return name;
  return `STATUS_${status}`;
}

/** The events of a receipt: name, and value as it was decoded. */
export function eventsOf(receipt: Receipt): { name: string; value: Record<string, unknown> }[] {
  return receipt.events.map(({ kind, data }) => {
    const found = findKind<unknown>(BPI.events, kind);
    assert.ok(found);
    return { name: found.name, value: decode(found.spec.type, data, found.name) as Record<string, unknown> };
  });
}

export const propose = (yaml: string, parties: readonly Pick<Actor, 'address'>[]): Operation =>
  encodeOperation(BPI.operations.AgreementPropose, {
    yaml: utf8(yaml),
    parties: parties.map(({ address }) => address),
  });
export const sign = (agreement: string, versionHash: string): Operation =>
  encodeOperation(BPI.operations.AgreementSign, { agreement, versionHash });
export const activate = (agreement: string): Operation =>
  encodeOperation(BPI.operations.Activate, { agreement });
export const terminate = (agreement: string, reason = 'done'): Operation =>
  encodeOperation(BPI.operations.Terminate, { agreement, reason });

export function invoke(agreement: string, who: Subject, change: Partial<Invoke> = {}): Operation {
  return encodeOperation(BPI.operations.Invoke, {
    agreement,
    entry: 'record',
    key: '',
    value: utf8('a reading'),
    subject: who,
    ...change,
  });
}

export function check(agreement: string, who: Subject, policyId = '', entry = 'record'): Operation {
  return encodeOperation(BPI.operations.PolicyCheck, { agreement, policyId, entry, subject: who });
}

/** An attestation for the sender's transaction with this nonce, signed by these auditors. */
export function attest(
  chain: LedgerChain,
  change: Partial<ComplianceAttest> & { agreement: string },
  options: { sender: Actor; nonce: bigint; signers?: readonly Pick<Actor, 'account'>[] },
): Operation {
  const spec = BPI.operations.ComplianceAttest;
  const body: ComplianceAttest = {
    controlId: 'AC-2',
    periodFromMs: 1,
    periodToMs: 2,
    evidenceRoot: 'ee'.repeat(32),
    approvals: [],
    ...change,
  };
  const target = {
    authority: 'auditors',
    sender: options.sender.address,
    ledger: 'bpi',
    nonce: options.nonce,
  } as const;
  const keys = (options.signers ?? auditors.slice(0, 2)).map(({ account }) => account);
  return encodeOperation(spec, withApprovals(chain.genesisHash, target, keys, spec, body));
}

/** Proposes an agreement and returns its id and the hash that parties sign. */
export function proposed(
  chain: LedgerChain,
  yaml: string,
  parties: readonly Actor[] = [alice],
): { id: string; versionHash: string } {
  const receipt = chain.run(parties[0] as Actor, 'bpi', [propose(yaml, parties)]);
  assert.equal(statusOf(receipt), 'OK');
  const proposal = eventsOf(receipt)[0];
  assert.ok(proposal);
  return { id: String(proposal.value.agreement), versionHash: String(proposal.value.versionHash) };
}

/** An agreement that all parties have signed and the first has activated. */
export function activeAgreement(
  chain: LedgerChain,
  yaml: string,
  parties: readonly Actor[] = [alice],
): string {
  const { id, versionHash } = proposed(chain, yaml, parties);
  for (const party of parties) assert.equal(statusOf(chain.run(party, 'bpi', [sign(id, versionHash)])), 'OK');
  assert.equal(statusOf(chain.run(parties[0] as Actor, 'bpi', [activate(id)])), 'OK');
  return id;
}
