import { CLAIMANTS, type Claimant } from '../src/types/billing.ts';
import type { Genesis } from '../src/types/genesis.ts';
import { ECONOMY } from '../src/types/operations/economy.ts';
import type { Receipt } from '../src/types/receipt.ts';
import { decode } from '../src/types/ssz.ts';

const PPM = 1_000_000n;
const { events } = ECONOMY;

/**
 * What banks owe for payments across borders, recomputed from genesis and receipts: which payments have a fee, how much
 * it is, that it is on the bill, and who has a claim on whom instead.
 */
export class ClaimBook {
  readonly #countries: Map<string, string>;
  readonly #parameters: Genesis['parameters'];
  /** By `<LEI> <claimant>`. */
  readonly #claims = new Map<string, bigint>();
  readonly #faults: string[] = [];

  constructor({ banks, parameters }: Genesis) {
    this.#countries = new Map(banks.map(({ lei, bic }) => [lei, countryOf(bic)]));
    this.#parameters = parameters;
  }

  get faults(): readonly string[] {
    return this.#faults;
  }

  /** All claims that are not zero, as `<LEI> <claimant>`. */
  get claims(): ReadonlyMap<string, bigint> {
    return this.#claims;
  }

  /** Books an economy receipt. */
  apply({ txId, charges, events: happened }: Receipt): void {
    const due = new Map<string, bigint>();
    const taken = new Map<string, bigint>();
    for (const { kind, data } of happened) {
      if (kind === events.BankRegistered.kind) {
        const { lei, bic } = decode(events.BankRegistered.type, data, 'event');
        this.#countries.set(lei, countryOf(bic));
      } else if (kind === events.BankTransferred.kind) {
        const { uetr, debtorBank, creditorBank, amount } = decode(events.BankTransferred.type, data, 'event');
        const fee = this.#fee(debtorBank, creditorBank, amount);
        if (fee > 0n) due.set(uetr, fee);
      } else if (kind === events.CrossBorderCharged.kind) {
        const { uetr, bank, amount, ...parts } = decode(events.CrossBorderCharged.type, data, 'event');
        taken.set(uetr, (taken.get(uetr) ?? 0n) + amount);
        this.#claim(bank, amount, {
          'miner-locked': parts.minerLocked,
          'miner-spendable': parts.minerSpendable,
          owner: parts.owner,
          treasury: parts.treasury,
        });
      }
    }
    for (const uetr of new Set([...due.keys(), ...taken.keys()]))
      if (due.get(uetr) !== taken.get(uetr))
        this.#faults.push(`payment ${uetr} cost ${taken.get(uetr) ?? 0n} AUR, not ${due.get(uetr) ?? 0n}`);
    const charged = charges.find(({ token }) => token === 'AUR')?.amount ?? 0n;
    const sum = [...taken.values()].reduce((total, fee) => total + fee, 0n);
    if (charged !== sum) this.#faults.push(`${txId} was charged ${charged} AUR, and ${sum} were burned`);
  }

  #fee(debtor: string, creditor: string, amount: bigint): bigint {
    if (this.#countries.get(debtor) === this.#countries.get(creditor)) return 0n;
    const { crossBorderFeePpm, crossBorderFeeAur } = this.#parameters;
    return (amount * BigInt(crossBorderFeePpm)) / PPM + crossBorderFeeAur;
  }

  /** Two tenths locked with the miner, three spendable, two for the owner, the rest for the treasury. */
  #claim(bank: string, amount: bigint, parts: Record<Claimant, bigint>): void {
    const [locked, spendable, owner] = [amount / 5n, (amount * 3n) / 10n, amount / 5n];
    const expected = {
      'miner-locked': locked,
      'miner-spendable': spendable,
      owner,
      treasury: amount - locked - spendable - owner,
    };
    for (const claimant of CLAIMANTS) {
      const part = parts[claimant];
      if (part !== expected[claimant])
        this.#faults.push(`${claimant} got ${part} of ${amount}, not ${expected[claimant]}`);
      if (part > 0n) {
        const key = `${bank} ${claimant}`;
        this.#claims.set(key, (this.#claims.get(key) ?? 0n) + part);
      }
    }
  }
}

/** Fifth and sixth letter of a BIC. */
function countryOf(bic: string): string {
  return bic.slice(4, 6);
}
