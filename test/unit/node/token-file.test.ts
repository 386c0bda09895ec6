import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashToken, TokenFile } from '../../../src/node/token-file.ts';
import { errorCode } from '../../../src/util/errors.ts';
import { runInProcess } from '../../support/program.ts';

describe('the file of tokens', () => {
  let directory: string;
  let path: string;
  let nowMs = 0;
  const open = () => new TokenFile(path, () => nowMs);
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'metanode-tokens-'));
    path = join(directory, 'tokens.json');
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it('keeps hashes with names and scopes, readable by its owner only', async () => {
    const text = await open().create('page', ['read', 'debug']);
    assert.match(text, /^[0-9a-f]{64}$/);
    assert.deepEqual(open().tokens(), [{ name: 'page', sha256: hashToken(text), scopes: ['read', 'debug'] }]);
    assert.equal((await readFile(path, 'utf8')).includes(text), false);
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    await assert.rejects(open().create('page', ['read']), (error) => errorCode(error) === 'TOKEN_EXISTS');
    await assert.rejects(open().revoke('other'), (error) => errorCode(error) === 'TOKEN_NOT_FOUND');
  });

  it('is read anew within a second when a token comes or goes', async () => {
    const running = open();
    assert.deepEqual(running.tokens(), []);
    await open().create('page', ['read']);
    assert.deepEqual(running.tokens(), []);
    nowMs += 1000;
    assert.equal(running.tokens().length, 1);
    await open().revoke('page');
    nowMs += 1000;
    assert.deepEqual(running.tokens(), []);
    await rm(path);
    nowMs += 1000;
    assert.deepEqual(running.tokens(), []);
  });

  it('is refused if damaged, and no token counts then', async () => {
    const running = open();
    await running.create('page', ['read']);
    assert.equal(running.tokens().length, 1);
    for (const text of ['{', '{"tokens":[{"name":"a","sha256":"00","scopes":["read"]}]}', '[]']) {
      await writeFile(path, text);
      nowMs += 1000;
      assert.throws(
        () => running.tokens(),
        (error) => errorCode(error) === 'BAD_TOKEN_FILE',
      );
      assert.deepEqual(running.tokens(), []);
    }
  });

  it('is made, shown and changed by the command line', async () => {
    const run = (...args: string[]) =>
      runInProcess(['node', 'token', ...args, '--data-dir', directory, '--json']);
    const { token } = JSON.parse((await run('create', 'page', '--scope', 'read,debug')).stdout);
    assert.equal(open().tokens()[0]?.sha256, hashToken(token));
    assert.deepEqual(JSON.parse((await run('list')).stdout), {
      tokens: [{ name: 'page', scopes: ['read', 'debug'] }],
    });
    assert.equal((await run('create', 'other', '--scope', 'root')).code, 2);
    assert.equal((await run('revoke', 'page')).code, 0);
    assert.equal((await run('revoke', 'page')).code, 1);
  });
});
