import { ContainerType, ListCompositeType, type ValueOf } from '@chainsafe/ssz';
import { LIMITS } from '../util/limits.ts';
import { SignedVoteType } from './consensus-message.ts';
import { Bytes, Hash32 } from './ssz-bytes.ts';
import { Height, NameOf, U32 } from './ssz-numbers.ts';

/** What a record of the vote journal is about. */
export const JOURNAL_STEPS = ['proposal', 'prepare', 'commit', 'round-change', 'section'] as const;

/**
 * One own consensus message, appended and synced before its bytes leave the node. `message` is the
 * encoded ConsensusMessage exactly as it was sent. With a Proposal or a Prepare stands the complete block, because
 * proposals carry ids and mempools are RAM; with a Commit the prepared certificate. Of a mined section `message` is
 * the encoded SectionMessage, `blockHash` the hash of the section, `round` the place of its ledger among the five.
 */
export const JournalRecordType = new ContainerType({
  step: NameOf(JOURNAL_STEPS),
  height: Height,
  round: U32,
  blockHash: Hash32,
  message: Bytes(LIMITS.maxWireMessageBytes),
  block: Bytes(LIMITS.maxBlockTransferBytes),
  preparedCertificate: new ListCompositeType(SignedVoteType, LIMITS.maxValidators),
});
export type JournalRecord = ValueOf<typeof JournalRecordType>;
