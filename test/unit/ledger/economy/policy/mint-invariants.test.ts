import assert from 'node:assert/strict';
import { EPOCH_POOL, FLX_RESERVE, TREASURY } from '../../../../../src/ledger/economy/account.ts';
import { mint, move } from '../../../../../src/ledger/economy/books.ts';
import { settlement } from '../../../../../src/ledger/economy/economy.ts';
import { currentEpoch, type Epoch, saveEpoch } from '../../../../../src/ledger/economy/policy/epochs.ts';
import type { StateWriter } from '../../../../../src/ledger/seam.ts';
import { hashNumber } from '../../../../support/blocks.ts';
import { EpochWorld, jobOf } from '../../../../support/epoch-world.ts';

const CAP = 1_000_000n;

/** A world in the midst of its second epoch, with work of 3 000 000 micro-NEX. */
function workedWorld(): EpochWorld {
  const world = new EpochWorld({ nexEpochCap: CAP, flxEpochCap: 500n });
  world.nextEpoch();
  world.block([jobOf(hashNumber(11), hashNumber(100), 1_000_000_000n, { usage: { cpuMs: 9_000n } })]);
  return world;
}

/** Whether the invariants of value accept a block that changed the state behind the back of the policy. */
function accepts(
  change: (state: StateWriter) => void,
  epoch: Partial<Epoch> = { index: 2, work: 0n },
  world = workedWorld(),
): void {
  const view = world.state.extend();
  const writer = view.writer('economy');
  saveEpoch(writer, { ...currentEpoch(writer), ...epoch });
  change(writer);
  const changed = view.pathsChangedSince(world.state, 'economy');
  settlement.assertInvariants(world.economy, writer, changed, world.context);
}

function refuses(rule: RegExp, ...change: Parameters<typeof accepts>): void {
  assert.throws(() => accepts(...change), { name: 'InvariantViolation', message: rule });
}

const someone = `balance/${hashNumber(11)}` as const;

describe('The invariants of new coins', () => {
  it('accept NEX up to the cap and FLX for the reserve account, at the end of an epoch', () => {
    accepts((state) => {
      mint(state, 'NEX', someone, CAP);
      mint(state, 'FLX', FLX_RESERVE, 500n);
    });
  });

  it('see new coins within an epoch, and epochs that run backwards', () => {
    const within = { index: 1 };
    refuses(/within an epoch/, (state) => mint(state, 'NEX', someone, 1n), within);
    refuses(/within an epoch/, (state) => mint(state, 'FLX', FLX_RESERVE, 1n), within);
    refuses(/is followed by 0/, () => {}, { index: 0 });
  });

  it('see NEX beyond the cap of the epoch, FLX beyond its own', () => {
    refuses(/NEX in one epoch/, (state) => mint(state, 'NEX', someone, CAP + 1n));
    refuses(/FLX in one epoch/, (state) => mint(state, 'FLX', FLX_RESERVE, 501n));
  });

  it('see NEX beyond κ of the work that was done', () => {
    const world = new EpochWorld({ nexEpochCap: CAP });
    world.nextEpoch();
    world.block([jobOf(hashNumber(11), hashNumber(100), 1_000_000n)]);
    refuses(/for work of 3000/, (state) => mint(state, 'NEX', someone, 3_001n), undefined, world);
    accepts((state) => mint(state, 'NEX', someone, 3_000n), undefined, world);
  });

  it('see FLX that goes elsewhere than to the reserve account, or leaves it', () => {
    refuses(/elsewhere/, (state) => mint(state, 'FLX', someone, 1n));
    refuses(/elsewhere/, (state) => {
      mint(state, 'FLX', FLX_RESERVE, 2n);
      move(state, { debit: FLX_RESERVE, credit: TREASURY, token: 'FLX', amount: 1n });
    });
  });

  it('see NEX in the pool that nobody has a share of', () => {
    refuses(/belongs to nobody/, (state) => mint(state, 'NEX', EPOCH_POOL, 1n));
  });
});
