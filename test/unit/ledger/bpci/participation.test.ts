import assert from 'node:assert/strict';
import { finalityRecord, participationOf } from '../../../../src/ledger/bpci/participation.ts';
import { InvariantViolation } from '../../../../src/ledger/seam.ts';
import { BPCI } from '../../../../src/types/operations/bpci.ts';
import {
  BPCI_SYSTEM_RECEIPTS,
  PARTICIPANTS_PER_RECEIPT,
} from '../../../../src/types/operations/bpci-records.ts';
import { encodeOperation } from '../../../../src/types/operations/catalog.ts';
import type { SystemReceipt } from '../../../../src/types/receipt.ts';
import { readSystemReceipt } from '../../../../src/types/system-receipt.ts';
import { ValidatorSet } from '../../../../src/types/validator.ts';
import { LIMITS } from '../../../../src/util/limits.ts';
import { certificateOf } from '../../../support/foreign-chain.ts';
import { type Actor, actor, LedgerChain, testGenesis } from '../../../support/ledger-chain.ts';

const HASH = 'ab'.repeat(32);

function newChain(count: number): { chain: LedgerChain; ids: string[]; validators: Actor[] } {
  const validators = Array.from({ length: count }, (_, i) => actor(`v${i}`));
  const chain = new LedgerChain(testGenesis({ validators, parameters: { maxValidatorChanges: 0 } }));
  const set = new ValidatorSet(
    chain.genesis.validators.map(({ id, consensusKey, vrfKey }) => ({ id, consensusKey, vrfKey })),
  );
  return { chain, ids: set.members.map(({ id }) => id), validators };
}

function participants(receipts: readonly SystemReceipt[]) {
  return receipts.flatMap(
    (receipt) => readSystemReceipt(BPCI_SYSTEM_RECEIPTS.Participation, receipt)?.validators ?? [],
  );
}

/** The next block with the certificate of the one before. */
function next(chain: LedgerChain, size: number, silent: readonly number[] = []) {
  const header = { height: chain.height, blockHash: HASH };
  return chain.block([], 1_000, chain.height === 0 ? undefined : certificateOf(header, size, silent));
}

describe('participation', () => {
  it('is booked for every validator of the block that the certificate is of, and reported', () => {
    const { chain, ids } = newChain(4);
    assert.deepEqual(participants(next(chain, 4).systemReceipts), [], 'the first block has none before it');
    assert.deepEqual(
      participants(next(chain, 4, [2]).systemReceipts),
      ids.map((validator, i) => ({
        validator,
        signed: i !== 2,
        seals: i === 2 ? 0 : 1,
        missed: i === 2 ? 1 : 0,
      })),
    );
    next(chain, 4);
    const own = chain.state.reader('bpci');
    assert.deepEqual(participationOf(own, ids[2] as string), {
      seals: 1,
      missed: 1,
      recentBlocks: 2,
      recentMissed: 1,
    });
    assert.equal(participationOf(own, actor('stranger').address), undefined);
  });

  it('is reported in several receipts where the set is large', () => {
    const count = PARTICIPANTS_PER_RECEIPT + 5;
    const { chain, ids } = newChain(count);
    next(chain, count);
    const { systemReceipts } = next(chain, count, [0]);
    const sizes = systemReceipts.map(
      (receipt) => readSystemReceipt(BPCI_SYSTEM_RECEIPTS.Participation, receipt)?.validators.length,
    );
    assert.deepEqual(
      sizes.filter((size) => size !== undefined),
      [PARTICIPANTS_PER_RECEIPT, 5],
    );
    assert.deepEqual(
      participants(systemReceipts).map(({ validator }) => validator),
      ids,
    );
  });

  it('remembers the last blocks one by one, and older ones as a sum', () => {
    const { chain, ids } = newChain(1);
    const window = LIMITS.certificateWindow;
    next(chain, 1);
    for (let block = 0; block < window + 10; block++) next(chain, 1, block < 5 ? [0] : []);
    const record = participationOf(chain.state.reader('bpci'), ids[0] as string);
    assert.deepEqual(record, { seals: window + 5, missed: 5, recentBlocks: window, recentMissed: 0 });
  });

  it('counts a validator that left for the blocks in which it was still one', () => {
    const { chain, ids, validators } = newChain(3);
    next(chain, 3);
    const leaver = validators.find(({ address }) => address === ids[0]) as Actor;
    const leave = encodeOperation(BPCI.operations.ValLeave, { validator: leaver.address });
    // Block 2 decides it: V(2) and V(3) still have three members, V(4) has two.
    const header = { height: 1, blockHash: HASH };
    chain.block([chain.transaction(leaver, 'bpci', [leave])], 1_000, certificateOf(header, 3));
    next(chain, 3);
    assert.equal(participants(next(chain, 3).systemReceipts).length, 3, 'the certificate of block 3');
    assert.equal(participants(next(chain, 2).systemReceipts).length, 2, 'the certificate of block 4');
    const record = participationOf(chain.state.reader('bpci'), leaver.address);
    assert.equal(record?.seals, 3);
  });

  it('keeps what the certificate says of a block as long as the block may be anchored', () => {
    const { chain } = newChain(4);
    for (let block = 0; block < 4; block++) next(chain, 4, [3]);
    const own = chain.state.reader('bpci');
    assert.deepEqual(finalityRecord(own, 2), {
      height: 2,
      round: 0,
      blockHash: HASH,
      seals: 3,
      validators: 4,
    });
    assert.equal(finalityRecord(own, 4), undefined, 'its certificate stands in no block yet');
    assert.equal(finalityRecord(own, 2 + LIMITS.certificateWindow), undefined);
  });

  it('does not take a certificate of another set', () => {
    const { chain } = newChain(4);
    next(chain, 4);
    assert.throws(() => next(chain, 3), InvariantViolation);
  });
});
