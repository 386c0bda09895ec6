import assert from 'node:assert/strict';
import { signTransaction } from '../../src/client/transaction-builder.ts';
import { addressToText } from '../../src/types/address.ts';
import { LEDGERS, type LedgerName } from '../../src/types/names.ts';
import type { EncodedTransaction } from '../../src/types/transaction.ts';
import { ByzantineValidator, type ProofPlace } from '../support/byzantine-validator.ts';
import { Cluster } from '../support/cluster.ts';
import { operationOn } from '../support/mined-sections.ts';
import { useTemporaryDirectory } from '../support/temporary-directory.ts';
import { waitFor } from '../support/wait-for.ts';

const HONEST = [0, 1, 2];
const BYZANTINE = 3;
const PLACES: readonly ProofPlace[] = ['beacon', ...LEDGERS];
const FEED_MS = 250;

describe('A validator that flips bytes of proofs', function () {
  this.timeout(600_000);
  const directory = useTemporaryDirectory();
  let cluster: Cluster;
  let byzantine: ByzantineValidator | undefined;

  afterEach(async () => {
    await byzantine?.stop();
    byzantine = undefined;
    await cluster.stopAll();
  });

  /** A transaction on a ledger, which its sender can pay. */
  function work(ledger: LedgerName, nonce: bigint): EncodedTransaction {
    const { keys } = ledger === 'bpci' ? cluster.identityOf(0).account : cluster.alice;
    const { genesisHash, genesis } = cluster;
    return signTransaction(
      keys,
      { chainId: genesis.chainId, genesisHash },
      {
        ledger,
        nonce,
        validUntilMs: Date.now() + 600_000,
        maxFee: 200_000n,
        operations: [operationOn(ledger, cluster.payment(1_000n))],
      },
    );
  }

  it('meets a refusal for each of the five proof types and the beacon, in sections and blocks, and the chain goes on', async () => {
    cluster = await Cluster.create({
      directory: directory.path,
      validators: 4,
      blockTimeMs: 200,
      options: { baseTimeoutMs: 500, resendIntervalMs: 300 },
    });
    for (const k of HONEST) await cluster.start(k);
    const identity = cluster.identityOf(BYZANTINE);
    const liar = await ByzantineValidator.start(cluster, identity, directory.join('byzantine.journal'));
    byzantine = liar;
    let nonce = 0n;
    let fedMs = 0;
    const isDone = () =>
      LEDGERS.every((ledger) => (liar.sections.get(ledger) ?? 0) >= 3) &&
      PLACES.every((place) => (liar.proposals.get(place) ?? 0) >= 1);
    await waitFor(
      'every proof was flipped in sections and blocks',
      async () => {
        if (performance.now() - fedMs > FEED_MS && liar.pool.mempool.status().transactions < 50) {
          fedMs = performance.now();
          for (const ledger of LEDGERS) {
            const transaction = work(ledger, nonce);
            await liar.pool.admit(transaction, 'gossip');
            await cluster
              .client(0)
              .call('tx_send', { transaction: `0x${Buffer.from(transaction.bytes).toString('hex')}` });
          }
          nonce++;
        }
        return isDone();
      },
      400_000,
    );
    const last = await cluster.highest();
    await cluster.waitForHeight(last + 2, HONEST);
    const liarId = addressToText(identity.account.address);
    let proven = 0;
    for (let height = 1; height <= last; height++) {
      const blocks = await Promise.all(
        HONEST.map((k) => cluster.client(k).call('chain_getBlock', { height })),
      );
      for (const block of blocks) {
        assert.equal(block.hash, blocks[0]?.hash, `height ${height} is one block everywhere`);
        assert.notEqual(block.header.proposer, liarId);
        for (const section of block.sections) assert.notEqual(section.miner, liarId);
      }
      proven += blocks[0]?.sections.filter(({ txCount }) => txCount > 0).length ?? 0;
    }
    assert.ok(proven >= LEDGERS.length, 'others mined what it could not');
  });
});
