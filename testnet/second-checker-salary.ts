import type { ValueOf } from '@chainsafe/ssz';
import type { Genesis, Parameters } from '../src/types/genesis.ts';
import { TOKENS, type TokenName } from '../src/types/names.ts';
import { ECONOMY } from '../src/types/operations/economy.ts';
import { REWARD_SYSTEM_RECEIPTS } from '../src/types/operations/economy-rewards.ts';
import { decode } from '../src/types/ssz.ts';
import { readSystemReceipt } from '../src/types/system-receipt.ts';
import { balance, type Holdings, TREASURY } from './second-checker-holdings.ts';

type Salary = ValueOf<typeof REWARD_SYSTEM_RECEIPTS.OwnerSalary.type>;

/** Holders of what the owner has not been paid. */
export const OWNER_ACCRUED = 'owner-accrued';
const OWNER_VESTING = 'owner-vesting';
const OWNER_ESCROW = 'owner-escrow';

interface Tranche {
  readonly token: TokenName;
  readonly amount: bigint;
  readonly startMs: number;
  taken: bigint;
}

/** The owner's pay, recomputed from what accrued, from genesis and from the rule time of each report. */
export class SalaryBooks {
  readonly #holdings: Holdings;
  readonly #parameters: Parameters;
  readonly #genesisMs: number;
  readonly #tranches: Tranche[] = [];
  #month = 0;
  #held = false;
  account: string | undefined;

  constructor(holdings: Holdings, { parameters, timeMs }: Genesis) {
    this.#holdings = holdings;
    this.#parameters = parameters;
    this.#genesisMs = timeMs;
  }

  bookEvent(kind: number, data: Uint8Array): void {
    const { OwnerAccountChanged, OwnerHoldChanged } = ECONOMY.events;
    if (kind === OwnerAccountChanged.kind)
      this.account = decode(OwnerAccountChanged.type, data, 'event').account;
    if (kind === OwnerHoldChanged.kind) this.#held = decode(OwnerHoldChanged.type, data, 'event').held;
  }

  bookSystemReceipt(receipt: { kind: number; data: Uint8Array }): void {
    const salary = readSystemReceipt(REWARD_SYSTEM_RECEIPTS.OwnerSalary, receipt);
    if (salary !== undefined) this.#bookSalary(salary);
  }

  #bookSalary(told: Salary): void {
    const { atMs } = told;
    const month = Math.floor((atMs - this.#genesisMs) / this.#parameters.ownerMonthMs);
    if (month <= this.#month) this.#fault(`a second report of month ${month}`);
    this.#month = month;
    const treasuryUsd = this.#usdOf(TREASURY);
    const { ownerMonthlyCapUsd, treasuryTargetUsd } = this.#parameters;
    const isRich = treasuryUsd >= treasuryTargetUsd;
    const capUsd = isRich ? ownerMonthlyCapUsd : (ownerMonthlyCapUsd * treasuryUsd) / treasuryTargetUsd;
    const grossUsd = this.#usdOf(OWNER_ACCRUED);
    const rows = TOKENS.flatMap((token) => this.#payToken(token, atMs, capUsd, grossUsd));
    const expected = { month, atMs, account: this.account, held: this.#held, capUsd, treasuryUsd, rows };
    const readable = (value: unknown) =>
      JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? String(part) : part));
    if (readable(told) !== readable(expected))
      this.#fault(`the owner's month is told as ${readable(told)}, expected ${readable(expected)}`);
  }

  #payToken(token: TokenName, atMs: number, capUsd: bigint, grossUsd: bigint): Salary['rows'] {
    const holdings = this.#holdings;
    const gross = holdings.amount(token, OWNER_ACCRUED);
    const net = grossUsd > capUsd ? (gross * capUsd) / grossUsd : gross;
    const excess = gross - net;
    const vesting = (net + 1n) / 2n;
    const vested = this.#vested(token, atMs);
    const due = net - vesting + vested;
    holdings.move(token, OWNER_ACCRUED, TREASURY, excess);
    holdings.move(token, OWNER_ACCRUED, OWNER_VESTING, vesting);
    holdings.move(token, OWNER_ACCRUED, OWNER_ESCROW, net - vesting);
    holdings.move(token, OWNER_VESTING, OWNER_ESCROW, vested);
    if (vesting > 0n) this.#tranches.push({ token, amount: vesting, startMs: atMs, taken: 0n });
    const paid = this.#held ? 0n : holdings.amount(token, OWNER_ESCROW);
    if (paid > 0n) holdings.move(token, OWNER_ESCROW, balance(this.account ?? ''), paid);
    return gross + vested + paid === 0n ? [] : [{ token, gross, excess, vesting, due, paid }];
  }

  /** What has vested of one token since the last report. */
  #vested(token: TokenName, atMs: number): bigint {
    const { ownerMonthMs, ownerVestingMonths } = this.#parameters;
    const duration = BigInt(ownerMonthMs) * BigInt(ownerVestingMonths);
    let sum = 0n;
    for (const tranche of this.#tranches) {
      if (tranche.token !== token) continue;
      const elapsed = BigInt(atMs - tranche.startMs);
      const vested = elapsed >= duration ? tranche.amount : (tranche.amount * elapsed) / duration;
      sum += vested - tranche.taken;
      tranche.taken = vested;
    }
    return sum;
  }

  /** Worth in micro-USD; AUR is never among it. */
  #usdOf(holder: string): bigint {
    const { usdPriceGen, usdPriceNex, usdPriceFlx } = this.#parameters;
    const prices = [
      ['GEN', usdPriceGen],
      ['NEX', usdPriceNex],
      ['FLX', usdPriceFlx],
    ] as const;
    return prices.reduce(
      (sum, [token, price]) => sum + (this.#holdings.amount(token, holder) * price) / 1_000_000n,
      0n,
    );
  }

  #fault(fault: string): void {
    this.#holdings.faults.push(fault);
  }
}
