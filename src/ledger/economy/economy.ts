import { encodeGoldItem } from '../../types/proofs/gold.ts';
import { COMMON_STATUSES } from '../../types/status.ts';
import type { LedgerModule, Settlement } from '../seam.ts';
import { reserveAttestHandler } from './attestations.ts';
import { aurBurnHandler, aurMintHandler } from './aur.ts';
import { bankRegisterHandler, bankTransferHandler } from './banks.ts';
import { coinIssueHandler, coinRedeemHandler, faucetHandler, transferHandler } from './coins.ts';
import { applyGenesis } from './genesis.ts';
import { assertInvariants } from './invariants.ts';
import { journal } from './journal.ts';
import { deliverRelease, lockHandler, readLock, slashablePart, slashLock, unlockHandler } from './locks.ts';
import { meterDepositHandler, meterWithdrawHandler } from './meters.ts';
import { poolJoinHandler, poolLeaveHandler } from './policy/pools.ts';
import { priceReportHandler } from './price-reports.ts';
import { ownerAccountHandler, ownerHoldHandler } from './rewards/owner.ts';
import { payPools } from './rewards/pending-pools.ts';
import { settleSalary } from './rewards/salary.ts';
import { executeQueue, hasQueuedRequests, holdFee, meterBalance, releaseFee, settle } from './settlement.ts';

/** The ledger that holds all value: coins, locks, meters, banks and the gold behind AUR. */
export const economy: LedgerModule = {
  name: 'economy',
  handlers: [
    transferHandler,
    lockHandler,
    unlockHandler,
    meterDepositHandler,
    meterWithdrawHandler,
    coinIssueHandler,
    coinRedeemHandler,
    bankRegisterHandler,
    reserveAttestHandler,
    priceReportHandler,
    aurMintHandler,
    aurBurnHandler,
    bankTransferHandler,
    ownerAccountHandler,
    ownerHoldHandler,
    faucetHandler,
    poolJoinHandler,
    poolLeaveHandler,
  ],
  deliver: deliverRelease,
  beginTransaction: () => journal.begin(),
  proofItem({ txId, sender, status }) {
    // What a failed transaction began was taken back, so its journal says nothing.
    const done = status === COMMON_STATUSES.OK;
    return encodeGoldItem({
      txId,
      sender,
      status,
      postings: done ? [...journal.postings] : [],
      bases: done ? [...journal.bases] : [],
    });
  },
};

/** What the block machine asks of the ledger that holds the value. */
export const settlement: Settlement = {
  meterBalance,
  holdFee,
  releaseFee,
  payPools,
  settle,
  settleSalary,
  endBlock: executeQueue,
  slashable: slashablePart,
  slash: slashLock,
  hasQueuedRequests,
  readLock,
  applyGenesis,
  assertInvariants,
};
