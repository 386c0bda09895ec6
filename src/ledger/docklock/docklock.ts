import { DOCKLOCK } from '../../types/operations/docklock.ts';
import { ActionItemType } from '../../types/proofs/action.ts';
import { digestEvents } from '../../types/proofs/transact.ts';
import { encode } from '../../types/ssz.ts';
import { GAS_PER_STEP, OPERATION_GAS, signatureGas } from '../gas-table.ts';
import { handlersFor, type LedgerModule } from '../seam.ts';
import {
  executeDelete,
  executeDeploy,
  executeScale,
  executeStart,
  executeStop,
  executeUpdate,
} from './apps.ts';
import { executeStepBatch } from './batches.ts';
import { executeImageRegister } from './images.ts';

const handlers = handlersFor(DOCKLOCK, OPERATION_GAS.docklock, {
  ImageRegister: { extraGas: ({ signatures }) => signatureGas(signatures), execute: executeImageRegister },
  Deploy: { execute: executeDeploy },
  Start: { execute: executeStart },
  Stop: { execute: executeStop },
  Scale: { execute: executeScale },
  Update: { execute: executeUpdate },
  Delete: { execute: executeDelete },
  StepBatch: { extraGas: ({ steps }) => GAS_PER_STEP * steps.length, execute: executeStepBatch },
});

/** The ledger of images, apps and what their containers did. */
export const docklock: LedgerModule = {
  name: 'docklock',
  handlers,
  proofItem: ({ txId, status, events }) =>
    encode(ActionItemType, { txId, status, eventsDigest: digestEvents(events) }),
};
