import { DOCKLOCK } from '../../types/operations/docklock.ts';
import { ActionItemType } from '../../types/proofs/action.ts';
import { digestEvents } from '../../types/proofs/transact.ts';
import { encode } from '../../types/ssz.ts';
import type { LedgerModule } from '../seam.ts';
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

const { operations } = DOCKLOCK;
/** Gas: an image has up to eight signatures over 16 KiB, a batch one signature and up to 32 steps to encode and hash. */
const handlers: LedgerModule['handlers'] = [
  { name: 'ImageRegister', spec: operations.ImageRegister, gas: 200_000, execute: executeImageRegister },
  { name: 'Deploy', spec: operations.Deploy, gas: 30_000, execute: executeDeploy },
  { name: 'Start', spec: operations.Start, gas: 10_000, execute: executeStart },
  { name: 'Stop', spec: operations.Stop, gas: 10_000, execute: executeStop },
  { name: 'Scale', spec: operations.Scale, gas: 10_000, execute: executeScale },
  { name: 'Update', spec: operations.Update, gas: 15_000, execute: executeUpdate },
  { name: 'Delete', spec: operations.Delete, gas: 10_000, execute: executeDelete },
  { name: 'StepBatch', spec: operations.StepBatch, gas: 120_000, execute: executeStepBatch },
];

/** The ledger of images, apps and what their containers did. */
export const docklock: LedgerModule = {
  name: 'docklock',
  handlers,
  proofItem: ({ txId, status, events }) =>
    encode(ActionItemType, { txId, status, eventsDigest: digestEvents(events) }),
};
