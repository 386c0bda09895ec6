import { BPI } from '../../types/operations/bpi.ts';
import { ExecutionItemType } from '../../types/proofs/execution.ts';
import { encode } from '../../types/ssz.ts';
import type { LedgerModule } from '../seam.ts';
import { executeComplianceAttest } from './compliance.ts';
import { trace } from './execution-trace.ts';
import { executeInvoke, executePolicyCheck } from './invocation.ts';
import { executeActivate, executePropose, executeSign, executeTerminate } from './lifecycle.ts';

const { AgreementPropose, AgreementSign, Activate, Invoke, PolicyCheck, ComplianceAttest, Terminate } =
  BPI.operations;

/** Gas: a proposal parses up to 16 KiB of YAML, an invocation reads all terms, an attestation checks signatures. */
const handlers: LedgerModule['handlers'] = [
  { name: 'AgreementPropose', spec: AgreementPropose, gas: 200_000, execute: executePropose },
  { name: 'AgreementSign', spec: AgreementSign, gas: 5_000, execute: executeSign },
  { name: 'Activate', spec: Activate, gas: 5_000, execute: executeActivate },
  { name: 'Invoke', spec: Invoke, gas: 40_000, execute: executeInvoke },
  { name: 'PolicyCheck', spec: PolicyCheck, gas: 40_000, execute: executePolicyCheck },
  { name: 'ComplianceAttest', spec: ComplianceAttest, gas: 60_000, execute: executeComplianceAttest },
  { name: 'Terminate', spec: Terminate, gas: 5_000, execute: executeTerminate },
];

/** The ledger of agreements: who agreed on which policies, and what was done under them. */
export const bpi: LedgerModule = {
  name: 'bpi',
  handlers,
  beginTransaction: () => trace.begin(),
  proofItem: ({ txId, sender, status }) =>
    encode(ExecutionItemType, { txId, sender, status, steps: trace.stepsOf(status) }),
};
