import type { Chain } from '../chain/chain.ts';
import { dataDirPaths } from '../storage/data-dir.ts';
import { acceptLostJournal } from '../storage/new-journal.ts';
import { VoteJournal } from '../storage/vote-journal.ts';
import { errorCode } from '../util/errors.ts';
import type { Logger } from '../util/logger.ts';
import type { ValidatorKeys } from '../validator/validator-keys.ts';
import { VoteSigner } from '../validator/vote-signer.ts';
import { JOURNAL_FAULTS, type JournalFault } from './journal-fault.ts';
import type { NodeOptions } from './options.ts';
import type { Teardown } from './teardown.ts';

export interface OpenedVotes {
  readonly votes: VoteSigner | undefined;
  /** Why the validator only watches. */
  readonly journalFault: JournalFault | undefined;
}

/**
 * Opens the vote journal. Where it is lost or cannot be read, the validator only watches, because nobody knows what it
 * has signed; where some of its records are damaged, it watches until the heights that they can be about are decided.
 */
export async function openVotes(
  options: NodeOptions,
  keys: ValidatorKeys,
  chain: Chain,
  teardown: Teardown,
  logger: Logger,
): Promise<OpenedVotes> {
  const { journal: path } = dataDirPaths(options.dataDir);
  const owner = { genesisHash: chain.genesisHash, validator: keys.id };
  if (options.acceptLostJournal !== undefined) {
    logger.warn(
      { from: options.acceptLostJournal },
      'the loss of the vote journal is accepted: if this key has voted at or above that height, it may now contradict itself',
    );
    await acceptLostJournal(path, owner, options.acceptLostJournal);
  }
  let opened: Awaited<ReturnType<typeof VoteJournal.open>>;
  try {
    opened = await VoteJournal.open(path, { ...owner, headHeight: chain.head.height });
  } catch (error) {
    const journalFault = JOURNAL_FAULTS.find((code) => code === errorCode(error));
    if (journalFault === undefined) throw error;
    logger.error(
      { path, height: chain.head.height, reason: journalFault },
      `the vote journal ${journalFault === 'JOURNAL_MISSING' ? 'is lost' : 'is damaged'}: this validator watches without voting until it is started with --accept-lost-journal <height>`,
    );
    return { votes: undefined, journalFault };
  }
  const { journal, state } = opened;
  teardown.add('journal', () => journal.close());
  if (state.damaged)
    logger.error(
      { path, signableFrom: state.signableFrom },
      'records of the vote journal are damaged: this validator watches without voting below this height',
    );
  const votes = new VoteSigner(keys, chain.genesisHash, journal);
  return { votes, journalFault: undefined };
}
