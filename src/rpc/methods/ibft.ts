import { diagnose } from '../diagnosis.ts';
import type { Handlers } from '../dispatcher.ts';
import { dumpOf } from '../dump.ts';
import { pageOf } from '../paging.ts';
import type { EvidenceView, RoundRecordView } from '../ports/consensus.ts';
import type { RpcPorts } from '../ports/rpc-ports.ts';
import { diagnosisStep, type ibftMethods } from '../schema/ibft.ts';
import { missingBlock, selectHeight } from '../selectors.ts';
import { addressText, hash0x, rfc3339 } from '../text-forms.ts';

export function ibftHandlers(ports: RpcPorts): Handlers<typeof ibftMethods> {
  const { chain, clock, consensus, network, sync } = ports;
  return {
    ibft_getEvidence: () => ({
      ...dumpOf(ports, 'ibft_getEvidence'),
      seen: consensus.pendingEvidence().map(evidenceFields),
      applied: consensus.appliedEvidence().map((applied) => ({
        ...evidenceFields(applied),
        appliedAt: applied.appliedAt,
        slashed: applied.slashed.toString(),
        jailed: applied.jailed,
      })),
    }),

    ibft_diagnose: async () => {
      const state = consensus.roundState();
      const height = Math.max(1, state.height);
      const validators = await chain.validators(height);
      if (validators === undefined) throw missingBlock(chain, height);
      const running = consensus.running();
      const nextRoundInMs =
        state.roundEndsAtMs === undefined
          ? undefined
          : Math.max(0, Math.round(state.roundEndsAtMs - clock.monotonicMs()));
      const { ok, verdict, missing, have, hints } = diagnose({
        state,
        validators,
        self: consensus.self,
        ownFault: consensus.self === undefined || consensus.mayVote() ? undefined : ownFault(ports),
        syncing: sync.status().syncing,
        peers: network.peers(),
        validatorPeers: network.validatorPeers(),
        running,
        nextRoundInMs,
      });
      const { proposer } = state;
      return {
        ok,
        height,
        round: state.round,
        step: diagnosisStep(state.step),
        stuckForMs: running === undefined ? 0 : Math.round(running.heightForMs),
        nextRoundInMs: nextRoundInMs ?? null,
        quorum: { need: validators.quorum, have, validators: validators.size },
        verdict,
        missing: missing.map(({ validator, peer, sinceMs, ...rest }) => ({
          validator: addressText(validator),
          peer: peer ?? null,
          ...rest,
          ...(sinceMs === undefined ? {} : { since: rfc3339(sinceMs) }),
        })),
        proposer: {
          ...(proposer === undefined ? {} : { [`round${state.round}`]: addressText(proposer) }),
          online: proposer !== undefined && !missing.some(({ validator }) => validator === proposer),
        },
        hints: [...hints],
      };
    },

    ibft_roundHistory: (page) => ({
      ...dumpOf(ports, 'ibft_roundHistory'),
      ...pageOf(
        consensus.roundHistory().toReversed(),
        page,
        ({ height, startedAtMs, durationMs, rounds }) => ({
          height,
          startedAt: rfc3339(startedAtMs),
          durationMs: durationMs ?? null,
          rounds: rounds.map(roundFields),
        }),
      ),
    }),

    ibft_getRoundState: async () => {
      const state = consensus.roundState();
      const validators = await chain.validators(Math.max(1, state.height));
      return {
        ...dumpOf(ports, 'ibft_getRoundState'),
        validator: consensus.self === undefined ? null : addressText(consensus.self),
        voting: consensus.mayVote(),
        validators: validators?.size ?? 0,
        quorum: validators?.quorum ?? 0,
        consensusHeight: state.height,
        round: state.round,
        step: state.step,
        proposer: state.proposer === undefined ? null : addressText(state.proposer),
        proposalHash: state.proposalHash === undefined ? null : hash0x(state.proposalHash),
        preparedRound: state.preparedRound ?? null,
        prepares: state.prepares.map(addressText),
        commits: state.commits.map(addressText),
        roundChanges: state.roundChanges.map(({ validator, round }) => ({
          validator: addressText(validator),
          round,
        })),
        roundEndsInMs:
          state.roundEndsAtMs === undefined ? null : Math.round(state.roundEndsAtMs - clock.monotonicMs()),
      };
    },

    ibft_getValidatorsByBlockNumber: async (selector) => {
      const height = Math.max(1, await selectHeight(chain, selector));
      const validators = await chain.validators(height);
      if (validators === undefined) throw missingBlock(chain, height);
      return {
        height,
        validatorsHash: hash0x(validators.hash),
        quorum: validators.quorum,
        validators: validators.members.map(({ id, consensusKey, vrfKey }) => ({
          id: addressText(id),
          consensusKey: hash0x(consensusKey),
          vrfKey: hash0x(vrfKey),
        })),
      };
    },
  };
}

/** Why this node's validator signs nothing. */
function ownFault({ node }: RpcPorts): string {
  return node.readiness().reason ?? 'this node is not in the validator set of the height';
}

const REASON_OF_STEP = {
  idle: null,
  'waiting-for-proposal': 'NO_PROPOSAL',
  validating: 'PROPOSAL_NOT_VALIDATED',
  prepare: 'NO_PREPARE_QUORUM',
  commit: 'NO_COMMIT_QUORUM',
  decided: null,
} as const;

function roundFields({ round, startedAtMs, durationMs, outcome, end }: RoundRecordView) {
  return {
    round,
    startedAt: rfc3339(startedAtMs),
    durationMs: durationMs ?? null,
    outcome,
    reason: end === undefined ? null : REASON_OF_STEP[end.step],
    proposer: end?.proposer === undefined ? null : addressText(end.proposer),
    prepares: end?.prepares ?? null,
    commits: end?.commits ?? null,
  };
}

function evidenceFields({ validator, offence, height, hash }: EvidenceView) {
  return {
    validator: addressText(validator),
    offence,
    evidenceHeight: height,
    evidenceHash: hash0x(hash),
  };
}
