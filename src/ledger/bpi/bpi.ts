import { BPI } from '../../types/operations/bpi.ts';
import { ExecutionItemType } from '../../types/proofs/execution.ts';
import { encode } from '../../types/ssz.ts';
import { GAS_PER_YAML_BYTE, OPERATION_GAS, signatureGas } from '../gas-table.ts';
import { handlersFor, type LedgerModule } from '../seam.ts';
import { executeComplianceAttest } from './compliance.ts';
import { trace } from './execution-trace.ts';
import { executeInvoke, executePolicyCheck } from './invocation.ts';
import { executeActivate, executePropose, executeSign, executeTerminate } from './lifecycle.ts';

const handlers = handlersFor(BPI, OPERATION_GAS.bpi, {
  AgreementPropose: { extraGas: ({ yaml }) => GAS_PER_YAML_BYTE * yaml.length, execute: executePropose },
  AgreementSign: { execute: executeSign },
  Activate: { execute: executeActivate },
  Invoke: { execute: executeInvoke },
  PolicyCheck: { execute: executePolicyCheck },
  ComplianceAttest: {
    extraGas: ({ approvals }) => signatureGas(approvals),
    execute: executeComplianceAttest,
  },
  Terminate: { execute: executeTerminate },
});

/** The ledger of agreements: who agreed on which policies, and what was done under them. */
export const bpi: LedgerModule = {
  name: 'bpi',
  handlers,
  beginTransaction: () => trace.begin(),
  proofItem: ({ txId, sender, status }) =>
    encode(ExecutionItemType, { txId, sender, status, steps: trace.stepsOf(status) }),
};
