/** The job fee, 1 % of the value of a job, in the token of the job. */
export interface FeeSplit {
  /** Stays locked with the miner. */
  readonly minerLocked: bigint;
  readonly minerSpendable: bigint;
  readonly owner: bigint;
  /** Takes the remainder of the rounding, so that the parts always add up. */
  readonly treasury: bigint;
}

const PPM = 1_000_000n;
const JOB_FEE_PPM = 10_000n;
const MINER_LOCKED_PPM = 2_000n;
const MINER_SPENDABLE_PPM = 3_000n;
const OWNER_PPM = 2_000n;

/** ⌊1 %⌋ of the job value. @throws RangeError for a negative value */
export function jobFee(jobValue: bigint): bigint {
  if (jobValue < 0n) throw new RangeError('negative job value');
  return (jobValue * JOB_FEE_PPM) / PPM;
}

/** .2 % locked and .3 % spendable for the miner, .2 % for the owner, the rest of 1 % for the treasury. */
export function splitJobFee(jobValue: bigint): FeeSplit {
  const fee = jobFee(jobValue);
  const minerLocked = (jobValue * MINER_LOCKED_PPM) / PPM;
  const minerSpendable = (jobValue * MINER_SPENDABLE_PPM) / PPM;
  const owner = (jobValue * OWNER_PPM) / PPM;
  return { minerLocked, minerSpendable, owner, treasury: fee - minerLocked - minerSpendable - owner };
}
