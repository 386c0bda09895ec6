import assert from 'node:assert/strict';
import { signValJoin } from '../../../src/client/bpci-operations.ts';
import { members } from '../../../src/ledger/bpci/membership.ts';
import { TREASURY } from '../../../src/ledger/economy/account.ts';
import { amountOf } from '../../../src/ledger/economy/books.ts';
import { evidenceGround } from '../../../src/ledger/evidence.ts';
import { appliedEvidence, isEvidenceApplied } from '../../../src/ledger/system/applied-evidence.ts';
import type { Evidence, EvidenceKind } from '../../../src/types/evidence.ts';
import { evidenceListChecks } from '../../../src/types/evidence-check.ts';
import type { Parameters } from '../../../src/types/genesis.ts';
import { BPCI } from '../../../src/types/operations/bpci.ts';
import { encodeOperation } from '../../../src/types/operations/catalog.ts';
import { statusName } from '../../../src/types/operations/catalogs.ts';
import { ECONOMY } from '../../../src/types/operations/economy.ts';
import { genesisBondRef } from '../../../src/types/operations/settlement-messages.ts';
import { readSystemReceipt, SYSTEM_RECEIPTS } from '../../../src/types/system-receipt.ts';
import type { Operation } from '../../../src/types/transaction.ts';
import { evidenceAgainst } from '../../support/evidence.ts';
import { type Actor, actor, BOND, LedgerChain, testGenesis } from '../../support/ledger-chain.ts';

const validators = ['v0', 'v1', 'v2', 'v3'].map(actor);
const [v0, v1, v2, v3] = validators as [Actor, Actor, Actor, Actor];
/** Five per cent, the default. */
const SLASH = BOND / 20n;

function newChain(parameters: Partial<Parameters> = {}, set: readonly Actor[] = validators): LedgerChain {
  return new LedgerChain(testGenesis({ validators: set, parameters }));
}

function against(chain: LedgerChain, who: Actor, height: number, kind: EvidenceKind = 'prepare'): Evidence {
  return evidenceAgainst(
    { genesisHash: chain.genesisHash, id: who.address, key: who.consensus },
    kind,
    height,
  );
}

/** A block with this evidence, and what its receipts say about it. */
function apply(chain: LedgerChain, ...evidence: Evidence[]) {
  const block = chain.block([], 1_000, undefined, evidence);
  const slashings = block.systemReceipts.flatMap(
    (receipt) => readSystemReceipt(SYSTEM_RECEIPTS.ValidatorSlashed, receipt) ?? [],
  );
  return { ...block, slashings };
}

function faultOf(chain: LedgerChain, evidence: Evidence): string | undefined {
  const outcome = evidenceListChecks([evidence], evidenceGround(chain.state));
  return 'fault' in outcome ? outcome.fault : undefined;
}

const genOf = (chain: LedgerChain, account: 'treasury' | `lock/bpci/${string}`) =>
  amountOf(chain.state.reader('economy'), account, 'GEN');
const bondOf = (chain: LedgerChain, who: Actor) => genOf(chain, `lock/bpci/${genesisBondRef(who.address)}`);
const memberOf = (chain: LedgerChain, who: Actor) => members.get(chain.state.reader('bpci'), who.address);
const run = (chain: LedgerChain, sender: Actor, operation: Operation): string =>
  statusName('bpci', chain.run(sender, 'bpci', [operation]).status);
const leave = (who: Actor): Operation =>
  encodeOperation(BPCI.operations.ValLeave, { validator: who.address });
const vote = (candidate: Actor, decision: 'admit' | 'remove'): Operation =>
  encodeOperation(BPCI.operations.ValVote, { candidate: candidate.address, decision });

describe('EndBlock with evidence', () => {
  it('slashes the bond for the treasury and takes the validator out of V(h + 2)', () => {
    const chain = newChain();
    chain.block();
    const {
      slashings,
      systemReceipts,
      validators: next,
      nextValidators,
    } = apply(chain, against(chain, v1, 1));
    assert.equal(slashings.length, 1);
    const { validator, offence, evidenceHeight, bondRef, slashed, jailed } =
      slashings[0] as (typeof slashings)[0];
    assert.deepEqual(
      [validator, offence, evidenceHeight, bondRef, slashed, jailed],
      [v1.address, 'prepare', 1, genesisBondRef(v1.address), SLASH, true],
    );
    assert.equal(bondOf(chain, v1), BOND - SLASH);
    assert.equal(genOf(chain, TREASURY), 100_000_000_000n - 4n * (100_000_000n + 1_000_000n + BOND) + SLASH);
    assert.equal(next.has(v1.address), true, 'V(h + 1) is decided');
    assert.equal(nextValidators.has(v1.address), false);
    const removed = systemReceipts.flatMap(
      (receipt) => readSystemReceipt(SYSTEM_RECEIPTS.ValidatorRemoved, receipt) ?? [],
    );
    assert.deepEqual(removed, [{ validator: v1.address, fromHeight: 4 }]);
    assert.deepEqual(memberOf(chain, v1)?.status, 'jailed');
    assert.equal(memberOf(chain, v1)?.bond, BOND - SLASH);
  });

  it('applies it once: more about the same validator and height is refused, and moves nothing', () => {
    const chain = newChain();
    chain.block();
    apply(chain, against(chain, v1, 1));
    for (const kind of ['prepare', 'commit', 'amnesia'] as const) {
      const more = against(chain, v1, 1, kind);
      assert.equal(faultOf(chain, more), 'EVIDENCE_ALREADY_APPLIED');
      assert.throws(() => apply(chain, more), { name: 'InvariantViolation' });
    }
    assert.throws(() => apply(chain, against(chain, v2, 1), against(chain, v2, 1, 'commit')), {
      name: 'InvariantViolation',
    });
    assert.equal(bondOf(chain, v1), BOND - SLASH);
    assert.equal(bondOf(chain, v2), BOND);
  });

  it('slashes again for another height, of what is left', () => {
    const chain = newChain();
    chain.block();
    apply(chain, against(chain, v1, 1));
    const { slashings } = apply(chain, against(chain, v1, 2));
    assert.deepEqual(
      slashings.map(({ slashed, jailed }) => [slashed, jailed]),
      [[(BOND - SLASH) / 20n, true]],
    );
    assert.equal(memberOf(chain, v1)?.bond, bondOf(chain, v1));
  });

  it('leaves the last validator in the set, whatever it did', () => {
    const chain = newChain({}, [v0, v1]);
    chain.block();
    const { slashings, nextValidators } = apply(chain, against(chain, v0, 1), against(chain, v1, 1));
    assert.deepEqual(slashings.map(({ jailed }) => jailed).sort(), [false, true]);
    assert.equal(nextValidators.size, 1);
    const [last] = nextValidators.members;
    assert.equal(slashings.find(({ jailed }) => !jailed)?.validator, last?.id);
    assert.equal(bondOf(chain, v0), BOND - SLASH);
    assert.equal(bondOf(chain, v1), BOND - SLASH);
  });

  it('jails past the cap on changes, and after what the operations of the block changed', () => {
    const chain = newChain({ maxValidatorChanges: 1 });
    chain.block();
    const transactions = [chain.transaction(v3, 'bpci', [leave(v3)])];
    const evidence = [against(chain, v1, 1)];
    const { nextValidators } = chain.block(transactions, 1_000, undefined, evidence);
    assert.deepEqual(
      nextValidators.members.map(({ id }) => id),
      [v0.address, v2.address].sort(),
    );
  });

  it('keeps who is jailed out until it has left with what remains of its bond', () => {
    const chain = newChain({ unbondingMs: 0 });
    chain.block();
    apply(chain, against(chain, v1, 1));
    assert.equal(run(chain, v0, vote(v1, 'admit')), 'NOT_A_CANDIDATE');
    assert.equal(run(chain, v0, vote(v1, 'remove')), 'NOT_A_VALIDATOR');
    assert.equal(run(chain, v1, vote(v2, 'remove')), 'NOT_A_VALIDATOR');
    const before = amountOf(chain.state.reader('economy'), `balance/${v1.address}`, 'GEN');
    assert.equal(run(chain, v1, leave(v1)), 'OK');
    for (let blocks = 0; blocks < 3; blocks++) chain.block();
    const after = amountOf(chain.state.reader('economy'), `balance/${v1.address}`, 'GEN');
    assert.equal(after - before, BOND - SLASH);
    assert.equal(memberOf(chain, v1), undefined);
  });

  it('Q06: reaches the bond of a validator that has left, as long as the chain holds it', () => {
    const chain = newChain({ unbondingMs: 5_000 });
    assert.equal(run(chain, v1, leave(v1)), 'OK');
    const { slashings } = apply(chain, against(chain, v1, 1));
    assert.deepEqual(
      slashings.map(({ bondRef, slashed, jailed }) => [bondRef, slashed, jailed]),
      [[genesisBondRef(v1.address), SLASH, false]],
    );
    for (let blocks = 0; blocks < 8; blocks++) chain.block();
    assert.equal(bondOf(chain, v1), 0n, 'what was left of it is paid back');
    assert.equal(faultOf(chain, against(chain, v1, 2)), 'EVIDENCE_WITHOUT_EFFECT');
    const late = apply(chain, against(chain, v1, 2)).slashings;
    assert.deepEqual(
      late.map(({ bondRef, slashed }) => [bondRef, slashed]),
      [['00'.repeat(32), 0n]],
    );
    assert.equal(faultOf(chain, against(chain, v1, 2)), 'EVIDENCE_ALREADY_APPLIED');
  });

  it('Q06: reaches the old bond of a validator that has left and is a candidate again, and jails it', () => {
    const chain = newChain({ unbondingMs: 60_000 });
    assert.equal(run(chain, v1, leave(v1)), 'OK');
    const ref = 'c3'.repeat(32);
    const lock = { ledger: 'bpci', purpose: 'bond', ref, token: 'GEN', amount: 2n * BOND } as const;
    assert.equal(chain.run(v1, 'economy', [encodeOperation(ECONOMY.operations.Lock, lock)]).status, 0);
    const join = signValJoin(chain.genesisHash, v1.address, v1, ref);
    assert.equal(run(chain, v1, encodeOperation(BPCI.operations.ValJoin, join)), 'OK');
    const { slashings } = apply(chain, against(chain, v1, 1));
    assert.deepEqual(
      slashings.map(({ bondRef, slashed, jailed }) => [bondRef, slashed, jailed]),
      [[genesisBondRef(v1.address), SLASH, true]],
    );
    assert.equal(memberOf(chain, v1)?.bond, 2n * BOND, 'the new bond stood for nothing yet');
    assert.equal(run(chain, v0, vote(v1, 'admit')), 'NOT_A_CANDIDATE');
  });

  it('Q04: forgets what it applied when nobody can be accused of it any more', () => {
    const chain = newChain({ evidenceMaxAgeHeights: 5 });
    chain.block();
    apply(chain, against(chain, v1, 1));
    const system = chain.state.reader('system');
    for (;;) {
      const fault = faultOf(chain, against(chain, v1, 1));
      if (fault === 'EVIDENCE_EXPIRED') break;
      assert.equal(fault, 'EVIDENCE_ALREADY_APPLIED');
      assert.ok(isEvidenceApplied(system, v1.address, 1));
      chain.block();
    }
    for (let blocks = 0; blocks < 2; blocks++) chain.block();
    assert.equal(isEvidenceApplied(system, v1.address, 1), false);
    assert.deepEqual(appliedEvidence(system), []);
  });

  it('takes nothing where genesis slashes nothing, but jails', () => {
    const chain = newChain({ slashPpm: 0 });
    chain.block();
    const { slashings } = apply(chain, against(chain, v1, 1));
    assert.deepEqual(
      slashings.map(({ slashed, jailed }) => [slashed, jailed]),
      [[0n, true]],
    );
    assert.equal(bondOf(chain, v1), BOND);
    assert.equal(
      faultOf(chain, against(chain, v1, 2)),
      'EVIDENCE_WITHOUT_EFFECT',
      'nothing more can happen to it',
    );
    assert.equal(faultOf(chain, against(chain, v2, 2)), undefined);
  });
});
