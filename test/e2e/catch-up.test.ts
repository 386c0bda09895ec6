import { strict as assert } from 'node:assert';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Network } from '../../src/network/contract.ts';
import { createNetwork } from '../../src/network/network.ts';
import { dataDirPaths } from '../../src/storage/data-dir.ts';
import { LevelStore } from '../../src/storage/level-store.ts';
import { addressToText } from '../../src/types/address.ts';
import { decodeBlock, encodeBlock } from '../../src/types/block.ts';
import { CertificateType } from '../../src/types/certificate.ts';
import { MICRO } from '../../src/types/names.ts';
import type { CertifiedBlockBytes } from '../../src/types/network.ts';
import { encodeOperation } from '../../src/types/operations/catalog.ts';
import { ECONOMY } from '../../src/types/operations/economy.ts';
import { decode, encode } from '../../src/types/ssz.ts';
import type { Operation } from '../../src/types/transaction.ts';
import { systemClock } from '../../src/util/clock.ts';
import { silentLogger } from '../../src/util/logger.ts';
import { deriveValidator, type ValidatorIdentity } from '../../testnet/identities.ts';
import { CHAIN_SEED, type ChainNode, ChainWorld, producerOf } from '../support/chain.ts';
import { Cluster } from '../support/cluster.ts';
import {
  bondOperation,
  joinOperation,
  leaveOperation,
  rotateOperation,
} from '../support/validator-operations.ts';
import { waitFor } from '../support/wait-for.ts';

const BLOCKS = 1_000;
const BLOCK_TIME_MS = 500;
/** Nobody waits for the empty ones of those who run, while the late one catches up. */
const EMPTY_BLOCKS_MS = 1_500;
const BOND_REF = 'b0'.repeat(32);
/** Data directories: three validators of genesis run, the fourth has left, the fifth is late. */
const RUNNING = [0, 1, 2];
const LATE = 4;
const NEWCOMER = 5;
const newcomer: ValidatorIdentity = deriveValidator(CHAIN_SEED, 'candidate-0-2');

type Blocks = (from: number, count: number) => CertifiedBlockBytes[];

/**
 * Makes a thousand blocks without a network: v4 changes its keys every twenty blocks and leaves near the end, and a
 * candidate joins at the beginning, so that most blocks are sealed by another set than those before.
 */
async function makeHistory(world: ChainWorld, node: Omit<ChainNode, 'memory'>): Promise<void> {
  const candidate = world.candidate();
  world.know(candidate);
  let leaver = deriveValidator(CHAIN_SEED, 'v4');
  const { address } = leaver.account;
  const producers = [1, 2, 3].map((number) => producerOf(deriveValidator(CHAIN_SEED, `v${number}`)));
  let nonce = 0n;
  const onBpci = { ledger: 'bpci', maxFee: MICRO } as const;
  for (let height = 1; height <= BLOCKS; height++) {
    if (height % 4 === 0) await node.pool.submit(world.transfer(height / 4).bytes);
    if (height === 1) await node.pool.submit(world.sign(world.alice, 0, deposits(address)).bytes);
    if (height === 1)
      await node.pool.submit(world.sign(candidate.account, 0, [bondOperation(BOND_REF)]).bytes);
    if (height === 2) {
      const operation = joinOperation(world.genesisHash, candidate, BOND_REF);
      await node.pool.submit(world.sign(candidate.account, 0, [operation], onBpci).bytes);
    }
    if (height % 20 === 10 && height < BLOCKS - 20) {
      const next = deriveValidator(CHAIN_SEED, 'v4', Number(nonce) + 1);
      const operation = rotateOperation(world.genesisHash, nonce, leaver, next);
      await node.pool.submit(world.sign(leaver.account, nonce++, [operation], onBpci).bytes);
      leaver = next;
      world.know(next);
    }
    if (height === BLOCKS - 10)
      await node.pool.submit(world.sign(leaver.account, nonce++, [leaveOperation(address)], onBpci).bytes);
    world.clock.advance(BLOCK_TIME_MS - 1_000);
    await world.extend(node, [], producers[height % 3]);
  }
}

/** What so many changes of keys cost. */
function deposits(payer: string): Operation[] {
  return (['FLX', 'GEN'] as const).map((token) =>
    encodeOperation(ECONOMY.operations.MeterDeposit, { payer, ledger: 'bpci', token, amount: 50n * MICRO }),
  );
}

/** Real nodes on loopback, one story: each test finds the chain where the one before left it. */
describe('A node a thousand blocks behind', function () {
  this.timeout(600_000);
  let directory: string;
  let world: ChainWorld;
  let cluster: Cluster;
  let history: CertifiedBlockBytes[];
  const liars: Network[] = [];
  /** Which liar was asked for which heights. */
  const asked = new Map<string, number[]>();

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'metanode-catch-up-'));
    world = new ChainWorld({
      genesisTimeMs: Date.now() - (BLOCKS + 10) * BLOCK_TIME_MS,
      parameters: {
        bondAdmits: true,
        targetBlockIntervalMs: BLOCK_TIME_MS,
        emptyBlockIntervalMs: EMPTY_BLOCKS_MS,
      },
    });
    cluster = await Cluster.create({
      directory,
      validators: 4,
      seed: CHAIN_SEED,
      genesis: world.genesis,
      options: { baseTimeoutMs: 1_000, resendIntervalMs: 300 },
    });
    const databaseOf = (k: number) => dataDirPaths(cluster.directoryOf(k)).database;
    const source = await world.openOn(await LevelStore.open(databaseOf(0)));
    await makeHistory(world, source);
    history = Array.from({ length: 130 }, (_, i) => ({
      block: source.store.loadBlockBytes(i + 1) as Uint8Array,
      certificate: encode(
        CertificateType,
        source.store.loadCertificate(i + 1) as NonNullable<ReturnType<typeof source.store.loadCertificate>>,
      ),
    }));
    assert.equal((await source.store.loadValidatorChanges()).length, 51);
    await source.store.close();
    await cluster.init(LATE, world.candidate());
    await cluster.init(NEWCOMER, newcomer);
    for (const k of [...RUNNING.slice(1), NEWCOMER]) {
      rmSync(databaseOf(k), { recursive: true });
      cpSync(databaseOf(0), databaseOf(k), { recursive: true });
    }
  });

  after(async () => {
    await Promise.all(liars.map((liar) => liar.stop()));
    await cluster?.stopAll();
    rmSync(directory, { recursive: true, force: true });
  });

  /** A peer that shakes hands like all others and answers requests for blocks with a lie. */
  async function startLiar(name: string, claimed: number, blocks: Blocks): Promise<void> {
    const liar = await createNetwork({
      genesisHash: world.genesisHash,
      chainId: world.genesis.chainId,
      protocolVersion: 1,
      forkId: world.genesisHash,
      nodeKeySeed: new Uint8Array(32).fill(100 + liars.length),
      listen: [],
      bootnodes: [`/ip4/127.0.0.1/tcp/${cluster.portOf(LATE)}`],
      maxPeers: 8,
      loopbackTestnet: true,
      role: 'observer',
      head: () => ({ height: claimed, hash: 'ab'.repeat(32) }),
      logger: silentLogger,
      clock: systemClock,
    });
    asked.set(name, []);
    liar.serve({
      transactions: () => [],
      genesis: () => new Uint8Array(),
      blockByHash: () => undefined,
      blocks: (from, count) => {
        asked.get(name)?.push(from);
        return blocks(from, count);
      },
    });
    liars.push(liar);
    await liar.start();
  }

  function changed(change: (one: CertifiedBlockBytes) => CertifiedBlockBytes): Blocks {
    return (from, count) => history.slice(from - 1, from - 1 + count).map(change);
  }

  async function startLiars(): Promise<void> {
    await startLiar('a height beyond all numbers', Number.MAX_SAFE_INTEGER, () => []);
    await startLiar('old blocks', 1_000_000, (_, count) => history.slice(0, count));
    await startLiar(
      'one seal too few',
      2_000,
      changed(({ block, certificate }) => {
        const value = decode(CertificateType, certificate, 'certificate');
        const signers = value.signers.clone();
        signers.set(signers.getTrueBitIndexes()[0] as number, false);
        return {
          block,
          certificate: encode(CertificateType, { ...value, signers, seals: value.seals.slice(1) }),
        };
      }),
    );
    await startLiar(
      'the bodies of other blocks',
      3_000,
      changed(({ block, certificate }) => {
        const value = decodeBlock(block);
        const { body, transactions } = decodeBlock((history[0] as CertifiedBlockBytes).block);
        return { block: encodeBlock({ header: value.header, body, transactions }), certificate };
      }),
    );
    await startLiar(
      'garbage',
      4_000,
      changed(() => ({ block: new Uint8Array(500).fill(7), certificate: new Uint8Array(100).fill(7) })),
    );
  }

  const certificateAt = (height: number) => cluster.client(0).call('chain_getCertificate', { height });

  /** While another one is stopped there is no block without the seal of this validator, however late it votes. */
  async function assertSeals(node: number, { account }: ValidatorIdentity): Promise<void> {
    const other = RUNNING.at(-1) as number;
    await cluster.stop(other);
    const height = (await cluster.highest()) + 2;
    await cluster.waitForHeight(height, [0, node]);
    assert.ok((await certificateAt(height)).signedBy.includes(addressToText(account.address)));
    await cluster.start(other);
    await cluster.waitForHeight(height, [other]);
  }

  it('M01 M03 M04 M12 M13 catches up among peers that lie in every way, across fifty changes of the set', async () => {
    await startLiars();
    for (const k of RUNNING) await cluster.start(k);
    const started = performance.now();
    await cluster.start(LATE);
    await cluster.waitForHeight(BLOCKS, [LATE], 400_000);
    const seconds = (performance.now() - started) / 1_000;
    const factor = (BLOCKS * BLOCK_TIME_MS) / 1_000 / seconds;
    process.stdout.write(
      `      ${BLOCKS} blocks in ${seconds.toFixed(1)} s with the start of the node: ${factor.toFixed(0)} x as fast as they came
`,
    );
    assert.deepEqual(await cluster.blockHashes(LATE, BLOCKS), await cluster.blockHashes(0, BLOCKS));
    for (const name of asked.keys())
      await waitFor(`the liar with ${name} was asked`, () => (asked.get(name) as number[]).length > 0);
  });

  it('M04 is ready and votes, whatever heights the liars claim', async () => {
    await waitFor('the late validator votes', async () => {
      const { voting } = await cluster.client(LATE).call('ibft_getRoundState');
      return voting;
    });
    await waitFor('sync has ended', async () => !(await cluster.client(LATE).call('net_status')).syncing);
    await assertSeals(LATE, world.candidate());
  });

  it('N01 a follower that joins by transaction seals from two blocks after its receipt on, and not before', async () => {
    world.know(newcomer);
    await cluster.start(NEWCOMER);
    await cluster.waitForHeight((await cluster.height(0)) + 1, [NEWCOMER]);
    const ref = 'b1'.repeat(32);
    world.clock.run();
    const lock = world.sign(newcomer.account, 0, [bondOperation(ref)], {
      validUntilMs: Date.now() + 600_000,
    });
    await cluster.sendAndWait(NEWCOMER, lock);
    const operation = joinOperation(world.genesisHash, newcomer, ref);
    const joining = world.sign(newcomer.account, 0, [operation], {
      ledger: 'bpci',
      maxFee: MICRO,
      validUntilMs: Date.now() + 600_000,
    });
    const { height, status } = await cluster.sendAndWait(NEWCOMER, joining);
    assert.equal(status, 'OK');
    await cluster.waitForHeight(height + 4);
    for (const h of [height, height + 1]) assert.equal((await certificateAt(h)).validators, 4);
    for (const h of [height + 2, height + 3]) assert.equal((await certificateAt(h)).validators, 5);
    await waitFor('the newcomer votes', async () => {
      const { voting } = await cluster.client(NEWCOMER).call('ibft_getRoundState');
      return voting;
    });
  });

  it('M07 S01 falls behind while it is cut off, and catches up and votes again without a restart', async () => {
    await cluster.isolate(LATE, 600_000);
    const { height } = await cluster.client(LATE).call('chain_getFinalizedHead');
    await cluster.waitForHeight(height + 4, [0]);
    assert.ok((await cluster.height(LATE)) <= height + 1, 'it heard nothing');
    await cluster.isolate(LATE, 1);
    await cluster.waitForHeight(await cluster.highest(), [LATE]);
    await assertSeals(LATE, world.candidate());
  });

  it('N01 a validator that leaves by transaction is out of the set from two blocks later on, and follows', async () => {
    const leaver = newcomer.account;
    const leaving = world.sign(leaver, 1, [leaveOperation(leaver.address)], {
      ledger: 'bpci',
      maxFee: MICRO,
      validUntilMs: Date.now() + 600_000,
    });
    const { height, status } = await cluster.sendAndWait(0, leaving);
    assert.equal(status, 'OK');
    await cluster.waitForHeight(height + 4);
    for (const h of [height, height + 1]) assert.equal((await certificateAt(h)).validators, 5);
    for (const h of [height + 2, height + 3]) assert.equal((await certificateAt(h)).validators, 4);
    assert.equal((await cluster.client(NEWCOMER).call('ibft_getRoundState')).voting, false);
    const hashes = await Promise.all([LATE, NEWCOMER, 0].map((k) => cluster.blockHash(k, height + 3)));
    assert.equal(new Set(hashes).size, 1);
  });
});
