import { existsSync } from 'node:fs';
import type { SectionGround } from '../../src/chain/section-ground.ts';
import type { Verdict } from '../../src/network/inbound-message.ts';
import { acceptLostJournal, createJournal } from '../../src/storage/new-journal.ts';
import { VoteJournal } from '../../src/storage/vote-journal.ts';
import type { LedgerName } from '../../src/types/names.ts';
import { decodeSectionMessage, type SectionMessage } from '../../src/types/section.ts';
import type { Hash } from '../../src/types/ssz-bytes.ts';
import type { EncodedTransaction } from '../../src/types/transaction.ts';
import { silentLogger } from '../../src/util/logger.ts';
import { BlockBudget } from '../../src/validator/block-budget.ts';
import { BlockFetcher } from '../../src/validator/block-fetcher.ts';
import { BlockPace } from '../../src/validator/block-pace.ts';
import { MiningScheduler, type SchedulerDeps } from '../../src/validator/mining/mining-scheduler.ts';
import { VoteSigner } from '../../src/validator/vote-signer.ts';
import { type ChainNode, type ChainWorld, unchangingKeys } from './chain.ts';
import { ScriptedNetwork } from './scripted-network.ts';

export type Votes = SchedulerDeps['votes'];

export interface MiningNodeOptions {
  /** Where its journal is; one that exists is taken up. */
  readonly journalPath: string;
  /** By default a new one at genesis. */
  readonly node?: ChainNode;
  readonly targetBlockIntervalMs?: number;
  /** The journal was lost, and nothing up to this height may be signed. */
  readonly lostUpTo?: number;
  /** What the scheduler gets in place of the real signer. */
  readonly votes?: (real: VoteSigner) => Votes;
}

/** The mining parts of one validator with real chain, pool, keys and journal; its network is a script of the test. */
export class MiningNode {
  readonly node: ChainNode;
  readonly network = new ScriptedNetwork();
  readonly journal: VoteJournal;
  /** What everyone was to have before a section names it, and how many sections had been sent by then. */
  readonly revealed: { readonly ids: readonly Hash[]; readonly sectionsBefore: number }[] = [];
  readonly scheduler: MiningScheduler;

  private constructor(
    world: ChainWorld,
    index: number,
    node: ChainNode,
    journal: VoteJournal,
    options: MiningNodeOptions,
  ) {
    this.node = node;
    this.journal = journal;
    const { chain, pool } = node;
    const votes = new VoteSigner(unchangingKeys(world.producer(index)), world.genesisHash, journal);
    votes.restore(chain.head.height + 1);
    const network = this.network.port;
    const logger = silentLogger;
    const targetMs = options.targetBlockIntervalMs ?? world.genesis.parameters.targetBlockIntervalMs;
    this.scheduler = new MiningScheduler({
      chain,
      pool,
      network,
      fetcher: new BlockFetcher({ chain, pool, network, logger }),
      votes: options.votes?.(votes) ?? votes,
      budget: new BlockBudget(1_500),
      reveal: (ids) => this.revealed.push({ ids, sectionsBefore: this.sent.length }),
      pace: new BlockPace({ targetMs, minMs: targetMs }),
      clock: world.clock,
      logger,
    });
  }

  /** Opens validator `index` of a world; it mines after `scheduler.start()`. */
  static async open(world: ChainWorld, index: number, options: MiningNodeOptions): Promise<MiningNode> {
    const node = options.node ?? (await world.open());
    const owner = { genesisHash: world.genesisHash, validator: world.producer(index).id };
    if (options.lostUpTo !== undefined)
      await acceptLostJournal(options.journalPath, owner, options.lostUpTo + 1);
    else if (!existsSync(options.journalPath)) await createJournal(options.journalPath, owner);
    const headHeight = node.chain.head.height;
    const { journal } = await VoteJournal.open(options.journalPath, { ...owner, headHeight });
    return new MiningNode(world, index, node, journal, options);
  }

  /** The sections that it sent, in their order. */
  get sent(): SectionMessage[] {
    return this.network.published
      .filter(({ topic }) => topic === 'section')
      .map(({ bytes }) => decodeSectionMessage(bytes));
  }

  /** Gives a transaction to its pool, as gossip would. */
  async give(...transactions: readonly EncodedTransaction[]): Promise<void> {
    for (const transaction of transactions) await this.node.pool.admit(transaction, 'gossip');
  }

  hear(bytes: Uint8Array, validator?: string): Promise<Verdict> {
    return this.network.deliver('section', bytes, validator);
  }

  async stop(): Promise<void> {
    this.scheduler.stop();
    await this.journal.close();
  }
}

/** The place in the set of who was elected for a rank of a ledger. */
export function electedIndex(
  world: ChainWorld,
  ground: SectionGround,
  ledger: LedgerName,
  rank: number,
): number {
  const id = ground.elected[ledger][rank];
  return world.validators.findIndex(({ account }) => account.address === id);
}
