import type { Parameters } from '../../types/genesis.ts';
import { BPCI } from '../../types/operations/bpci.ts';
import { RELEASE_LOCK } from '../../types/operations/settlement-messages.ts';
import { digestEvents, TransactItemType } from '../../types/proofs/transact.ts';
import type { Charge } from '../../types/receipt.ts';
import { encode } from '../../types/ssz.ts';
import { LIMITS } from '../../util/limits.ts';
import type { LedgerContext, LedgerModule } from '../seam.ts';
import { unbonding } from './membership.ts';
import { executeKeyRotate, executeValJoin, executeValLeave, executeValVote } from './validator-operations.ts';

const validatorFee = (parameters: Parameters): Charge => ({
  token: 'GEN',
  amount: parameters.validatorOperationFeeGen,
});

const { ValJoin, ValLeave, KeyRotate, ValVote } = BPCI.operations;
/** Gas: a join checks one VRF proof, one signature and two keys; a rotation one signature more. */
const handlers: LedgerModule['handlers'] = [
  { name: 'ValJoin', spec: ValJoin, gas: 500_000, fee: validatorFee, execute: executeValJoin },
  { name: 'ValLeave', spec: ValLeave, gas: 20_000, fee: validatorFee, execute: executeValLeave },
  { name: 'KeyRotate', spec: KeyRotate, gas: 520_000, fee: validatorFee, execute: executeKeyRotate },
  { name: 'ValVote', spec: ValVote, gas: 20_000, fee: validatorFee, execute: executeValVote },
];

/** Sends the bonds that are due back to their owners: economy ends the locks. */
function releaseBonds(context: LedgerContext): void {
  for (let released = 0; released < LIMITS.maxExpiriesPerBlock; released++) {
    const due = unbonding.first(context.own);
    if (due === undefined || due.releaseAtMs > context.timeMs) return;
    unbonding.shift(context.own);
    const data = encode(RELEASE_LOCK.type, { ledger: 'bpci', ref: due.bondRef, to: due.owner });
    context.send({ to: 'economy', kind: RELEASE_LOCK.kind, data });
  }
}

/** The ledger of the validator set, and later of other chains. */
export const bpci: LedgerModule = {
  name: 'bpci',
  handlers,
  beginBlock: (context) => {
    releaseBonds(context);
    return [];
  },
  proofItem: ({ txId, status, events }) =>
    encode(TransactItemType, { txId, status, eventsDigest: digestEvents(events) }),
};
