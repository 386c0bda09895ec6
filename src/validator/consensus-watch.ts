import type { Consensus, ConsensusEffect, ConsensusEvent } from '../consensus/contract.ts';
import { fieldsOf } from '../consensus/message-fields.ts';
import type { ConsensusNews } from '../types/round-state.ts';

/** Tells people what goes on within rounds. It looks at nothing while nobody listens. */
export class ConsensusWatch {
  readonly #core: Pick<Consensus, 'roundState'>;
  readonly #listeners = new Set<(news: ConsensusNews) => void>();
  #place = '';

  constructor(core: Pick<Consensus, 'roundState'>) {
    this.#core = core;
  }

  /** Listeners must not throw. Returns the function that unsubscribes. */
  subscribe(listener: (news: ConsensusNews) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Call after every event of the core. */
  afterEvent(event: ConsensusEvent, effects: readonly ConsensusEffect[]): void {
    if (this.#listeners.size === 0) return;
    const vote = voteOf(event);
    if (vote !== undefined && !effects.some(({ kind }) => kind === 'drop')) this.#tell(vote);
    const { height, round, step } = this.#core.roundState();
    const place = `${height}/${round}/${step}`;
    if (place === this.#place) return;
    this.#place = place;
    this.#tell({ kind: 'step', height, round, step });
  }

  #tell(news: ConsensusNews): void {
    for (const listener of this.#listeners) listener(news);
  }
}

function voteOf(event: ConsensusEvent): ConsensusNews | undefined {
  if (event.kind !== 'message') return undefined;
  const { kind } = event.message;
  if (kind === 'proposal' || kind === 'decided') return undefined;
  const { height, round, signer } = fieldsOf(event.message);
  return signer === undefined ? undefined : { kind: 'vote', height, round, vote: kind, validator: signer };
}
