import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { BoundedOutput } from '../../../src/runtime/bounded-output.ts';

describe('bounded output', () => {
  it('keeps the beginning, counts the rest, and passes on only what it keeps', async () => {
    const stream = new PassThrough();
    const chunks: string[] = [];
    const output = new BoundedOutput(stream, 5, (chunk) => chunks.push(Buffer.from(chunk).toString()));
    for (const text of ['abc', 'def', 'ghi']) stream.write(text);
    stream.end();
    await new Promise((resolve) => stream.once('end', resolve));
    assert.deepEqual(output.captured(), { text: 'abcde', bytes: 9, isCut: true });
    assert.deepEqual(chunks, ['abc', 'de']);
  });

  it('is whole when nothing is beyond the bound, and bears a pipe that breaks', async () => {
    const stream = new PassThrough();
    const output = new BoundedOutput(stream, 5);
    stream.write(Uint8Array.of(0xff, 0xfe));
    await new Promise((resolve) => setImmediate(resolve));
    stream.destroy(new Error('broken'));
    await new Promise((resolve) => stream.once('close', resolve));
    const { bytes, isCut } = output.captured();
    assert.deepEqual([bytes, isCut], [2, false]);
  });
});
