import { strict as assert } from 'node:assert';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { blockBytes, completeBlock } from '../../src/chain/complete-block.ts';
import { LevelStore } from '../../src/storage/level-store.ts';
import { decodeBlock } from '../../src/types/block.ts';
import { type ChainNode, ChainWorld } from '../support/chain.ts';
import { useTemporaryDirectory } from '../support/temporary-directory.ts';

/** `METANODE_HEIGHTS=10000` makes the long run of it. */
const HEIGHTS = Number(process.env.METANODE_HEIGHTS ?? 300);
const SAMPLES = 30;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** What is alive, on the heap and in buffers beside it. */
function aliveBytes(): number {
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}

describe('A chain that goes on for long', function () {
  this.timeout(Math.max(600_000, HEIGHTS * 300));
  const directory = useTemporaryDirectory();

  it(`U14 needs no more memory in the last third of ${HEIGHTS} heights than in the middle one`, async () => {
    const world = new ChainWorld();
    const stores = [
      await LevelStore.open(directory.join('builder')),
      await LevelStore.open(directory.join('follower')),
    ];
    const [builder, follower] = (await Promise.all(stores.map((store) => world.openOn(store)))) as [
      Omit<ChainNode, 'memory'>,
      Omit<ChainNode, 'memory'>,
    ];
    const samples: number[] = [];
    for (let height = 1; height <= HEIGHTS; height++) {
      if (height % 10 === 0) await builder.pool.submit(world.transfer(height / 10 - 1).bytes);
      const { validators } = builder.chain;
      const block = await world.extend(builder);
      // The follower has the bytes only, as one that syncs.
      const received = completeBlock(decodeBlock(blockBytes(block)));
      const certificate = world.certify(block, validators);
      assert.ok(await follower.chain.isCertified(received.hash, certificate));
      await follower.chain.commit(received, certificate);
      if (height % Math.floor(HEIGHTS / SAMPLES) === 0) samples.push(aliveBytes());
    }
    assert.equal(follower.chain.head.hash, builder.chain.head.hash);
    const third = Math.floor(samples.length / 3);
    const middle = median(samples.slice(third, 2 * third));
    const last = median(samples.slice(2 * third));
    assert.ok(last <= middle * 1.1, `${middle} bytes in the middle third, ${last} in the last`);
    for (const { store } of [builder, follower]) await store.close();
    if (process.env.METANODE_HEIGHTS !== undefined)
      process.stdout.write(
        `      ${HEIGHTS} heights: ${(middle / 2 ** 20).toFixed(1)} MiB alive in the middle third, ${(last / 2 ** 20).toFixed(1)} MiB in the last\n`,
      );
  });
});
