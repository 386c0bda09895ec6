import { closeSync, openSync, writeSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { TOPICS, type Topic } from '../types/network.ts';
import { fromHex, toHex } from '../util/bytes.ts';
import { errorCode } from '../util/errors.ts';

/** What travels on these topics holds statements that a validator answers for. */
const RECORDED_TOPICS: ReadonlySet<Topic> = new Set(['proposal', 'vote', 'section']);

/** `<topic> <bytes> <hex>`: the length tells a line that was cut off from a whole one. */
const LINE = /^([a-z]+) (\d+) ([0-9a-f]*)$/;

/** One message on record. */
export interface SentMessage {
  readonly topic: Topic;
  readonly bytes: Uint8Array;
}

/**
 * Every consensus message and section that a node sent, written down before it left, one line each. Testnets keep such a record to
 * show from outside that a node never contradicted itself: it survives a SIGKILL, because what was written is with the
 * operating system. It grows without bound, so it is nothing for a node that stays.
 */
export class SentRecord {
  readonly #file: number;

  /** Goes on with the record at `path`. @throws Error of the file system */
  constructor(path: string) {
    this.#file = openSync(path, 'a', 0o600);
    writeSync(this.#file, '\n'); // the last start may have been cut off in the middle of a line
  }

  /** Returns when the message is on record. @throws Error of the file system: then it must not be sent */
  note(topic: Topic, bytes: Uint8Array): void {
    if (RECORDED_TOPICS.has(topic)) writeSync(this.#file, `${topic} ${bytes.length} ${toHex(bytes)}\n`);
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** The messages on record, oldest first, and how many lines were cut off: their messages were never sent. */
export async function readSentRecord(path: string): Promise<{ messages: SentMessage[]; cutOff: number }> {
  const text = await readFile(path, 'latin1').catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return '';
    throw error;
  });
  const messages: SentMessage[] = [];
  let cutOff = 0;
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const [, name, length, hex = ''] = LINE.exec(line) ?? [];
    const topic = TOPICS.find((known) => known === name);
    if (topic !== undefined && Number(length) * 2 === hex.length)
      messages.push({ topic, bytes: fromHex(hex) });
    else cutOff++;
  }
  return { messages, cutOff };
}
