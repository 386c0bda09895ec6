import type { Address } from '../../types/ssz-bytes.ts';
import { diagnose } from '../diagnosis.ts';
import type { Handlers } from '../dispatcher.ts';
import { dumpOf } from '../dump.ts';
import { rpcError } from '../errors.ts';
import { roundView } from '../inspection-views.ts';
import { pageOf } from '../paging.ts';
import type { ChainPort } from '../ports/chain.ts';
import type { EvidenceView } from '../ports/consensus.ts';
import type { RpcPorts } from '../ports/rpc-ports.ts';
import { diagnosisStep, type ibftMethods } from '../schema/ibft.ts';
import { missingBlock, selectBlock, selectHeight } from '../selectors.ts';
import { addressText, hash0x, rfc3339 } from '../text-forms.ts';
import { membershipVoteHandlers } from './membership-votes.ts';

/** Blocks that one call looks at. */
const MAX_RANGE = 1_000;
const DEFAULT_RANGE = 100;

export function ibftHandlers(ports: RpcPorts): Handlers<typeof ibftMethods> {
  const { chain, clock, consensus, network, sync } = ports;
  return {
    ...membershipVoteHandlers(ports),

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

    ibft_dumpConsensusState: async () => {
      const { height, round, step, proposalHash, ...votes } = consensus.roundState();
      const validators = await chain.validators(Math.max(1, height));
      if (validators === undefined) throw missingBlock(chain, height);
      const views = new Map(network.validatorPeers().map((view) => [view.validator, view]));
      const peers = new Map(network.peers().map((peer) => [peer.peerId, peer]));
      return {
        ...dumpOf(ports, 'ibft_dumpConsensusState'),
        consensusHeight: height,
        round,
        step,
        proposalHash: proposalHash === undefined ? null : hash0x(proposalHash),
        validators: validators.members.map(({ id }) => {
          const view = views.get(id);
          const peer = view?.peerId === undefined ? undefined : peers.get(view.peerId);
          return {
            validator: addressText(id),
            state: view?.state ?? 'never_seen',
            peer: view?.peerId ?? null,
            height: peer?.height ?? null,
            prepared: votes.prepares.includes(id),
            committed: votes.commits.includes(id),
            claimedRound: votes.roundChanges.find(({ validator }) => validator === id)?.round ?? null,
          };
        }),
      };
    },

    ibft_getBlockCommitters: async (selector) => {
      const { height, hash, certificate } = await selectBlock(chain, selector);
      const validators = await chain.validators(height);
      if (validators === undefined) throw missingBlock(chain, height);
      const committers = validators.members.filter((_, i) => certificate.signers.get(i));
      return {
        height,
        hash: hash0x(hash),
        round: certificate.round,
        committers: committers.map(({ id }) => addressText(id)),
      };
    },

    ibft_getSignerMetrics: async (range) => {
      const head = chain.head().height;
      const toHeight = Math.min(range.toHeight ?? head, head);
      const fromHeight = Math.max(chain.lowestHeight(), range.fromHeight ?? toHeight - DEFAULT_RANGE + 1);
      if (toHeight - fromHeight >= MAX_RANGE)
        throw rpcError('INVALID_PARAMS', `the range has more than ${MAX_RANGE} blocks`, {
          data: { path: 'params.fromHeight', maxBlocks: MAX_RANGE },
          hint: 'ask for a part of it',
        });
      const proposed = new Map<Address, { blocks: number; last: number }>();
      for (let height = fromHeight; height <= toHeight; height++) {
        const header = (await chain.header(height))?.header;
        if (header === undefined) throw missingBlock(chain, height);
        const blocks = (proposed.get(header.proposer)?.blocks ?? 0) + 1;
        proposed.set(header.proposer, { blocks, last: height });
      }
      const members = (await chain.validators(head + 1))?.members.map(({ id }) => id) ?? [];
      return {
        fromHeight,
        toHeight: Math.max(0, toHeight),
        signers: [...new Set([...members, ...proposed.keys()])].map((validator) => ({
          validator: addressText(validator),
          proposedBlocks: proposed.get(validator)?.blocks ?? 0,
          lastProposedHeight: proposed.get(validator)?.last ?? null,
        })),
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
          rounds: rounds.map(roundView),
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

    ibft_getValidatorsByBlockNumber: async (selector) =>
      validatorsOfHeight(chain, await selectHeight(chain, selector)),

    ibft_getValidatorsByBlockHash: async (selector) =>
      validatorsOfHeight(chain, await selectHeight(chain, selector)),
  };
}

/** @throws NodeError PRUNED, BLOCK_NOT_FOUND */
async function validatorsOfHeight(chain: ChainPort, wanted: number) {
  const height = Math.max(1, wanted);
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
}

/** Why this node's validator signs nothing. */
function ownFault({ node }: RpcPorts): string {
  return node.readiness().reason ?? 'this node is not in the validator set of the height';
}

function evidenceFields({ validator, offence, height, hash }: EvidenceView) {
  return {
    validator: addressText(validator),
    offence,
    evidenceHeight: height,
    evidenceHash: hash0x(hash),
  };
}
