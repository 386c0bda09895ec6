import assert from 'node:assert/strict';
import { pino } from 'pino';
import { NodeLog } from '../../../src/node/node-log.ts';
import { NodeOptionsSchema, originsOf } from '../../../src/node/options.ts';

describe('the loggers of a node', () => {
  const open = () => {
    const lines: { msg: string; module?: string }[] = [];
    const log = new NodeLog(
      pino({ level: 'info' }, { write: (line: string) => lines.push(JSON.parse(line)) }),
    );
    return { log, lines };
  };

  it('change their level while they are in use, one module alone or all of them', () => {
    const { log, lines } = open();
    const chain = log.module('chain');
    const rpc = log.module('rpc');
    assert.equal(log.module('chain'), chain);
    assert.equal(log.setLevel('debug', 'chain'), true);
    chain.debug('one');
    rpc.debug('two');
    assert.deepEqual(
      lines.map(({ msg, module }) => [msg, module]),
      [['one', 'chain']],
    );
    assert.deepEqual(log.levels(), [
      { module: 'node', level: 'info' },
      { module: 'chain', level: 'debug' },
      { module: 'rpc', level: 'info' },
    ]);
    assert.equal(log.setLevel('silent'), true);
    chain.fatal('three');
    log.root.fatal('four');
    assert.equal(lines.length, 1);
  });

  it('refuse a module that there is not, and change nothing', () => {
    const { log } = open();
    assert.equal(log.setLevel('debug', 'absent'), false);
    assert.deepEqual(log.levels(), [{ module: 'node', level: 'info' }]);
  });
});

describe('the origins of options', () => {
  it('tell what a program set from what it left to the defaults', () => {
    const input = { dataDir: '/tmp/x', maxPeers: 3 };
    assert.deepEqual(originsOf(input), {
      dataDir: { kind: 'program', source: null },
      maxPeers: { kind: 'program', source: null },
    });
    assert.ok('listen' in NodeOptionsSchema.parse(input));
  });
});
