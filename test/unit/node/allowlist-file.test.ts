import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readAllowlist } from '../../../src/node/allowlist-file.ts';
import { LIMITS } from '../../../src/util/limits.ts';

const PEER = '12D3KooWGRUfh3kPmoBjDkJ3GgUBYNsbxBBmCBBB7ZpRZ1x5Dfnd';

describe('The allow-list file', () => {
  const directory = mkdtempSync(join(tmpdir(), 'metanode-allowlist-'));
  const file = join(directory, 'allow.yaml');
  after(() => rmSync(directory, { recursive: true, force: true }));

  it('names the peers that are let in', async () => {
    writeFileSync(file, `# operators\nnodes:\n  - ${PEER}\n`);
    assert.deepEqual(await readAllowlist(file), { nodes: [PEER] });
    writeFileSync(file, 'nodes: []\n');
    assert.deepEqual(await readAllowlist(file), { nodes: [] });
  });

  it('is refused when it is not there, or says anything that is not understood', async () => {
    await assert.rejects(readAllowlist(join(directory, 'none')), { code: 'ALLOWLIST_UNREADABLE' });
    const large = `nodes: []\n${'#'.repeat(LIMITS.maxAllowlistFileBytes)}`;
    for (const text of [
      '',
      'nodes:',
      'nodes: [abc]',
      `node:\n - ${PEER}`,
      `nodes: [${PEER}]\nx: 1`,
      'accounts: [meta1qq]',
      `nodes: &all [${PEER}]\naccounts: *all`,
      '{',
      large,
    ]) {
      writeFileSync(file, text);
      await assert.rejects(readAllowlist(file), { code: 'ALLOWLIST_MALFORMED' }, text.slice(0, 20));
    }
  });
});
