import { z } from 'zod';
import { EVIDENCE_KINDS } from '../../types/evidence.ts';
import { method } from './method.ts';
import { BlockParam, noParams } from './params.ts';
import { Address, Count, Decimal, dumpFields, Hash, Height } from './results.ts';

const evidenceFields = {
  validator: Address,
  offence: z.enum(EVIDENCE_KINDS),
  evidenceHeight: Height,
  evidenceHash: Hash,
};

export const ibftMethods = {
  ibft_getEvidence: method({
    scope: 'debug',
    summary:
      'Contradictions of validators: proven ones that no block holds yet, and what blocks applied of late.',
    params: noParams,
    result: z.object({
      ...dumpFields,
      seen: z.array(z.object(evidenceFields)),
      applied: z.array(
        z.object({ ...evidenceFields, appliedAt: Height, slashed: Decimal, jailed: z.boolean() }),
      ),
    }),
  }),
  ibft_getRoundState: method({
    scope: 'debug',
    summary: "This node's height, round, step, prepared round, votes seen and the time left in the round.",
    params: noParams,
    result: z.object({
      ...dumpFields,
      validator: Address.nullable(),
      voting: z.boolean(),
      validators: Count,
      quorum: Count,
      consensusHeight: Height,
      round: Count,
      step: z.enum(['idle', 'waiting-for-proposal', 'validating', 'prepare', 'commit', 'decided']),
      proposer: Address.nullable(),
      proposalHash: Hash.nullable(),
      preparedRound: Count.nullable(),
      prepares: z.array(Address),
      commits: z.array(Address),
      roundChanges: z.array(z.object({ validator: Address, round: Count })),
      roundEndsInMs: z.int().nullable(),
    }),
  }),
  ibft_getValidatorsByBlockNumber: method({
    scope: 'debug',
    summary: 'The validator set of a height, in the order that certificates refer to.',
    params: z.strictObject({ height: BlockParam.optional() }),
    result: z.object({
      height: Height,
      validatorsHash: Hash,
      quorum: Count,
      validators: z.array(z.object({ id: Address, consensusKey: Hash, vrfKey: Hash })),
    }),
  }),
};
