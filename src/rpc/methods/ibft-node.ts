import { faultTolerance } from '../../types/quorum.ts';
import type { Handlers } from '../dispatcher.ts';
import { dumpOf } from '../dump.ts';
import type { RpcPorts } from '../ports/rpc-ports.ts';
import type { ibftNodeMethods } from '../schema/ibft-node.ts';
import { addressText } from '../text-forms.ts';

const SECOND_MS = 1_000;
/** Blocks in which own proposals are looked for. */
const LOOKED_AT = 100;

export function ibftNodeHandlers(ports: RpcPorts): Handlers<typeof ibftNodeMethods> {
  const { bpci, chain, consensus, node } = ports;

  /** Heights of own blocks among the last ones, ascending. */
  const proposedBy = async (validator: string, fromHeight: number, toHeight: number) => {
    const heights: number[] = [];
    for (let height = fromHeight; height <= toHeight; height++)
      if ((await chain.header(height))?.header.proposer === validator) heights.push(height);
    return heights;
  };

  return {
    ibft_getConfig: () => {
      const { size, quorum } = consensus.validators();
      const { minBlockIntervalMs, maxClockDriftMs, maxValidatorChanges, validatorWindowHeights } =
        chain.genesis.parameters;
      return {
        ...dumpOf(ports, 'ibft_getConfig'),
        protocol: 'qbft',
        proposerSelection: 'round-robin',
        validators: size,
        quorum,
        faultTolerance: faultTolerance(size),
        ...consensus.timing,
        minBlockIntervalMs,
        maxClockDriftMs,
        maxValidatorChanges,
        validatorWindowHeights,
      };
    },

    ibft_getRequestTimeoutSeconds: () => ({
      requestTimeoutSeconds: consensus.timing.requestTimeoutMs / SECOND_MS,
      capSeconds: consensus.timing.timeoutCapMs / SECOND_MS,
    }),

    ibft_getNodeStatus: async () => {
      const { self } = consensus;
      const head = chain.head().height;
      const fromHeight = Math.max(chain.lowestHeight(), head - LOOKED_AT + 1);
      const set = await chain.validators(head + 1);
      const proposed = self === undefined ? [] : await proposedBy(self, fromHeight, head);
      const participation = self === undefined ? undefined : bpci.participation(self);
      const { height, round } = consensus.roundState();
      const inSet = self !== undefined && set?.has(self) === true;
      const voting = consensus.mayVote();
      return {
        ...dumpOf(ports, 'ibft_getNodeStatus'),
        validator: self === undefined ? null : addressText(self),
        inSet,
        voting,
        reason: voting
          ? null
          : self === undefined
            ? 'OBSERVER'
            : (node.readiness().reason ?? (inSet ? 'HEIGHT_NOT_SIGNABLE' : 'NOT_IN_SET')),
        consensusHeight: height,
        round,
        sealed: participation?.seals ?? 0,
        missed: participation?.missed ?? 0,
        fromHeight,
        toHeight: head,
        proposedBlocks: proposed.length,
        lastProposedHeight: proposed.at(-1) ?? null,
      };
    },
  };
}
