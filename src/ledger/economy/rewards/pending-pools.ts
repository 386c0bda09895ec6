import { ContainerType, ListCompositeType, type ValueOf } from '@chainsafe/ssz';
import { LEDGERS, type LedgerName, TOKENS, type TokenName } from '../../../types/names.ts';
import { PROVIDERS_PER_RECEIPT, REWARD_SYSTEM_RECEIPTS } from '../../../types/operations/economy-rewards.ts';
import { type Address, AddressType } from '../../../types/ssz-bytes.ts';
import { Height, U8, U128 } from '../../../types/ssz-numbers.ts';
import { systemReceipt } from '../../../types/system-receipt.ts';
import { LIMITS } from '../../../util/limits.ts';
import {
  type CreditedJob,
  InvariantViolation,
  type SettledSection,
  type SettlementReceipt,
  type StateReader,
  type StateWriter,
} from '../../seam.ts';
import { Table } from '../../state/table.ts';
import { type Account, balanceAccount, poolAccount, SIGNER_POOL, TREASURY } from '../account.ts';
import { amountOf, move } from '../books.ts';
import { addEarning, type EarningKind } from './earnings.ts';
import { phiMicro, type ResourceUsage } from './poe-index.ts';
import { dividePool } from './section-pool.ts';

const ProviderType = new ContainerType({ operator: AddressType, phi: U128 });
type Provider = ValueOf<typeof ProviderType>;

const PendingPoolType = new ContainerType({
  height: Height,
  miner: AddressType,
  rank: U8,
  proposer: AddressType,
  /** Ascending by operator. A section has no more of them than there are nodes. */
  providers: new ListCompositeType(ProviderType, LIMITS.maxClusterNodes),
});
type PendingPool = ValueOf<typeof PendingPoolType>;

/** section-reward/<ledger>: who shares what the pool of the ledger holds, when the block is known to be final. */
const pending = new Table('section-reward', PendingPoolType);

/** Height of the block whose fees are in the pool of a ledger, or undefined if it must be empty. */
export function pendingHeight(economy: StateReader, ledger: LedgerName): number | undefined {
  return pending.get(economy, ledger)?.height;
}

const NO_USAGE: ResourceUsage = {
  cpuMs: 0n,
  memoryMbS: 0n,
  storageMicroGbDay: 0n,
  egressBytes: 0n,
  receipts: 0n,
};

/** Φ of all work of each operator in a section. One rounding each, however many jobs and nodes it is spread over. */
function providersOf(jobs: readonly CreditedJob[]): Provider[] {
  const used = new Map<Address, ResourceUsage>();
  for (const { operator, usage } of jobs) {
    const before = used.get(operator) ?? NO_USAGE;
    used.set(operator, {
      cpuMs: before.cpuMs + usage.cpuMs,
      memoryMbS: before.memoryMbS + usage.memoryMbS,
      storageMicroGbDay: before.storageMicroGbDay + usage.storageMicroGbDay,
      egressBytes: before.egressBytes + usage.egressBytes,
      receipts: before.receipts + usage.receipts,
    });
  }
  return [...used]
    .map(([operator, usage]) => ({ operator, phi: phiMicro(usage) }))
    .sort((a, b) => (a.operator < b.operator ? -1 : 1));
}

/** EndBlock, after the charges of a section: notes who will share its pool, if there is something in it. */
export function keepPool(economy: StateWriter, section: SettledSection): void {
  const { ledger, height, miner, rank, proposer, jobs } = section;
  if (TOKENS.every((token) => amountOf(economy, poolAccount(ledger), token) === 0n)) return;
  pending.set(economy, { height, miner, rank, proposer, providers: providersOf(jobs) }, ledger);
}

/**
 * EndBlock, before the charges of the block: pays out the pools of the block before. `signers` are those of its
 * certificate in this block's body; nobody, if the body has none.
 */
export function payPools(
  economy: StateWriter,
  height: number,
  signers: readonly Address[],
): SettlementReceipt[] {
  const receipts: SettlementReceipt[] = [];
  for (const ledger of LEDGERS) {
    const pool = pending.get(economy, ledger);
    if (pool === undefined) continue;
    if (pool.height !== height - 1)
      throw new InvariantViolation(`the pool of ${ledger} waits since ${pool.height}`);
    pending.delete(economy, ledger);
    for (const token of TOKENS) receipts.push(...payPool(economy, ledger, token, pool, signers.length));
  }
  for (const token of TOKENS) paySigners(economy, token, signers);
  return receipts;
}

function payPool(
  economy: StateWriter,
  ledger: LedgerName,
  token: TokenName,
  { height, miner, rank, proposer, providers }: PendingPool,
  signers: number,
): SettlementReceipt[] {
  const from = poolAccount(ledger);
  const pool = amountOf(economy, from, token);
  if (pool === 0n) return [];
  const parts = dividePool(pool, { rank, phis: providers.map(({ phi }) => phi), signers });
  const give = (to: Account, amount: bigint) => {
    if (amount > 0n) move(economy, { debit: from, credit: to, token, amount });
  };
  const reward = (address: Address, kind: EarningKind, amount: bigint) => {
    give(balanceAccount(address), amount);
    if (amount > 0n) addEarning(economy, address, token, kind, amount);
  };
  reward(miner, 'miner', parts.miner);
  reward(proposer, 'proposer', parts.proposer);
  const payments = providers.map(({ operator }, i) => ({ operator, amount: parts.providers[i] as bigint }));
  for (const { operator, amount } of payments) reward(operator, 'provider', amount);
  give(SIGNER_POOL, parts.signer * BigInt(signers));
  give(TREASURY, parts.treasury);
  const receipts: SettlementReceipt[] = [
    systemReceipt(REWARD_SYSTEM_RECEIPTS.SectionRewarded, {
      ledger,
      token,
      height,
      pool,
      miner,
      rank,
      minerReward: parts.miner,
      proposer,
      proposerReward: parts.proposer,
      providers: providers.length,
      providersReward: parts.providers.reduce((sum, part) => sum + part, 0n),
      signers,
      signerReward: parts.signer,
      treasury: parts.treasury,
    }),
  ];
  for (let first = 0; first < payments.length; first += PROVIDERS_PER_RECEIPT)
    receipts.push(
      systemReceipt(REWARD_SYSTEM_RECEIPTS.ProvidersRewarded, {
        ledger,
        token,
        height,
        payments: payments.slice(first, first + PROVIDERS_PER_RECEIPT),
      }),
    );
  return receipts;
}

/** All sections gave for each signer alike, so what came together is a multiple of their number. */
function paySigners(economy: StateWriter, token: TokenName, signers: readonly Address[]): void {
  const together = amountOf(economy, SIGNER_POOL, token);
  if (together === 0n) return;
  const amount = together / BigInt(signers.length);
  for (const signer of signers) {
    move(economy, { debit: SIGNER_POOL, credit: balanceAccount(signer), token, amount });
    addEarning(economy, signer, token, 'signer', amount);
  }
}
