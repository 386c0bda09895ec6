import { z } from 'zod';
import { method } from './method.ts';
import { BlockParam, noParams } from './params.ts';
import { Address, Count, dumpFields, Hash, Height } from './results.ts';

export const ibftMethods = {
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
