import { electMiners } from '../../src/mining/election.ts';
import type { MinerPort, WorkerView, WorkView } from '../../src/rpc/ports/miner.ts';
import { LEDGERS, type LedgerName } from '../../src/types/names.ts';
import type { EncodedTransaction } from '../../src/types/transaction.ts';
import type { OwnSection } from '../../src/validator/mining/section-history.ts';
import type { CertifiedChain } from './certified-chain.ts';

const NO_COUNTS = { MINED: 0, INCLUDED: 0, FINAL: 0, LOST: 0 };

/** What the RPC sees of a node that mines for the first validator of a chain in memory; a test says what happens. */
export class ScriptedMiner {
  readonly #chain: CertifiedChain;
  readonly #pool: ReadonlyMap<string, EncodedTransaction>;
  readonly #listeners = new Set<() => void>();
  readonly #sections = new Map<LedgerName, OwnSection[]>();
  readonly #work = new Map<LedgerName, WorkView>();
  #views: readonly WorkerView[];
  /** Whether the node mines at all. */
  mines = true;

  constructor(chain: CertifiedChain, pool: ReadonlyMap<string, EncodedTransaction>) {
    this.#chain = chain;
    this.#pool = pool;
    const idle = { state: 'IDLE' as const, height: undefined, rank: undefined, best: undefined };
    this.#views = LEDGERS.map((ledger) => ({ ledger, ...idle, failures: 0, counts: NO_COUNTS }));
  }

  get self(): string {
    return this.#chain.genesis.validators[0]?.id as string;
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  /** The worker of a ledger changes. */
  change(ledger: LedgerName, part: Partial<WorkerView>): void {
    this.#views = this.#views.map((view) => (view.ledger === ledger ? { ...view, ...part } : view));
    for (const listener of this.#listeners) listener();
  }

  /** What the worker of a ledger works at. */
  setWork(ledger: LedgerName, work: WorkView): void {
    this.#work.set(ledger, work);
  }

  /** A section of the node is mined, and has this fate. */
  mine(ledger: LedgerName, height: number, state: OwnSection['state']): void {
    const section: OwnSection = {
      height,
      rank: 0,
      sectionHash: height.toString(16).padStart(64, '0'),
      transactions: 2,
      work: 1_700,
      minedAtMs: 1_700_000_000_000 + height,
      state,
    };
    this.#sections.set(ledger, [section, ...(this.#sections.get(ledger) ?? [])]);
  }

  port(): MinerPort {
    const { genesis, genesisHash } = this.#chain;
    const candidates = genesis.validators.map(({ id }, i) => ({ id, weight: BigInt(64 + i) }));
    return {
      workers: this.mines
        ? {
            miner: this.self,
            views: () => this.#views,
            work: (ledger) => this.#work.get(ledger),
            sections: (ledger) => this.#sections.get(ledger) ?? [],
            onChange: (listener) => {
              this.#listeners.add(listener);
              return () => this.#listeners.delete(listener);
            },
          }
        : undefined,
      election: () => {
        const height = this.#chain.height + 1;
        const beacon = genesisHash;
        return { height, beacon, candidates, elected: electMiners(beacon, height, candidates) };
      },
      queue: (ledger, limit) =>
        [...this.#pool.values()].filter(({ value }) => value.body.ledger === ledger).slice(0, limit),
    };
  }
}
