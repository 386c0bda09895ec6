import * as z from 'zod';
import { EVIDENCE_KINDS } from '../../types/evidence.ts';
import { VOTE_DECISIONS } from '../../types/operations/bpci.ts';
import { method } from './method.ts';
import { AddressParam, BlockParam, HashParam, HeightParam, noParams, pageParams } from './params.ts';
import { Address, Count, Decimal, dumpFields, Hash, Height, page, Time } from './results.ts';

const evidenceFields = {
  validator: Address,
  offence: z.enum(EVIDENCE_KINDS),
  evidenceHeight: Height,
  evidenceHash: Hash,
};

export const STEPS = ['idle', 'waiting-for-proposal', 'validating', 'prepare', 'commit', 'decided'] as const;

/** A step as `ibft_diagnose` writes it. */
export function diagnosisStep(step: (typeof STEPS)[number]): string {
  return step.toUpperCase().replaceAll('-', '_');
}

/** A round of one height, and how far it came if it failed. */
export const RoundRecord = z.object({
  round: Count,
  startedAt: Time,
  durationMs: Count.nullable(),
  outcome: z.enum(['running', 'decided', 'timeout', 'others-ahead']),
  reason: z
    .enum(['NO_PROPOSAL', 'PROPOSAL_NOT_VALIDATED', 'NO_PREPARE_QUORUM', 'NO_COMMIT_QUORUM'])
    .nullable(),
  proposer: Address.nullable(),
  prepares: Count.nullable(),
  commits: Count.nullable(),
});

const ValidatorsOfHeight = z.object({
  height: Height,
  validatorsHash: Hash,
  quorum: Count,
  validators: z.array(z.object({ id: Address, consensusKey: Hash, vrfKey: Hash })),
});

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
  ibft_diagnose: method({
    scope: 'debug',
    summary:
      'Whether the chain can move; if not, which validators are missing and why, when the next round begins, and what to do.',
    params: noParams,
    result: z.object({
      ok: z.boolean(),
      height: Height,
      round: Count,
      step: z.enum(STEPS.map(diagnosisStep)),
      stuckForMs: Count,
      nextRoundInMs: Count.nullable(),
      quorum: z.object({ need: Count, have: Count, validators: Count }),
      verdict: z.string(),
      missing: z.array(
        z.object({
          validator: Address,
          peer: z.string().nullable(),
          state: z.enum(['disconnected', 'behind', 'never_seen', 'silent']),
          since: Time.optional(),
          height: Height.optional(),
          reason: z.string().optional(),
        }),
      ),
      /** `round<n>` names the proposer of the present round n. */
      proposer: z.looseObject({ online: z.boolean() }),
      hints: z.array(z.string()),
    }),
  }),
  ibft_roundHistory: method({
    scope: 'debug',
    summary:
      'The last heights, newest first: the rounds that each took here, how long they lasted, and how far those came that failed.',
    params: z.strictObject({ ...pageParams }),
    result: z.object({
      ...dumpFields,
      ...page(
        z.object({
          height: Height,
          startedAt: Time,
          durationMs: Count.nullable(),
          rounds: z.array(RoundRecord),
        }),
      ).shape,
    }),
  }),
  ibft_dumpConsensusState: method({
    scope: 'debug',
    summary:
      'What this node knows of each validator at the present height: its peer, its votes in this round, the round that it claims.',
    params: noParams,
    result: z.object({
      ...dumpFields,
      consensusHeight: Height,
      round: Count,
      step: z.enum(STEPS),
      proposalHash: Hash.nullable(),
      validators: z.array(
        z.object({
          validator: Address,
          state: z.enum(['self', 'connected', 'never_seen', 'disconnected']),
          peer: z.string().nullable(),
          height: Height.nullable(),
          prepared: z.boolean(),
          committed: z.boolean(),
          claimedRound: Count.nullable(),
        }),
      ),
    }),
  }),
  ibft_getBlockCommitters: method({
    scope: 'debug',
    summary: 'Whose commit seals stand in the certificate of a block, and in which round it was decided.',
    params: z.strictObject({ height: BlockParam.optional() }),
    result: z.object({ height: Height, hash: Hash, round: Count, committers: z.array(Address) }),
  }),
  ibft_getSignerMetrics: method({
    scope: 'debug',
    summary:
      'Per validator of the head: how many blocks of a range it proposed, and the last one. The range is at most 1 000 blocks, by default the last 100.',
    params: z.strictObject({ fromHeight: HeightParam.optional(), toHeight: HeightParam.optional() }),
    result: z.object({
      fromHeight: Height,
      toHeight: Height,
      signers: z.array(
        z.object({ validator: Address, proposedBlocks: Count, lastProposedHeight: Height.nullable() }),
      ),
    }),
  }),
  ibft_getPendingVotes: method({
    scope: 'debug',
    summary: 'Votes of validators on admitting or removing a member that have not taken effect or expired.',
    params: noParams,
    result: z.object({
      height: Height,
      votes: z.array(
        z.object({ member: Address, voter: Address, decision: z.enum(VOTE_DECISIONS), expires: Time }),
      ),
      /** What this node's validator goes on voting for. */
      proposed: z.array(
        z.object({ member: Address, decision: z.enum(VOTE_DECISIONS), txId: Hash, renews: Time }),
      ),
    }),
  }),
  ibft_proposeValidatorVote: method({
    scope: 'admin',
    summary:
      "Votes with this node's own validator to admit a candidate or to remove a validator, and again whenever that vote expires without effect, until it takes effect, is discarded or the node stops.",
    params: z.strictObject({ address: AddressParam, add: z.boolean() }),
    result: z.object({ member: Address, decision: z.enum(VOTE_DECISIONS), txId: Hash }),
  }),
  ibft_discardValidatorVote: method({
    scope: 'admin',
    summary:
      'Ends what ibft_proposeValidatorVote began: the node votes no more. A vote that a block holds stays until it expires.',
    params: z.strictObject({ address: AddressParam }),
    result: z.object({ discarded: z.boolean() }),
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
      step: z.enum(STEPS),
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
    result: ValidatorsOfHeight,
  }),
  ibft_getValidatorsByBlockHash: method({
    scope: 'debug',
    summary: 'The validator set that decided a block, in the order that its certificate refers to.',
    params: z.strictObject({ hash: HashParam }),
    result: ValidatorsOfHeight,
  }),
};
