import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSentRecord } from '../../src/node/sent-record.ts';
import { decodeConsensusMessage, encodeConsensusMessage } from '../../src/types/consensus-message.ts';
import { toHex } from '../../src/util/bytes.ts';
import { TestnetUnderTest } from '../support/testnet.ts';

/** So many nodes die by SIGKILL in this run; `metanode testnet chaos --only kill --hits 200` is the long one. */
const KILLS = 5;

describe('four nodes that are killed again and again under load', function () {
  this.timeout(600_000);
  let testnet: TestnetUnderTest;
  const sentPath = (name: string) => join(testnet.directory, 'logs', `${name}.sent`);
  const check = async () => {
    const { code, stdout } = await testnet.run('testnet', 'check', '--json');
    return { code, ...JSON.parse(stdout) };
  };

  /** The report of a run that harmed nothing. How soon nodes are back depends on the machine, and is no matter here. */
  const chaos = async (...options: string[]) => {
    const { stdout, stderr } = await testnet.run('testnet', 'chaos', ...options, '--json');
    assert.notEqual(stdout, '', stderr);
    const report = JSON.parse(stdout);
    assert.deepEqual(
      report.findings.filter((finding: string) => !/took \d+ ms to come back$/.test(finding)),
      [],
    );
    assert.equal(report.check.ok, true, stdout);
    return report;
  };

  before(async () => {
    testnet = await TestnetUnderTest.create('crashes');
    const size = ['--validators', '4', '--block-time', '500ms', '--empty-blocks', '2s'];
    await testnet.up(...size, '--record-sent', '--no-load');
  });
  after(() => testnet.destroy());

  it('L15 come back each time, and not one of them contradicts what it signed in an earlier life', async () => {
    const options = ['--only', 'kill', '--quick', '--hits', String(KILLS), '--seed', '1', '--load-rate', '8'];
    const report = await chaos(...options);
    assert.ok(report.hits >= KILLS);
    assert.ok(report.faults.some(({ stopsChain }: { stopsChain: boolean }) => stopsChain));
    assert.equal(
      report.loads.reduce((sum: number, { lost }: { lost: number }) => sum + lost, 0),
      0,
    );
    const { sent } = report.check;
    assert.deepEqual(sent.contradictions, []);
    // At least a quorum of commits for each block stands on record.
    assert.ok(sent.statements >= 3 * report.check.invariants.heights, `${sent.statements} statements`);
  });

  it('come back from every other fault that this machine allows, and the faults that it does not allow are named', async () => {
    const kinds = ['disconnect', 'pause', 'full-disk', 'slow-disk'];
    const only = kinds.flatMap((kind) => ['--only', kind]);
    const options = ['--quick', '--hits', '4', '--seed', '2', '--load-rate', '4'];
    const report = await chaos(...only, ...options);
    const seen = (list: { kind: string }[]) => list.map(({ kind }) => kind);
    assert.deepEqual(new Set([...seen(report.faults), ...seen(report.leftOut)]), new Set(kinds));
    assert.deepEqual(report.check.sent.contradictions, []);
  });

  it('would be found out by one contradicting vote among all that they sent', async () => {
    const { messages } = await readSentRecord(sentPath('v2'));
    const prepare = messages
      .filter(({ topic }) => topic === 'vote')
      .map(({ bytes }) => decodeConsensusMessage(bytes))
      .find(({ kind }) => kind === 'prepare');
    assert.ok(prepare?.kind === 'prepare');
    const other = { ...prepare.prepare, body: { ...prepare.prepare.body, blockHash: 'ab'.repeat(32) } };
    const bytes = encodeConsensusMessage({ kind: 'prepare', prepare: other });
    appendFileSync(sentPath('v2'), `vote ${bytes.length} ${toHex(bytes)}\n`);
    const { code, ok, sent } = await check();
    assert.equal(code, 6);
    assert.equal(ok, false);
    assert.deepEqual(sent.contradictions, [
      `v2 contradicted itself at height ${other.body.height} (prepare)`,
    ]);
  });
});
