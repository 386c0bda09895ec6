import type { Chain } from '../../chain/chain.ts';
import { readSummary } from '../../ledger/cluster/registry.ts';
import { lastClosedEpoch, networkPhi } from '../../ledger/economy/policy/epoch-settlement.ts';
import { currentEpoch } from '../../ledger/economy/policy/epochs.ts';
import { minerWeight } from '../../ledger/economy/policy/miner-weights.ts';
import { nexEpochCap } from '../../ledger/economy/policy/nex-mint.ts';
import { type PoeSubject, poeRecord } from '../../ledger/economy/policy/poe-records.ts';
import { membershipOf } from '../../ledger/economy/policy/pools.ts';
import { gammaMicro, phiMicro } from '../../ledger/economy/rewards/poe-index.ts';
import type { PoeIndexView, PoePort } from '../../rpc/ports/poe.ts';

/** What the RPC reads of the PoE index at the head. */
export function poePort({ state, genesis }: Pick<Chain, 'state' | 'genesis'>): PoePort {
  const economy = state.reader('economy');
  const indexOf = (subject: PoeSubject, id: string): PoeIndexView => {
    const { usage, work, phi } = poeRecord(economy, subject, id, currentEpoch(economy).index);
    return { phi, gamma: gammaMicro(phi), running: { usage, work, phi: phiMicro(usage) } };
  };
  return {
    epoch: () => {
      const { index } = currentEpoch(economy);
      const { epochMs } = genesis.parameters;
      const startMs = genesis.timeMs + index * epochMs;
      const nexCap = nexEpochCap(genesis.parameters, index);
      return { index, startMs, endMs: startMs + epochMs, nexCap };
    },
    lastClosed: () => lastClosedEpoch(economy),
    network: () => {
      const { usage, work } = currentEpoch(economy);
      const { phi = 0n, gamma = 0n } = lastClosedEpoch(economy) ?? {};
      const activeNodes = readSummary(state.reader('cluster')).alive;
      return { phi, gamma, running: { usage, work, phi: networkPhi({ usage }, activeNodes) } };
    },
    operator: (address) => {
      const index = indexOf('operator', address);
      const pool = membershipOf(economy, address, currentEpoch(economy).index);
      return { ...index, weight: minerWeight(index.phi), pool };
    },
    app: (app) => indexOf('app', app),
  };
}
