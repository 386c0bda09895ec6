import type { LedgerName } from '../../types/names.ts';
import type { SectionMessage } from '../../types/section.ts';
import type { Address } from '../../types/ssz-bytes.ts';
import { LIMITS } from '../../util/limits.ts';

interface EarlySection {
  readonly message: SectionMessage;
  readonly bytes: number;
}

/**
 * Sections on a parent that is not yet decided here: one for each ledger and validator, the last one, and a bounded
 * part of memory for each validator, so that none can take the room of another.
 */
export class EarlySections {
  readonly #ofMiner = new Map<Address, Map<LedgerName, EarlySection>>();

  /** Keeps what a member of the validator set has sent itself; `bytes` is its size on the wire. */
  keep(message: SectionMessage, bytes: number): void {
    const { ledger, miner } = message.signed.section;
    const sections = this.#ofMiner.get(miner) ?? new Map<LedgerName, EarlySection>();
    let held = bytes;
    for (const [known, section] of sections) if (known !== ledger) held += section.bytes;
    if (held > LIMITS.maxEarlySectionBytesPerValidator) return;
    this.#ofMiner.set(miner, sections.set(ledger, { message, bytes }));
  }

  /** All of them; afterwards there is none. */
  take(): SectionMessage[] {
    const taken = [...this.#ofMiner.values()].flatMap((sections) => [...sections.values()]);
    this.#ofMiner.clear();
    return taken.map(({ message }) => message);
  }
}
