import { CLASS_TOKENS } from '../types/billing.ts';
import type { TokenName } from '../types/names.ts';
import type { Charge } from '../types/receipt.ts';
import type { Address } from '../types/ssz-bytes.ts';
import { jobFee } from './economy/rewards/fee-split.ts';
import {
  type CreditedJob,
  InvariantViolation,
  type Job,
  type JobAmount,
  type JobOutcome,
  type SectionCharge,
} from './seam.ts';

/** What a payer's meter holds as of S less what this section has charged it. */
type Available = (payer: Address, token: TokenName) => bigint;

/** What the running transaction is charged besides its fees, which stands only if it succeeds. */
interface Pending {
  readonly sender: Address;
  /** What the transaction may cost its sender besides. */
  readonly demand: ReadonlyMap<TokenName, bigint>;
  readonly jobs: Omit<CreditedJob, 'receipt'>[];
  crossBorder: bigint;
}

/** What the transactions of one section are charged, and the jobs among it. */
export class SectionCharges {
  readonly #charges: SectionCharge[] = [];
  readonly #jobs: CreditedJob[] = [];
  /** What each payer was charged in this section, by `payer/token`. */
  readonly #charged = new Map<string, bigint>();
  readonly #available: Available;
  #pending: Pending | undefined;

  constructor(available: Available) {
    this.#available = available;
  }

  get charges(): readonly SectionCharge[] {
    return this.#charges;
  }

  get jobs(): readonly CreditedJob[] {
    return this.#jobs;
  }

  charged(payer: Address, token: TokenName): bigint {
    return this.#charged.get(`${payer}/${token}`) ?? 0n;
  }

  /** A transaction begins that may cost its sender this much. */
  begin(sender: Address, demand: ReadonlyMap<TokenName, bigint>): void {
    this.#pending = { sender, demand, jobs: [], crossBorder: 0n };
  }

  /** See OperationContext.chargeJob. */
  chargeJob(job: Job): JobOutcome {
    const pending = this.#pending;
    if (pending === undefined) throw new InvariantViolation('a job outside of a transaction');
    const { values, ...done } = job;
    const amounts = values.map(({ token, value }) => ({ token, value, fee: jobFee(value) }));
    const isCovered = ({ token, fee }: JobAmount) =>
      fee === 0n || this.#available(job.payer, token) - spokenFor(pending, job.payer, token) >= fee;
    const credited = amounts.some(({ fee }) => fee > 0n) && amounts.every(isCovered);
    if (credited) pending.jobs.push({ ...done, amounts });
    return { credited, amounts };
  }

  /** See OperationContext.chargeCrossBorder. */
  chargeCrossBorder(amount: bigint): void {
    if (this.#pending === undefined) throw new InvariantViolation('a charge outside of a transaction');
    this.#pending.crossBorder += amount;
  }

  /**
   * The running transaction ends: its sender pays these fees, and if it succeeded also its payments across borders, and
   * its jobs are charged. Returns what the sender pays.
   */
  end(receipt: number, fees: readonly Charge[], succeeded: boolean): Charge[] {
    const { sender, jobs, crossBorder } = this.#pending as Pending;
    this.#pending = undefined;
    for (const fee of fees) this.#add({ reason: 'transaction', payer: sender, receipt, ...fee });
    if (!succeeded) return [...fees];
    const paid = [...fees];
    if (crossBorder > 0n) {
      const charge = { token: CLASS_TOKENS['cross-border'], amount: crossBorder };
      this.#add({ reason: 'cross-border', payer: sender, receipt, ...charge });
      paid.push(charge);
    }
    for (const job of jobs) {
      this.#jobs.push({ ...job, receipt });
      for (const { token, fee } of job.amounts)
        if (fee > 0n) this.#add({ reason: 'job', payer: job.payer, receipt, token, amount: fee });
    }
    return paid;
  }

  #add(charge: SectionCharge): void {
    this.#charges.push(charge);
    const { payer, token, amount } = charge;
    this.#charged.set(`${payer}/${token}`, this.charged(payer, token) + amount);
  }
}

/** What the running transaction takes of a meter so far: its sender's own fees, and the jobs that it reported. */
function spokenFor({ sender, demand, jobs }: Pending, payer: Address, token: TokenName): bigint {
  let sum = payer === sender ? (demand.get(token) ?? 0n) : 0n;
  for (const job of jobs) {
    if (job.payer !== payer) continue;
    for (const amount of job.amounts) if (amount.token === token) sum += amount.fee;
  }
  return sum;
}
