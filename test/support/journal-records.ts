import type { JournalRecord } from '../../src/types/journal.ts';
import { hashNumber } from './blocks.ts';

/** A record of the right form; `blockHash` by number, `block` and `message` as bytes of that many ones. */
export function journalRecord(
  step: JournalRecord['step'],
  height: number,
  round: number,
  options: { hash?: number; blockBytes?: number; messageBytes?: number } = {},
): JournalRecord {
  const hash = hashNumber(options.hash ?? height);
  return {
    step,
    height,
    round,
    blockHash: hash,
    message: new Uint8Array(options.messageBytes ?? 40).fill(1),
    block: new Uint8Array(options.blockBytes ?? 0).fill(1),
    preparedCertificate:
      step === 'commit'
        ? [{ body: { height, round, blockHash: hash }, signer: hashNumber(9), signature: 'ab'.repeat(64) }]
        : [],
  };
}
