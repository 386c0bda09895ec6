import { CLASS_TOKENS } from '../../types/billing.ts';
import type { Parameters } from '../../types/genesis.ts';
import type { SealedHeader } from '../../types/light-block.ts';
import { BPCI } from '../../types/operations/bpci.ts';
import { RELEASE_LOCK } from '../../types/operations/settlement-messages.ts';
import { digestEvents, TransactItemType } from '../../types/proofs/transact.ts';
import type { Charge } from '../../types/receipt.ts';
import { encode } from '../../types/ssz.ts';
import { LIMITS } from '../../util/limits.ts';
import { OPERATION_GAS, signatureGas } from '../gas-table.ts';
import { handlersFor, type LedgerContext, type LedgerModule } from '../seam.ts';
import { executeAnchor } from './anchors.ts';
import { executeClientCreate, executeClientMisbehaviour, executeClientUpdate } from './client-operations.ts';
import { unbonding } from './membership.ts';
import { executeNodeMsg } from './messages.ts';
import { executeKeyRotate, executeValJoin, executeValLeave, executeValVote } from './validator-operations.ts';

const validatorFee = (parameters: Parameters): Charge => ({
  token: CLASS_TOKENS.consensus,
  amount: parameters.validatorOperationFeeGen,
});

/** Every seal of a header is verified. */
function sealGas(blocks: readonly SealedHeader[]): number {
  return signatureGas(blocks.flatMap(({ certificate }) => certificate.seals));
}

const handlers = handlersFor(BPCI, OPERATION_GAS.bpci, {
  ClientCreate: {
    extraGas: ({ block }) => sealGas([block]),
    execute: executeClientCreate,
  },
  ClientUpdate: {
    extraGas: ({ block }) => sealGas([block]),
    execute: executeClientUpdate,
  },
  ClientMisbehaviour: {
    extraGas: ({ first, second }) => sealGas([first, second]),
    execute: executeClientMisbehaviour,
  },
  Anchor: { execute: executeAnchor },
  ValJoin: { fee: validatorFee, execute: executeValJoin },
  ValLeave: { fee: validatorFee, execute: executeValLeave },
  KeyRotate: {
    fee: validatorFee,
    execute: executeKeyRotate,
  },
  NodeMsg: { execute: executeNodeMsg },
  ValVote: { fee: validatorFee, execute: executeValVote },
});

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

/** The ledger of the validator set, of other chains, and of records between nodes and systems. */
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
