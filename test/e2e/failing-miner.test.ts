import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { signTransaction } from '../../src/client/transaction-builder.ts';
import { addressToText } from '../../src/types/address.ts';
import { LEDGERS, type LedgerName } from '../../src/types/names.ts';
import { ELECTED_RANKS, PROPOSER_RANK } from '../../src/types/section.ts';
import { toHex } from '../../src/util/bytes.ts';
import { VoteSigner } from '../../src/validator/vote-signer.ts';
import { Cluster } from '../support/cluster.ts';
import { operationOn } from '../support/mined-sections.ts';
import { useTemporaryDirectory } from '../support/temporary-directory.ts';
import { waitFor } from '../support/wait-for.ts';

const VALIDATORS = 4;
const FAULTY = 3;
const HANGING: LedgerName = 'bpi';
const THROWING: LedgerName = 'cluster';
const HEALTHY: readonly LedgerName[] = LEDGERS.filter((ledger) => ledger !== HANGING && ledger !== THROWING);
const FEED_MS = 250;

/** The real signer of sections, which every node of this process uses. */
const signSection = VoteSigner.prototype.signSection;

describe('A node whose workers of two ledgers fail for good', function () {
  this.timeout(600_000);
  const directory = useTemporaryDirectory();
  let cluster: Cluster;
  /** Ledger and height of every section that the faulty node was to sign as rank 0. */
  const turns: { readonly ledger: LedgerName; readonly height: number }[] = [];

  afterEach(async () => {
    VoteSigner.prototype.signSection = signSection;
    await cluster.stopAll();
  });

  /** One transaction on each ledger, which its sender can pay. */
  async function feed(nonce: bigint): Promise<void> {
    const { genesis, genesisHash } = cluster;
    for (const ledger of LEDGERS) {
      const { keys } = ledger === 'bpci' ? cluster.identityOf(0).account : cluster.alice;
      const { bytes } = signTransaction(
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
      await cluster.client(0).call('tx_send', { transaction: `0x${toHex(bytes)}` });
    }
  }

  it('mines the three other ledgers and votes; the two are mined by others, without a round change', async () => {
    cluster = await Cluster.create({
      directory: directory.path,
      validators: VALIDATORS,
      blockTimeMs: 200,
      // A worker that held up a proposal or a vote would cost a round; a machine that is busy does not.
      options: { baseTimeoutMs: 15_000, timeoutCapMs: 15_000 },
    });
    const faulty = cluster.identityOf(FAULTY).account.address;
    VoteSigner.prototype.signSection = function (this: VoteSigner, section, ids) {
      if (this.id !== faulty) return signSection.call(this, section, ids);
      if (section.rank === 0) turns.push({ ledger: section.ledger, height: section.height });
      if (section.ledger === HANGING) return new Promise<never>(() => undefined);
      if (section.ledger === THROWING) throw new Error('of the test');
      return signSection.call(this, section, ids);
    };
    await cluster.startAll();
    // Three of four may begin without the fourth, and a height that it is to propose then takes a second round.
    await waitFor('everyone is connected with everyone', async () => {
      const counts = await Promise.all(
        Array.from({ length: VALIDATORS }, (_, k) => cluster.client(k).call('net_peerCount', {})),
      );
      return counts.every(({ connected }) => connected === VALIDATORS - 1);
    });
    const begun = await cluster.client(0).call('chain_getFinalizedHead', {});
    const faultyText = addressToText(faulty);
    const minedByFaulty = new Set<string>();
    const takenOver = new Set<LedgerName>();
    let signed = 0;

    async function look(height: number): Promise<void> {
      const { sections } = await cluster.client(0).call('chain_getBlock', { height });
      for (const { ledger, miner, rank } of sections)
        if (miner === faultyText && rank < ELECTED_RANKS) minedByFaulty.add(ledger);
      for (const turn of turns.filter((one) => one.height === height && !HEALTHY.includes(one.ledger))) {
        const section = sections.find(({ ledger }) => ledger === turn.ledger);
        // Who proposed may not have had the transactions yet: then nobody mined the ledger.
        if (section === undefined || section.txCount === 0) continue;
        const { rank } = section;
        assert.ok(rank > 0 && rank <= PROPOSER_RANK, `${turn.ledger} at ${height}: rank ${rank}`);
        takenOver.add(turn.ledger);
      }
      const certificate = await cluster.client(0).call('chain_getCertificate', { height });
      assert.equal(certificate.round, 0, `no round change at ${height}`);
      if (certificate.signedBy.includes(faultyText)) signed++;
    }

    // Who is elected when is a matter of chance, so it takes as many blocks as it takes.
    let seen = begun.height + 1;
    for (let nonce = 0n; takenOver.size < 2 || minedByFaulty.size < HEALTHY.length || signed === 0; nonce++) {
      await feed(nonce);
      await sleep(FEED_MS);
      const { height } = await cluster.client(0).call('chain_getFinalizedHead', {});
      while (seen < height) await look(++seen);
    }
    assert.deepEqual(takenOver, new Set([HANGING, THROWING]));
    assert.deepEqual(minedByFaulty, new Set<string>(HEALTHY));
  });
});
