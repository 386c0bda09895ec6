import type { ValueOf } from '@chainsafe/ssz';
import type { LedgerName } from '../src/types/names.ts';
import { BPCI_SYSTEM_RECEIPTS } from '../src/types/operations/bpci-records.ts';
import { DOCKLOCK } from '../src/types/operations/docklock.ts';
import { REWARD_SYSTEM_RECEIPTS } from '../src/types/operations/economy-rewards.ts';
import { decode } from '../src/types/ssz.ts';
import { readSystemReceipt } from '../src/types/system-receipt.ts';
import { balance, type Holdings, locked, meter, pool, TREASURY } from './second-checker-holdings.ts';
import { OWNER_ACCRUED } from './second-checker-salary.ts';

type Recorded = ValueOf<typeof DOCKLOCK.events.StepsRecorded.type>;
type Valued = ValueOf<typeof DOCKLOCK.events.JobValued.type>;
type FeesSettled = ValueOf<typeof REWARD_SYSTEM_RECEIPTS.JobFeesSettled.type>;
type Rewarded = ValueOf<typeof REWARD_SYSTEM_RECEIPTS.SectionRewarded.type>;
type ProvidersRewarded = ValueOf<typeof REWARD_SYSTEM_RECEIPTS.ProvidersRewarded.type>;

/** Percent of their share that miner and proposer earn, by rank. */
const RANK_PERCENT = [100n, 60n, 40n, 25n, 0n];

/** A credited job, as the receipt of its transaction tells it. */
interface Job {
  readonly operator: string;
  readonly recorded: Recorded;
  readonly amounts: Valued['amounts'];
}

/** Thousandths of the weight of work: Φ in millionths, times a thousand, before it is rounded. */
function weightOf({ usage, fromSequence, toSequence }: Recorded): bigint {
  return (
    350_000n * BigInt(usage.cpuMs) +
    150_000n * BigInt(usage.memoryMbS) +
    150n * BigInt(usage.storageMicroGbDay) +
    15n * BigInt(usage.egressBytes) +
    2_000_000n * BigInt(toSequence - fromSequence + 1)
  );
}

/** What work earns, from what receipts say was done and who signed: nothing of the ledger's code. */
export class RewardBooks {
  readonly #holdings: Holdings;
  /** Credited jobs of sections whose pools are not paid yet, by `<ledger> <height>`. */
  readonly #jobs = new Map<string, Job[]>();
  /** Signers of the certificate in the block that is being booked. */
  #signers: string[] = [];
  /** What each provider must get of pools that were told of in this block, by `<token> <ledger>`. */
  readonly #shares = new Map<string, ReadonlyMap<string, bigint>>();
  #recorded: Recorded | undefined;

  constructor(holdings: Holdings) {
    this.#holdings = holdings;
  }

  /** An event of a docklock transaction: steps, and after them what they are worth. */
  bookEvent(kind: number, data: Uint8Array, height: number): void {
    const { StepsRecorded, JobValued } = DOCKLOCK.events;
    if (kind === StepsRecorded.kind) this.#recorded = decode(StepsRecorded.type, data, 'event');
    if (kind === JobValued.kind) this.#bookJob(decode(JobValued.type, data, 'event'), height);
  }

  /** The owner of the app pays for the job if its meters cover it. */
  #bookJob({ app, node, owner, operator, amounts, credited }: Valued, height: number): void {
    const recorded = this.#recorded;
    this.#recorded = undefined;
    if (recorded?.app !== app || recorded.node !== node) {
      this.#fault(`a job of ${app} whose steps nobody recorded`);
      return;
    }
    for (const { token, value, fee } of amounts) {
      if (fee !== value / 100n) this.#fault(`a job of ${value} ${token} with a fee of ${fee}`);
      if (credited) this.#holdings.move(token, meter('docklock', owner), pool('docklock', height), fee);
    }
    if (!credited) return;
    const key = `docklock ${height}`;
    this.#jobs.set(key, [...(this.#jobs.get(key) ?? []), { operator, recorded, amounts }]);
  }

  /** `ownerAccount`: who the owner is at the end of the block. */
  bookSystemReceipt(
    receipt: { kind: number; data: Uint8Array; height: number },
    ownerAccount: string | undefined,
  ): void {
    const { JobFeesSettled, SectionRewarded, ProvidersRewarded } = REWARD_SYSTEM_RECEIPTS;
    const participation = readSystemReceipt(BPCI_SYSTEM_RECEIPTS.Participation, receipt);
    if (participation !== undefined)
      for (const { validator, signed } of participation.validators) if (signed) this.#signers.push(validator);
    const fees = readSystemReceipt(JobFeesSettled, receipt);
    if (fees !== undefined) this.#bookJobFees(fees, receipt.height, ownerAccount !== undefined);
    const rewarded = readSystemReceipt(SectionRewarded, receipt);
    if (rewarded !== undefined) this.#bookPool(rewarded);
    const providers = readSystemReceipt(ProvidersRewarded, receipt);
    if (providers !== undefined) this.#bookProviders(providers);
  }

  /** Forgets the jobs of the block before, which were paid for in this one, and who signed it. */
  endBlock(height: number): void {
    this.#signers = [];
    this.#shares.clear();
    for (const key of this.#jobs.keys()) if (!key.endsWith(` ${height}`)) this.#jobs.delete(key);
  }

  #jobsOf(ledger: LedgerName, height: number): readonly Job[] {
    return this.#jobs.get(`${ledger} ${height}`) ?? [];
  }

  #bookJobFees(told: FeesSettled, height: number, hasOwner: boolean): void {
    const { ledger, token, miner, rank } = told;
    const values = this.#jobsOf(ledger, height)
      .flatMap(({ amounts }) => amounts)
      .filter((amount) => amount.token === token)
      .map(({ value }) => value);
    const sum = (part: (value: bigint) => bigint) => values.reduce((total, value) => total + part(value), 0n);
    const fee = sum((value) => value / 100n);
    const lockable = sum((value) => value / 500n);
    const kept = sum((value) => (value * 3n) / 1000n);
    const lockedNow = (lockable * (RANK_PERCENT[rank] ?? 0n)) / 100n;
    const owner = hasOwner ? lockable : 0n;
    const treasury = fee - lockedNow - kept - owner;
    this.#expect(`job fees of ${ledger} in ${token}`, told, {
      ...told,
      jobs: values.length,
      value: sum((value) => value),
      fee,
      locked: lockedNow,
      pool: kept,
      owner,
      treasury,
    });
    const from = pool(ledger, height);
    this.#holdings.move(token, from, locked(miner), lockedNow);
    this.#holdings.move(token, from, OWNER_ACCRUED, owner);
    this.#holdings.move(token, from, TREASURY, treasury);
  }

  #bookPool(told: Rewarded): void {
    const { ledger, token, height, miner, rank, proposer } = told;
    const from = pool(ledger, height);
    const whole = this.#holdings.amount(token, from);
    const percent = RANK_PERCENT[rank] ?? 0n;
    const minerReward = (whole * 60n * percent) / 10_000n;
    const proposerReward = (whole * 10n * percent) / 10_000n;
    const shares = this.#providerShares(ledger, height, whole);
    this.#shares.set(`${token} ${ledger}`, shares);
    const providersReward = [...shares.values()].reduce((sum, share) => sum + share, 0n);
    const count = BigInt(this.#signers.length);
    const signerReward = count === 0n ? 0n : whole / 10n / count;
    const treasury = whole - minerReward - proposerReward - providersReward - signerReward * count;
    this.#expect(`pool of ${ledger} at ${height} in ${token}`, told, {
      ...told,
      // A proposer is paid for a section that it mined as the first of those elected, or not at all.
      rank: miner === proposer && rank > 0 ? RANK_PERCENT.length - 1 : rank,
      pool: whole,
      minerReward,
      proposerReward,
      providers: shares.size,
      providersReward,
      signers: this.#signers.length,
      signerReward,
      treasury,
    });
    this.#holdings.move(token, from, balance(miner), minerReward);
    this.#holdings.move(token, from, balance(proposer), proposerReward);
    this.#holdings.move(token, from, providersOf(ledger), providersReward);
    for (const signer of this.#signers) this.#holdings.move(token, from, balance(signer), signerReward);
    this.#holdings.move(token, from, TREASURY, treasury);
  }

  /** What each provider gets of a pool, by its share of the credited work. */
  #providerShares(ledger: LedgerName, height: number, whole: bigint): Map<string, bigint> {
    const weights = new Map<string, bigint>();
    for (const { operator, recorded } of this.#jobsOf(ledger, height))
      weights.set(operator, (weights.get(operator) ?? 0n) + weightOf(recorded));
    const phis = [...weights].map(([operator, weight]) => [operator, weight / 1000n] as const);
    const all = phis.reduce((sum, [, phi]) => sum + phi, 0n);
    return new Map(phis.map(([operator, phi]) => [operator, all === 0n ? 0n : (whole * phi) / (5n * all)]));
  }

  /** Comes after what the pool says of all of them, and takes up what was put by for them. */
  #bookProviders({ ledger, token, payments }: ProvidersRewarded): void {
    const shares = this.#shares.get(`${token} ${ledger}`);
    for (const { operator, amount } of payments) {
      const share = shares?.get(operator) ?? 0n;
      if (amount !== share) this.#fault(`${operator} got ${amount} ${token} for its work, expected ${share}`);
      this.#holdings.move(token, providersOf(ledger), balance(operator), amount);
    }
  }

  #expect(what: string, told: object, expected: object): void {
    for (const [name, value] of Object.entries(expected)) {
      const said = (told as Record<string, unknown>)[name];
      if (said !== value) this.#fault(`${what}: ${name} is ${said}, expected ${value}`);
    }
  }

  #fault(fault: string): void {
    this.#holdings.faults.push(fault);
  }
}

/** Between the two receipts about it, the share of a section's providers is nobody's. */
function providersOf(ledger: LedgerName): string {
  return `providers:${ledger}`;
}
