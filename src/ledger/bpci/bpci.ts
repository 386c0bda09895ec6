import { CLASS_TOKENS } from '../../types/billing.ts';
import type { Parameters } from '../../types/genesis.ts';
import type { SealedHeader } from '../../types/light-block.ts';
import { BPCI } from '../../types/operations/bpci.ts';
import type { ClientCreate, ClientMisbehaviour, ClientUpdate } from '../../types/operations/bpci-clients.ts';
import { RELEASE_LOCK } from '../../types/operations/settlement-messages.ts';
import { digestEvents, TransactItemType } from '../../types/proofs/transact.ts';
import type { Charge } from '../../types/receipt.ts';
import { encode } from '../../types/ssz.ts';
import { LIMITS } from '../../util/limits.ts';
import type { LedgerContext, LedgerModule } from '../seam.ts';
import { executeAnchor } from './anchors.ts';
import { executeClientCreate, executeClientMisbehaviour, executeClientUpdate } from './client-operations.ts';
import { unbonding } from './membership.ts';
import { executeNodeMsg } from './messages.ts';
import { executeKeyRotate, executeValJoin, executeValLeave, executeValVote } from './validator-operations.ts';

const validatorFee = (parameters: Parameters): Charge => ({
  token: CLASS_TOKENS.consensus,
  amount: parameters.validatorOperationFeeGen,
});

const { operations } = BPCI;

const GAS_PER_SEAL = 9_000;
/** Every seal of a header is verified. */
function sealGas(blocks: readonly SealedHeader[]): number {
  return GAS_PER_SEAL * blocks.reduce((sum, { certificate }) => sum + certificate.seals.length, 0);
}

/**
 * Gas: a join checks one VRF proof, one signature and two keys; a rotation one signature more; a message one
 * signature. What a client verifies is paid for by the seal.
 */
const handlers: LedgerModule['handlers'] = [
  {
    name: 'ClientCreate',
    spec: operations.ClientCreate,
    gas: 60_000,
    extraGas: ({ block }: ClientCreate) => sealGas([block]),
    execute: executeClientCreate,
  },
  {
    name: 'ClientUpdate',
    spec: operations.ClientUpdate,
    gas: 50_000,
    extraGas: ({ block }: ClientUpdate) => sealGas([block]),
    execute: executeClientUpdate,
  },
  {
    name: 'ClientMisbehaviour',
    spec: operations.ClientMisbehaviour,
    gas: 90_000,
    extraGas: ({ first, second }: ClientMisbehaviour) => sealGas([first, second]),
    execute: executeClientMisbehaviour,
  },
  { name: 'Anchor', spec: operations.Anchor, gas: 8_000, execute: executeAnchor },
  { name: 'ValJoin', spec: operations.ValJoin, gas: 500_000, fee: validatorFee, execute: executeValJoin },
  { name: 'ValLeave', spec: operations.ValLeave, gas: 20_000, fee: validatorFee, execute: executeValLeave },
  {
    name: 'KeyRotate',
    spec: operations.KeyRotate,
    gas: 520_000,
    fee: validatorFee,
    execute: executeKeyRotate,
  },
  { name: 'NodeMsg', spec: operations.NodeMsg, gas: 16_000, execute: executeNodeMsg },
  { name: 'ValVote', spec: operations.ValVote, gas: 20_000, fee: validatorFee, execute: executeValVote },
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
