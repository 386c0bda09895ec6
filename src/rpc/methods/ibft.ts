import type { Handlers } from '../dispatcher.ts';
import { dumpOf } from '../dump.ts';
import type { EvidenceView } from '../ports/consensus.ts';
import type { RpcPorts } from '../ports/rpc-ports.ts';
import type { ibftMethods } from '../schema/ibft.ts';
import { missingBlock, selectHeight } from '../selectors.ts';
import { addressText, hash0x } from '../text-forms.ts';

export function ibftHandlers(ports: RpcPorts): Handlers<typeof ibftMethods> {
  const { chain, clock, consensus } = ports;
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

function evidenceFields({ validator, offence, height, hash }: EvidenceView) {
  return {
    validator: addressText(validator),
    offence,
    evidenceHeight: height,
    evidenceHash: hash0x(hash),
  };
}
