import * as z from 'zod';
import {
  AGREEMENT_STATES,
  ATTRIBUTE_KINDS,
  DECISIONS,
  DEFAULT_DECISIONS,
  ENFORCEMENTS,
  POLICY_EFFECTS,
  POLICY_TYPES,
  TERMS_BOUNDS,
} from '../../types/agreement.ts';
import { REFUSAL_REASONS } from '../../types/operations/bpi.ts';
import { method } from './method.ts';
import { AddressParam, HashParam, pageParams } from './params.ts';
import { Address, Count, Hash, Height, page, Time } from './results.ts';
import { sectionProof } from './section-proof.ts';

const IdParam = z.string().max(TERMS_BOUNDS.idBytes);

/** The JSON form of the subject of an invocation. */
const SubjectParam = z.strictObject({
  id: IdParam,
  attributes: z
    .array(
      z.strictObject({
        name: IdParam,
        kind: z.enum(ATTRIBUTE_KINDS),
        value: z.string().max(TERMS_BOUNDS.textBytes),
      }),
    )
    .max(TERMS_BOUNDS.attributes)
    .default([]),
});

const PolicyType = z.enum(POLICY_TYPES);

/** A policy as the parties signed it; `settings` are those of its type, conditions of rules in postfix order. */
const Policy = z.object({
  id: z.string(),
  type: PolicyType,
  effect: z.enum(POLICY_EFFECTS),
  throttlePpm: Count,
  obligations: z.array(z.string()),
  settings: z.record(z.string(), z.unknown()),
});

const agreementFields = {
  agreement: Hash,
  name: z.string(),
  version: Count,
  versionHash: Hash,
  state: z.enum(AGREEMENT_STATES),
  proposer: Address,
  parties: z.array(Address),
  signers: z.array(Address),
  invocations: Count,
};

const ExecutionStep = z.object({
  agreement: Hash,
  input: Hash,
  policy: Hash,
  decision: z.enum(DECISIONS),
  output: Hash,
  pre: Hash,
  post: Hash,
});

const ExecutionItem = z.object({
  txId: Hash,
  sender: Address,
  status: Count,
  steps: z.array(ExecutionStep),
});

const ExecutionProof = z.object({
  version: Count,
  inputRoot: Hash,
  policyRoot: Hash,
  outputRoot: Hash,
  preRoot: Hash,
  postRoot: Hash,
  steps: Count,
  denied: Count,
  escalated: Count,
  itemRoot: Hash,
  itemCount: Count,
});

export const bpiMethods = {
  bpi_getAgreement: method({
    scope: 'read',
    summary: 'An agreement at the head: its terms, who signed, what was done under it.',
    params: z.strictObject({ agreement: HashParam }),
    result: z.object({
      height: Height,
      ...agreementFields,
      validFrom: Time.nullable(),
      validTo: Time.nullable(),
      defaultDecision: z.enum(DEFAULT_DECISIONS),
      enforcement: z.enum(ENFORCEMENTS),
      policies: z.array(Policy),
      tip: Hash,
      records: Hash,
      store: z.array(z.object({ key: z.string(), valueHash: Hash })),
      attestations: Count,
      root: Hash,
    }),
  }),
  bpi_listAgreements: method({
    scope: 'read',
    summary: 'Agreements at the head by id: all, those of a party, or those in a state.',
    params: z.strictObject({
      party: AddressParam.optional(),
      state: z.enum(AGREEMENT_STATES).optional(),
      ...pageParams,
    }),
    result: z.object({ height: Height, ...page(z.object(agreementFields)).shape }),
  }),
  bpi_evaluatePolicy: method({
    scope: 'read',
    summary: 'What the policies would say to an invocation now, each of them, and which one decides.',
    params: z.strictObject({
      agreement: HashParam,
      subject: SubjectParam,
      entry: z.string().max(32).default('record'),
      policyId: IdParam.default(''),
      actor: AddressParam.optional(),
    }),
    result: z.object({
      height: Height,
      agreement: Hash,
      entry: z.string(),
      subject: z.string(),
      actor: Address,
      /** `OK`, or what the receipt of an invocation would name. */
      status: z.string(),
      enforcement: z.enum(ENFORCEMENTS),
      decision: z.enum(DECISIONS),
      /** Null if no policy decided. */
      policyId: z.string().nullable(),
      policyType: PolicyType.nullable(),
      reason: z.enum(REFUSAL_REASONS),
      throttlePpm: Count,
      obligations: z.array(z.string()),
      gas: Count,
      /** In the order in which the policies were asked. */
      trace: z.array(
        z.object({
          policy: Policy,
          outcome: z.enum(['passes', 'refuses', 'escalates', 'does-not-apply']),
          reason: z.enum(REFUSAL_REASONS),
          obligations: z.array(z.string()),
          /** How often the subject was let pass; null for a policy that does not count. */
          used: Count.nullable(),
          decides: z.boolean(),
        }),
      ),
    }),
  }),
  bpi_getProofOfExecution: method({
    scope: 'read',
    summary:
      'What a bpi transaction took in, was judged by, gave out and changed, with the path to the block.',
    params: z.strictObject({ txId: HashParam }),
    result: sectionProof(ExecutionItem, ExecutionProof),
  }),
};
