import { type CompleteBlock, completeBlock } from '../chain/complete-block.ts';
import type { OwnMessage, RestoredState } from '../consensus/contract.ts';
import { decodeBlock, proposalOf } from '../types/block.ts';
import { decodeConsensusMessage } from '../types/consensus-message.ts';
import type { JournalRecord } from '../types/journal.ts';

/** What the journal says of a height, in the core's terms, and the complete blocks that it holds. */
export function restoredState({
  records,
  maySign,
}: {
  readonly records: readonly JournalRecord[];
  readonly maySign: boolean;
}): { state: RestoredState; complete: CompleteBlock[] } {
  const complete = new Map<string, CompleteBlock>();
  const messages: OwnMessage[] = [];
  let round = 0;
  let prepared: RestoredState['prepared'];
  for (const record of records) {
    if (record.step === 'section') continue;
    round = Math.max(round, record.round);
    messages.push(decodeConsensusMessage(record.message) as OwnMessage);
    if (record.block.length > 0 && !complete.has(record.blockHash))
      complete.set(record.blockHash, completeBlock(decodeBlock(record.block)));
    if (record.step === 'commit' && (prepared === undefined || record.round > prepared.round))
      prepared = {
        round: record.round,
        blockHash: record.blockHash,
        certificate: record.preparedCertificate,
      };
  }
  const blocks = [...complete.values()].map(({ hash, block }) => ({ hash, proposal: proposalOf(block) }));
  return {
    state: { round, messages, blocks, prepared, mayNotSign: !maySign },
    complete: [...complete.values()],
  };
}
