import assert from 'node:assert/strict';
import { balanceAccount } from '../../../../../src/ledger/economy/account.ts';
import { amountOf } from '../../../../../src/ledger/economy/books.ts';
import { minerWeights } from '../../../../../src/ledger/economy/policy/miner-weights.ts';
import { poeRecord } from '../../../../../src/ledger/economy/policy/poe-records.ts';
import { electMinersAbove } from '../../../../../src/mining/election.ts';
import { encodeOperation } from '../../../../../src/types/operations/catalog.ts';
import { DOCKLOCK } from '../../../../../src/types/operations/docklock.ts';
import { ECONOMY } from '../../../../../src/types/operations/economy.ts';
import { ECONOMY_SYSTEM_RECEIPTS } from '../../../../../src/types/operations/economy-receipts.ts';
import { NO_USAGE } from '../../../../../src/types/step-receipt.ts';
import { readSystemReceipt } from '../../../../../src/types/system-receipt.ts';
import { ValidatorSet } from '../../../../../src/types/validator.ts';
import type { OrchestrationChain } from '../../../../support/cluster-ledger.ts';
import { APP, batchOf, owner, startedChain, step, stranger } from '../../../../support/docklock-ledger.ts';
import type { ExecutedTestBlock } from '../../../../support/ledger-chain.ts';

const EPOCH_MS = 20_000;
/** With three actions worth 330 000 micro-FLX, so the treasury gets 990 of the fee. */
const USED = { ...NO_USAGE, cpuMs: 3_000 };

/** A block in which the owner's node reports its work for the owner's app. */
function report(chain: OrchestrationChain): ExecutedTestBlock {
  const batch = batchOf(chain, [
    step(chain, 'create'),
    step(chain, 'created'),
    step(chain, 'start', { usage: USED }),
  ]);
  return chain.block([
    chain.transaction(stranger, 'docklock', [encodeOperation(DOCKLOCK.operations.StepBatch, batch)]),
  ]);
}

const closings = ({ systemReceipts }: ExecutedTestBlock) =>
  systemReceipts.flatMap((receipt) => readSystemReceipt(ECONOMY_SYSTEM_RECEIPTS.EpochClosed, receipt) ?? []);
const nex = (chain: OrchestrationChain) =>
  amountOf(chain.state.reader('economy'), balanceAccount(owner.address), 'NEX');

describe('Work that a node reports', () => {
  it('brings its operator new NEX at the end of the epoch, and weight in the election of miners', () => {
    const chain = startedChain({ epochMs: EPOCH_MS });
    const before = nex(chain);
    report(chain);
    const weightOf = () => minerWeights(chain.state.reader('economy'), [owner.address]).get(owner.address);
    assert.equal(weightOf(), 64n);
    chain.idle(1, EPOCH_MS);
    const [closed] = closings(chain.idle(1, 1_000));
    // Φ is .35 · 3 000 / 1 000 + .2 · 3 / 100, shared by the two nodes of the cluster.
    assert.deepEqual([closed?.phi, closed?.activeNodes, closed?.workers], [528_000n, 2, 1]);
    assert.deepEqual([closed?.work, closed?.nexMinted], [990n, 990n]);
    assert.equal(nex(chain) - before, 990n);
    assert.equal(poeRecord(chain.state.reader('economy'), 'app', APP, 1).phi, 528_000n);
    assert.equal(weightOf(), 64n + (192n * 345_549n) / 1_000_000n);
  });

  it('counts for nothing if nobody paid for it', () => {
    const chain = startedChain({ epochMs: EPOCH_MS });
    const amount = 10n ** 12n;
    const emptied = { ledger: 'docklock', token: 'FLX', amount } as const;
    chain.send(owner, 'economy', ECONOMY, ECONOMY.operations.MeterWithdraw, emptied);
    assert.equal(report(chain).receipts[0]?.status, 0);
    chain.idle(1, EPOCH_MS);
    const [closed] = closings(chain.idle(1, 1_000));
    assert.deepEqual([closed?.phi, closed?.work, closed?.nexMinted], [0n, 0n, 0n]);
  });

  it('decides whom the beacon elects more often', () => {
    const chain = startedChain({ epochMs: EPOCH_MS });
    const key = (who: typeof owner) => ({
      id: who.address,
      consensusKey: who.consensus.publicKey,
      vrfKey: who.vrf.publicKey,
    });
    const validators = new ValidatorSet([key(owner), key(stranger)]);
    /** How often the owner comes first, over ledgers and heights. */
    const firsts = () => {
      let count = 0;
      for (let height = 1; height <= 400; height++)
        for (const miners of Object.values(electMinersAbove(chain.state, height, validators)))
          if (miners[0] === owner.address) count++;
      return count;
    };
    const even = firsts();
    report(chain);
    chain.idle(1, EPOCH_MS);
    chain.idle(1, 1_000);
    assert.ok(firsts() > even + 50, `${even} before, ${firsts()} after`);
  });
});
