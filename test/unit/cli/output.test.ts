import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { Output, wantsColor } from '../../../src/cli/output.ts';
import { runProgram } from '../../../src/cli/program.ts';
import { ProgressLine } from '../../../src/cli/progress-line.ts';
import { quietProcess } from '../../support/program.ts';

const ESCAPE = '\u001b';

/** A stream that says whether it is a terminal, and what was written to it. */
function stream(isTTY: boolean, columns = 80) {
  const chunks: string[] = [];
  const writable = new Writable({
    write(chunk, _encoding, done) {
      chunks.push(String(chunk));
      done();
    },
  });
  return { stream: Object.assign(writable, { isTTY, columns }), text: () => chunks.join('') };
}

describe('what commands write', () => {
  it('has colours only where the stream is a terminal, and neither --no-color nor NO_COLOR stands against them', () => {
    const written = (isTTY: boolean, color: boolean) => {
      const [out, err] = [stream(isTTY), stream(isTTY)];
      const output = new Output(out.stream, err.stream, { json: false, quiet: false, color });
      output.step('done', 'now');
      output.error('BROKEN', undefined);
      return out.text() + err.text();
    };
    assert.ok(
      written(true, true).includes(`${ESCAPE}[32m✔`) && written(true, true).includes(`${ESCAPE}[31m✖`),
    );
    assert.ok(!written(true, false).includes(ESCAPE));
    assert.ok(!written(false, true).includes(ESCAPE));
    assert.deepEqual(
      [
        wantsColor(true, {}),
        wantsColor(true, { NO_COLOR: '' }),
        wantsColor(true, { NO_COLOR: '1' }),
        wantsColor(false, {}),
      ],
      [true, true, false, false],
    );
  });

  it('has no colours in an error message either if NO_COLOR, the flag, its variable or the file says so', async () => {
    const errorOf = async (args: readonly string[], env: NodeJS.ProcessEnv) => {
      const { stream: stderr, text } = stream(true);
      await runProgram(['genesis', 'hash', '/nonexistent', ...args], {
        ...quietProcess(env).cliProcess,
        stderr,
      });
      return text();
    };
    assert.ok((await errorOf([], {})).includes(ESCAPE));
    for (const [args, env] of [
      [[], { NO_COLOR: '1' }],
      [['--no-color'], {}],
      [[], { METANODE_NO_COLOR: '1' }],
    ] as const)
      assert.ok(!(await errorOf(args, env)).includes(ESCAPE), JSON.stringify([args, env]));
  });

  it('says nothing of what a command is busy with where nobody looks, or JSON or nothing else is wanted', async () => {
    const busy = async (isTTY: boolean, json: boolean, quiet: boolean) => {
      const [out, err] = [stream(false), stream(isTTY)];
      const output = new Output(out.stream, err.stream, { json, quiet, color: true });
      output.progress('waiting');
      await sleep(1_500);
      output.progress(undefined);
      return err.text();
    };
    const texts = [
      busy(true, false, false),
      busy(false, false, false),
      busy(true, true, false),
      busy(true, false, true),
    ];
    const [shown, ...hidden] = await Promise.all(texts);
    assert.match(shown ?? '', /waiting/);
    assert.deepEqual(hidden, ['', '', '']);
  });
});

describe('the progress line', () => {
  it('appears after a while, tells the last thing, is gone before anything else is written, and at the end', async () => {
    const { stream: terminal, text } = stream(true, 20);
    const line = new ProgressLine(terminal, 100);
    line.set('first');
    line.set('second, which is longer than the terminal is wide');
    assert.equal(text(), '');
    while (text() === '') await sleep(20);
    assert.equal(text(), `\r${ESCAPE}[2Ksecond, which is lo\r`);
    line.clear();
    assert.ok(text().endsWith(`\r${ESCAPE}[2K`));
    const before = text();
    line.clear();
    assert.equal(text(), before);
    while (text() === before) await sleep(20);
    line.set(undefined);
    const ended = text();
    assert.ok(ended.endsWith(`\r${ESCAPE}[2K`));
    await sleep(400);
    assert.equal(text(), ended);
  });
});
