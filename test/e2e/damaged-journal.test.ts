import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dataDirPaths } from '../../src/storage/data-dir.ts';
import { HEAD_BYTES } from '../../src/storage/journal-format.ts';
import { Cluster } from '../support/cluster.ts';
import { waitFor } from '../support/wait-for.ts';

const DAMAGED = 3;

describe('A validator whose vote journal cannot be read', () => {
  const directory = mkdtempSync(join(tmpdir(), 'metanode-journal-'));
  let cluster: Cluster;
  before(async () => {
    cluster = await Cluster.create({
      directory,
      validators: 4,
      blockTimeMs: 200,
      emptyBlocksMs: 250,
    });
    await cluster.startAll();
    await cluster.waitForHeight(2);
  });
  after(async () => {
    await cluster.stopAll();
    rmSync(directory, { recursive: true, force: true });
  });

  const journal = () => dataDirPaths(cluster.directoryOf(DAMAGED)).journal;

  async function readiness(): Promise<[status: number, reason: string | null]> {
    const response = await fetch(`${cluster.urlOf(DAMAGED)}/readyz`);
    const { reason } = (await response.json()) as { reason: string | null };
    return [response.status, reason];
  }

  function flipByte(place: (size: number) => number): void {
    const bytes = readFileSync(journal());
    const at = place(bytes.length);
    bytes[at] = (bytes[at] as number) ^ 1;
    writeFileSync(journal(), bytes);
  }

  /** Two blocks more, the same as on the others. */
  async function follows(): Promise<void> {
    const height = (await cluster.highest()) + 2;
    await cluster.waitForHeight(height);
    assert.equal(await cluster.blockHash(DAMAGED, height), await cluster.blockHash(0, height));
  }

  it('starts as a watcher when the head of the journal is damaged, and says so', async () => {
    await cluster.stop(DAMAGED);
    flipByte(() => 20);
    const damaged = readFileSync(journal());
    await cluster.start(DAMAGED);
    await follows();
    assert.deepEqual(await readiness(), [503, 'JOURNAL_DAMAGED']);
    assert.deepEqual(readFileSync(journal()), damaged, 'nothing was signed, and what is left is kept');
  });

  it('votes again from the height that its operator accepts', async () => {
    await cluster.stop(DAMAGED);
    const height = await cluster.highest();
    await cluster.start(DAMAGED, { acceptLostJournal: height + 1 });
    await follows();
    await waitFor('the node is ready', async () => (await readiness())[0] === 200);
    await waitFor('a vote is in the journal', () => readFileSync(journal()).length > HEAD_BYTES);
  });

  it('starts with a damaged record in the middle, and votes above the heights that it can be about', async () => {
    await waitFor('some votes', () => readFileSync(journal()).length > HEAD_BYTES + 2_000);
    await cluster.stop(DAMAGED);
    flipByte((size) => HEAD_BYTES + ((size - HEAD_BYTES) >> 1));
    await cluster.start(DAMAGED);
    await follows();
    await waitFor('the node is ready', async () => (await readiness())[0] === 200);
  });

  it('starts as a watcher when the journal is gone', async () => {
    await cluster.stop(DAMAGED);
    rmSync(journal());
    await cluster.start(DAMAGED);
    await follows();
    assert.deepEqual(await readiness(), [503, 'JOURNAL_MISSING']);
  });
});
