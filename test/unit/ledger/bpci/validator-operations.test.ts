import assert from 'node:assert/strict';
import { currentValidators, nextValidators } from '../../../../src/ledger/system/validator-sets.ts';
import type { Parameters } from '../../../../src/types/genesis.ts';
import {
  BPCI,
  type KeyRotate,
  keyClaimBytes,
  keyRotationBytes,
  type ValJoin,
} from '../../../../src/types/operations/bpci.ts';
import { encodeOperation } from '../../../../src/types/operations/catalog.ts';
import { statusName } from '../../../../src/types/operations/catalogs.ts';
import { ECONOMY } from '../../../../src/types/operations/economy.ts';
import { genesisBondRef } from '../../../../src/types/operations/settlement-messages.ts';
import type { Receipt } from '../../../../src/types/receipt.ts';
import { readSystemReceipt, SYSTEM_RECEIPTS } from '../../../../src/types/system-receipt.ts';
import type { Operation } from '../../../../src/types/transaction.ts';
import { type Actor, actor, BOND, LedgerChain, testGenesis } from '../../../support/ledger-chain.ts';

const validators = ['v0', 'v1', 'v2', 'v3'].map(actor);
const [v0, v1, v2, v3] = validators as [Actor, Actor, Actor, Actor];
const joiner = actor('joiner');
const other = actor('other');
const MIN_BOND = 1_000_000n;
const REF = 'a1'.repeat(32);

function newChain(parameters: Partial<Parameters> = {}, members: readonly Actor[] = validators): LedgerChain {
  const outsiders = [joiner, other];
  return new LedgerChain(testGenesis({ validators: members, accounts: outsiders, parameters }));
}

function lock(
  chain: LedgerChain,
  owner: Actor,
  ref = REF,
  options: { purpose?: string; amount?: bigint; token?: 'GEN' | 'FLX' } = {},
): void {
  const { purpose = 'bond', amount = MIN_BOND, token = 'GEN' } = options;
  const operation = encodeOperation(ECONOMY.operations.Lock, { ledger: 'bpci', purpose, ref, token, amount });
  assert.equal(chain.run(owner, 'economy', [operation]).status, 0);
}

function join(chain: LedgerChain, who: Actor, keys: Actor = who, change: Partial<ValJoin> = {}): Operation {
  const consensusKey = keys.consensus.publicKey;
  const vrfKey = keys.vrf.publicKey;
  const claim = keyClaimBytes(chain.genesisHash, { validator: who.address, consensusKey, vrfKey });
  return encodeOperation(BPCI.operations.ValJoin, {
    consensusKey,
    vrfKey,
    bondRef: REF,
    consensusProof: keys.consensus.sign(claim),
    vrfProof: keys.vrf.prove(claim),
    ...change,
  });
}

function rotate(
  chain: LedgerChain,
  who: Actor,
  keys: Actor,
  nonce: bigint,
  change: Partial<KeyRotate> = {},
): Operation {
  const fresh = { consensusKey: keys.consensus.publicKey, vrfKey: keys.vrf.publicKey };
  const rotation = keyRotationBytes(chain.genesisHash, { validator: who.address, nonce, ...fresh });
  return encodeOperation(BPCI.operations.KeyRotate, {
    ...fresh,
    oldSignature: who.consensus.sign(rotation),
    newSignature: keys.consensus.sign(rotation),
    vrfProof: keys.vrf.prove(keyClaimBytes(chain.genesisHash, { validator: who.address, ...fresh })),
    ...change,
  });
}

const vote = (candidate: Actor, decision: 'admit' | 'remove'): Operation =>
  encodeOperation(BPCI.operations.ValVote, { candidate: candidate.address, decision });
const leave = (who: Actor): Operation =>
  encodeOperation(BPCI.operations.ValLeave, { validator: who.address });

const status = (receipt: Receipt): string => statusName('bpci', receipt.status);
const run = (chain: LedgerChain, sender: Actor, operation: Operation): string =>
  status(chain.run(sender, 'bpci', [operation]));

/** A chain on which `joiner` is a candidate. */
function withCandidate(parameters: Partial<Parameters> = {}): LedgerChain {
  const chain = newChain(parameters);
  lock(chain, joiner);
  assert.equal(run(chain, joiner, join(chain, joiner)), 'OK');
  return chain;
}

const latestIds = (chain: LedgerChain): string[] =>
  nextValidators(chain.state.reader('system')).members.map(({ id }) => id);

describe('ValJoin', () => {
  it('registers a candidate and takes the fee in GEN from its meter', () => {
    const chain = newChain();
    lock(chain, joiner);
    const receipt = chain.run(joiner, 'bpci', [join(chain, joiner)]);
    assert.equal(status(receipt), 'OK');
    assert.deepEqual(
      receipt.charges.find(({ token }) => token === 'GEN'),
      { token: 'GEN', amount: 1_000n },
    );
    assert.equal(receipt.events[0]?.kind, BPCI.events.CandidateRegistered.kind);
    assert.ok(!latestIds(chain).includes(joiner.address), 'a candidate is no validator');
  });

  it('is no longer possible for a candidate or a validator', () => {
    const chain = withCandidate();
    assert.equal(run(chain, joiner, join(chain, joiner)), 'ALREADY_REGISTERED');
    assert.equal(run(chain, v0, join(chain, v0)), 'ALREADY_REGISTERED');
  });

  it('needs proofs of both keys that are made for this account on this chain', () => {
    const chain = newChain();
    lock(chain, joiner);
    const cases: Partial<ValJoin>[] = [
      { consensusProof: '00'.repeat(64) },
      { vrfProof: '00'.repeat(80) },
      {
        consensusProof: joiner.consensus.sign(
          keyClaimBytes(chain.genesisHash, {
            validator: other.address,
            consensusKey: joiner.consensus.publicKey,
            vrfKey: joiner.vrf.publicKey,
          }),
        ),
      },
      {
        vrfProof: joiner.vrf.prove(
          keyClaimBytes('00'.repeat(32), {
            validator: joiner.address,
            consensusKey: joiner.consensus.publicKey,
            vrfKey: joiner.vrf.publicKey,
          }),
        ),
      },
    ];
    for (const change of cases)
      assert.equal(run(chain, joiner, join(chain, joiner, joiner, change)), 'POSSESSION_NOT_PROVED');
  });

  it('refuses keys of small order, one key for both uses, and keys that another account registered', () => {
    const chain = newChain();
    lock(chain, joiner);
    const smallOrder = `01${'00'.repeat(31)}`;
    assert.equal(run(chain, joiner, join(chain, joiner, joiner, { consensusKey: smallOrder })), 'WEAK_KEY');
    assert.equal(run(chain, joiner, join(chain, joiner, joiner, { vrfKey: smallOrder })), 'WEAK_KEY');
    assert.equal(
      run(chain, joiner, join(chain, joiner, joiner, { vrfKey: joiner.consensus.publicKey })),
      'WEAK_KEY',
    );
    assert.equal(run(chain, joiner, join(chain, joiner, v0)), 'KEY_IN_USE');
    assert.equal(run(chain, joiner, join(chain, joiner, { ...joiner, vrf: v1.vrf })), 'KEY_IN_USE');
  });

  it('checks the bond: there, own, a bond in GEN, large enough, unspent', () => {
    const chain = newChain();
    assert.equal(run(chain, joiner, join(chain, joiner)), 'BOND_UNKNOWN');
    lock(chain, joiner, 'b1'.repeat(32), { amount: MIN_BOND - 1n });
    lock(chain, joiner, 'b2'.repeat(32), { purpose: 'other' });
    lock(chain, joiner, 'b3'.repeat(32), { token: 'FLX' });
    const withBond = (bondRef: string, who = joiner) => run(chain, who, join(chain, who, who, { bondRef }));
    assert.equal(withBond('b1'.repeat(32)), 'BOND_TOO_SMALL');
    assert.equal(withBond('b2'.repeat(32)), 'NOT_A_BOND');
    assert.equal(withBond('b3'.repeat(32)), 'NOT_A_BOND');
    lock(chain, joiner);
    assert.equal(withBond(REF, other), 'NOT_BOND_OWNER');
    assert.equal(withBond(REF), 'OK');
    assert.equal(run(chain, joiner, leave(joiner)), 'OK');
    assert.equal(withBond(REF), 'BOND_SPENT');
    assert.equal(
      run(chain, other, join(chain, other, other, { bondRef: genesisBondRef(v0.address) })),
      'NOT_BOND_OWNER',
    );
  });

  it('does not see a lock that economy makes in the same block', () => {
    const chain = newChain();
    const makeLock = encodeOperation(ECONOMY.operations.Lock, {
      ledger: 'bpci',
      purpose: 'bond',
      ref: REF,
      token: 'GEN',
      amount: MIN_BOND,
    });
    const { receipts } = chain.block([
      chain.transaction(joiner, 'economy', [makeLock]),
      chain.transaction(joiner, 'bpci', [join(chain, joiner)]),
    ]);
    assert.deepEqual(
      receipts.map((receipt) => statusName(receipt.ledger, receipt.status)),
      ['BOND_UNKNOWN', 'OK'],
    );
  });

  it('keeps the bond from being unlocked, in the same block too', () => {
    const chain = newChain();
    lock(chain, joiner);
    const unlock = encodeOperation(ECONOMY.operations.Unlock, { ledger: 'bpci', ref: REF });
    chain.block([
      chain.transaction(joiner, 'economy', [unlock]),
      chain.transaction(joiner, 'bpci', [join(chain, joiner)]),
    ]);
    assert.equal(
      chain.rules.settlement.readLock(chain.state.reader('economy'), 'bpci', REF)?.amount,
      MIN_BOND,
    );
    assert.equal(run(chain, joiner, leave(joiner)), 'OK');
  });

  it('admits by bond alone where genesis says so, in effect two blocks later', () => {
    const chain = newChain({ bondAdmits: true });
    lock(chain, joiner);
    const joined = chain.block([chain.transaction(joiner, 'bpci', [join(chain, joiner)])]);
    assert.equal(joined.receipts[0]?.status, 0);
    assert.equal(joined.validators.has(joiner.address), false, 'not in V(h + 1)');
    assert.equal(joined.nextValidators.has(joiner.address), true, 'in V(h + 2)');
    const admitted = joined.systemReceipts
      .map((r) => readSystemReceipt(SYSTEM_RECEIPTS.ValidatorAdmitted, r))
      .find(Boolean);
    assert.deepEqual([admitted?.validator, admitted?.fromHeight], [joiner.address, joined.height + 2]);
    const next = chain.block();
    assert.equal(next.validators.has(joiner.address), true);
    assert.equal(currentValidators(chain.state.reader('system')).hash, joined.nextValidators.hash);
  });
});

describe('ValVote', () => {
  it('admits a candidate with the vote that makes a quorum, not before', () => {
    const chain = withCandidate();
    for (const voter of [v0, v1]) assert.equal(run(chain, voter, vote(joiner, 'admit')), 'OK');
    assert.equal(latestIds(chain).length, 4);
    assert.equal(run(chain, v2, vote(joiner, 'admit')), 'OK');
    assert.ok(latestIds(chain).includes(joiner.address), '3 of 4 is a quorum');
    assert.equal(run(chain, v3, vote(joiner, 'admit')), 'NOT_A_CANDIDATE');
  });

  it('removes a validator with a quorum, and its bond comes back after the unbonding time', () => {
    const chain = newChain({ unbondingMs: 5_000 });
    for (const voter of [v0, v1, v2]) assert.equal(run(chain, voter, vote(v3, 'remove')), 'OK');
    assert.deepEqual(latestIds(chain).includes(v3.address), false);
    const readBond = () =>
      chain.rules.settlement.readLock(chain.state.reader('economy'), 'bpci', genesisBondRef(v3.address));
    for (let elapsed = 0; elapsed < 4; elapsed++) {
      assert.equal(readBond()?.amount, BOND, `after ${elapsed} s`);
      chain.block();
    }
    const sent = chain.block();
    assert.equal(sent.hasPendingWork, true, 'the release is on its way');
    chain.block();
    assert.equal(readBond(), undefined);
  });

  it('is for validators, about registered accounts, once', () => {
    const chain = withCandidate();
    assert.equal(run(chain, joiner, vote(joiner, 'admit')), 'NOT_A_VALIDATOR');
    assert.equal(run(chain, v0, vote(other, 'admit')), 'NOT_REGISTERED');
    assert.equal(run(chain, v0, vote(other, 'remove')), 'NOT_REGISTERED');
    assert.equal(run(chain, v0, vote(v1, 'admit')), 'NOT_A_CANDIDATE');
    assert.equal(run(chain, v0, vote(joiner, 'remove')), 'NOT_A_VALIDATOR');
    assert.equal(run(chain, v0, vote(joiner, 'admit')), 'OK');
    assert.equal(run(chain, v0, vote(joiner, 'admit')), 'ALREADY_VOTED');
  });

  it('expires, and may then be given again', () => {
    const chain = withCandidate({ validatorVoteExpiryMs: 3_000 });
    assert.equal(run(chain, v0, vote(joiner, 'admit')), 'OK');
    for (let i = 0; i < 4; i++) chain.block();
    assert.equal(run(chain, v1, vote(joiner, 'admit')), 'OK');
    assert.equal(run(chain, v2, vote(joiner, 'admit')), 'OK');
    assert.ok(!latestIds(chain).includes(joiner.address), 'the first vote does not count any more');
    assert.equal(run(chain, v0, vote(joiner, 'admit')), 'OK');
    assert.ok(latestIds(chain).includes(joiner.address));
  });

  it('may never expire, and a bond never come back, if genesis says so', () => {
    const forEver = Number.MAX_SAFE_INTEGER;
    const chain = withCandidate({ validatorVoteExpiryMs: forEver, unbondingMs: forEver });
    assert.equal(run(chain, v0, vote(joiner, 'admit')), 'OK');
    assert.equal(run(chain, v3, leave(v3)), 'OK');
    assert.equal(run(chain, v1, vote(joiner, 'admit')), 'OK');
    assert.ok(latestIds(chain).includes(joiner.address));
  });

  it('of a validator that was removed meanwhile does not count', () => {
    const chain = withCandidate();
    assert.equal(run(chain, v3, vote(joiner, 'admit')), 'OK');
    assert.equal(run(chain, v3, leave(v3)), 'OK');
    assert.equal(run(chain, v0, vote(joiner, 'admit')), 'OK');
    assert.ok(!latestIds(chain).includes(joiner.address));
    assert.equal(run(chain, v1, vote(joiner, 'admit')), 'OK');
    assert.ok(latestIds(chain).includes(joiner.address), '2 of 3 is a quorum');
  });

  it('is bounded by maxValidatorChanges in a window of heights', () => {
    const chain = newChain({ maxValidatorChanges: 1, validatorWindowHeights: 10 });
    assert.equal(run(chain, v0, leave(v0)), 'OK');
    assert.equal(run(chain, v1, leave(v1)), 'VALIDATOR_CHANGE_LIMIT');
    assert.equal(run(chain, v1, vote(v2, 'remove')), 'OK');
    assert.equal(run(chain, v3, vote(v2, 'remove')), 'VALIDATOR_CHANGE_LIMIT');
    while (chain.height < 9) chain.block();
    assert.equal(run(chain, v1, leave(v1)), 'OK');
  });
});

describe('ValLeave', () => {
  it('takes effect two blocks later, and the account may join again with another bond', () => {
    const chain = newChain();
    const left = chain.block([chain.transaction(v3, 'bpci', [leave(v3)])]);
    assert.equal(left.validators.has(v3.address), true);
    assert.equal(left.nextValidators.has(v3.address), false);
    lock(chain, v3);
    assert.equal(run(chain, v3, join(chain, v3)), 'OK');
  });

  it('withdraws a candidate', () => {
    const chain = withCandidate();
    const receipt = chain.run(joiner, 'bpci', [leave(joiner)]);
    assert.deepEqual(
      receipt.events.map(({ kind }) => kind),
      [BPCI.events.CandidateWithdrawn.kind, BPCI.events.BondUnlocking.kind],
    );
    assert.equal(run(chain, v0, vote(joiner, 'admit')), 'NOT_REGISTERED');
  });

  it('N06 is only for oneself, and only for who is registered', () => {
    const chain = newChain();
    assert.equal(run(chain, v0, leave(v1)), 'NOT_AUTHORIZED');
    assert.equal(run(chain, other, leave(other)), 'NOT_REGISTERED');
    assert.equal(run(chain, v0, leave(v0)), 'OK');
    assert.equal(run(chain, v0, leave(v0)), 'NOT_REGISTERED');
  });

  it('N06 never empties the set, not even when all leave in one block', () => {
    const chain = newChain({}, [v0, v1]);
    const { receipts, nextValidators: remaining } = chain.block(
      [v0, v1].map((who) => chain.transaction(who, 'bpci', [leave(who)])),
    );
    assert.deepEqual(receipts.map(status).sort(), ['LAST_VALIDATOR', 'OK']);
    assert.equal(remaining.size, 1);
  });
});

describe('KeyRotate', () => {
  const fresh = actor('fresh keys');

  it('swaps both keys in V(h + 2) and keeps the id', () => {
    const chain = newChain();
    const rotated = chain.block([chain.transaction(v0, 'bpci', [rotate(chain, v0, fresh, 0n)])]);
    assert.equal(rotated.receipts[0]?.status, 0);
    assert.equal(rotated.validators.get(v0.address)?.consensusKey, v0.consensus.publicKey);
    const { consensusKey, vrfKey } = rotated.nextValidators.get(v0.address) ?? assert.fail();
    assert.deepEqual([consensusKey, vrfKey], [fresh.consensus.publicKey, fresh.vrf.publicKey]);
    assert.equal(rotated.nextValidators.size, 4);
    const receipt = rotated.systemReceipts
      .map((r) => readSystemReceipt(SYSTEM_RECEIPTS.ValidatorRotated, r))
      .find(Boolean);
    assert.equal(receipt?.fromHeight, rotated.height + 2);
  });

  it('needs the old and the new key to sign this very rotation', () => {
    const chain = newChain();
    const wrong = '00'.repeat(64);
    assert.equal(
      run(chain, v0, rotate(chain, v0, fresh, 0n, { oldSignature: wrong })),
      'ROTATION_SIGNATURE_WRONG',
    );
    assert.equal(
      run(chain, v0, rotate(chain, v0, fresh, 1n, { newSignature: wrong })),
      'ROTATION_SIGNATURE_WRONG',
    );
    assert.equal(
      run(chain, v0, rotate(chain, v0, fresh, 2n, { vrfProof: '00'.repeat(80) })),
      'POSSESSION_NOT_PROVED',
    );
    assert.equal(
      run(chain, v0, rotate(chain, v0, fresh, 0n)),
      'ROTATION_SIGNATURE_WRONG',
      'made for another nonce',
    );
    assert.equal(run(chain, v0, rotate(chain, v0, fresh, 4n)), 'OK');
  });

  it('refuses keys of another validator, weak keys, and no change', () => {
    const chain = newChain();
    assert.equal(run(chain, v0, rotate(chain, v0, v1, 0n)), 'KEY_IN_USE');
    assert.equal(run(chain, v0, rotate(chain, v0, v0, 1n)), 'KEY_IN_USE');
    const weak = { consensusKey: `01${'00'.repeat(31)}` };
    assert.equal(run(chain, v0, rotate(chain, v0, fresh, 2n, weak)), 'WEAK_KEY');
    assert.equal(run(chain, other, rotate(chain, other, fresh, 0n)), 'NOT_REGISTERED');
  });

  it('leaves the retired key bound to its owner', () => {
    const chain = newChain();
    assert.equal(run(chain, v0, rotate(chain, v0, fresh, 0n)), 'OK');
    lock(chain, joiner);
    assert.equal(run(chain, joiner, join(chain, joiner, v0)), 'KEY_IN_USE');
  });
});

describe('the fee of validator operations', () => {
  it('is taken only on success, and a meter without it makes the transaction inadmissible', () => {
    const chain = newChain({ validatorOperationFeeGen: 600_000n });
    const failed = chain.run(v0, 'bpci', [leave(v1)]);
    assert.deepEqual(
      failed.charges.map(({ token }) => token),
      ['FLX'],
    );
    assert.equal(run(chain, v0, leave(v0)), 'OK');
    assert.equal(
      chain.faultOf('bpci', [chain.transaction(v0, 'bpci', [leave(v0)])]).code,
      'INSUFFICIENT_METER',
    );
  });
});
