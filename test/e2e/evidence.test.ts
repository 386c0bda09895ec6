import assert from 'node:assert/strict';
import { addressToText } from '../../src/types/address.ts';
import { doubleSign } from '../../testnet/load/double-sign.ts';
import { Cluster } from '../support/cluster.ts';
import { useTemporaryDirectory } from '../support/temporary-directory.ts';
import { waitFor } from '../support/wait-for.ts';

/** Plays no node of its own: the other three are a quorum. */
const OFFENDER = 3;

describe('Evidence between real nodes', function () {
  this.timeout(600_000);
  const directory = useTemporaryDirectory();
  let cluster: Cluster;

  afterEach(async () => {
    await cluster.stopAll();
  });

  /** What the fourth validator does without a node of its own. */
  const options = () => {
    const { account, consensus } = cluster.identityOf(OFFENDER);
    return {
      nodes: nodesOf(),
      bootnodes: [...cluster.nodes.values()].flatMap(({ addresses }) => addresses.slice(0, 1)),
      chainId: cluster.genesis.chainId,
      genesisHash: cluster.genesisHash,
      validator: { id: account.address, key: consensus },
      nodeKeySeed: new Uint8Array(32).fill(26),
    };
  };
  const offender = () => addressToText(cluster.identityOf(OFFENDER).account.address);
  const nodesOf = () => [0, 1, 2].map((k) => ({ ...cluster.client(k), name: cluster.nameOf(k) }));

  it('Q01: a validator that prepares two blocks is jailed on every node, one that joins later included', async () => {
    cluster = await Cluster.create({
      directory: directory.path,
      validators: 4,
      blockTimeMs: 250,
      emptyBlocksMs: 500,
      options: { baseTimeoutMs: 500 },
    });
    for (const k of [0, 1, 2]) await cluster.start(k);
    await cluster.waitForHeight(2);
    const isJailed = await doubleSign(options());
    assert.equal(isJailed, true);
    const appliedOn = async (k: number) => {
      const { applied } = await cluster.client(k).call('ibft_getEvidence');
      return applied.find(({ validator }) => validator === offender());
    };
    const first = await waitFor('v1 has applied the evidence', () => appliedOn(0));
    assert.equal(first.offence, 'prepare');
    const late = await cluster.start(OFFENDER);
    assert.ok(late.peerId.length > 0);
    await cluster.waitForHeight(first.appliedAt + 3);
    for (const k of [0, 1, 2, OFFENDER]) {
      assert.deepEqual(await appliedOn(k), first, `${cluster.nameOf(k)} says the same`);
      const set = await cluster.client(k).call('ibft_getValidatorsByBlockNumber', {});
      assert.equal(set.validators.length, 3);
      assert.ok(set.validators.every(({ id }) => id !== offender()));
      const { items } = await cluster.client(k).call('bpci_listMembers', { status: 'jailed' });
      assert.deepEqual(
        items.map(({ id }) => id),
        [offender()],
      );
      assert.equal(
        await cluster.blockHash(k, first.appliedAt + 3),
        await cluster.blockHash(0, first.appliedAt + 3),
      );
    }
    const { evidence } = await cluster.client(1).call('chain_getBlock', { height: first.appliedAt });
    assert.deepEqual(evidence, [{ kind: 'prepare', hash: first.evidenceHash }]);
    const receipts = await cluster.client(1).call('chain_getSystemReceipts', { height: first.appliedAt });
    assert.ok(receipts.items.some(({ kind }) => kind === 'ValidatorSlashed'));
  });

  it('is spread by the one node that saw the offence, so that whoever proposes next has it', async () => {
    cluster = await Cluster.create({
      directory: directory.path,
      validators: 4,
      emptyBlocksMs: 600_000,
    });
    for (const k of [0, 1, 2]) await cluster.start(k);
    await cluster.sendAndWait(0, cluster.transaction(0n));
    const quiet = await cluster.highest();
    const enough = new AbortController();
    const signing = doubleSign({
      ...options(),
      to: cluster.identityOf(0).account.address,
      signal: enough.signal,
    });
    for (const k of [0, 1, 2])
      await waitFor(`${cluster.nameOf(k)} has the evidence`, async () => {
        const { seen } = await cluster.client(k).call('ibft_getEvidence');
        return seen.some(({ validator }) => validator === offender());
      });
    assert.equal(await cluster.highest(), quiet, 'no block has told them');
    enough.abort();
    await signing;
  });
});
