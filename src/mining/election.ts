import { drawOf, rankByRendezvous } from '../crypto/weighted-rendezvous.ts';
import { minerWeights } from '../ledger/economy/policy/miner-weights.ts';
import type { StateGround } from '../ledger/state/state.ts';
import { lastBeacons } from '../ledger/system/chain-facts.ts';
import { LEDGERS, type LedgerName } from '../types/names.ts';
import { ELECTED_RANKS } from '../types/section.ts';
import type { Address, Hash } from '../types/ssz-bytes.ts';
import type { ValidatorSet } from '../types/validator.ts';
import { concatBytes, fromHex, utf8 } from '../util/bytes.ts';

/** A validator that may be elected; `weight` is at least 1. */
export interface MinerCandidate {
  readonly id: Address;
  readonly weight: bigint;
}

/** The elected miners of each ledger for one height, from rank 0 on. */
export type ElectedMiners = Readonly<Record<LedgerName, readonly Address[]>>;

/**
 * Elects the miners of block `height` by a weighted lottery that everybody computes alike. `beacon` is the value two
 * blocks below, so the miners are known while the block before is being voted on, and its proposer cannot choose them.
 *
 * Every ledger ranks the candidates by a draw of its own. Then rank by rank, in ledger order, each ledger takes its best
 * candidate that holds no lower rank of it and leaves one for each ledger after it: so five ledgers have five different
 * miners of each rank, or as many as there are candidates, after which they begin again. A ledger has at most
 * ELECTED_RANKS miners, all different.
 */
export function electMiners(
  beacon: Hash,
  height: number,
  candidates: readonly MinerCandidate[],
): ElectedMiners {
  const elected: Record<LedgerName, Address[]> = {
    docklock: [],
    cluster: [],
    bpi: [],
    bpci: [],
    economy: [],
  };
  const seats: Seat[] = LEDGERS.map((ledger) => ({
    order: rankFor(beacon, height, ledger, candidates),
    elected: elected[ledger],
  }));
  const perTurn = Math.max(1, Math.min(LEDGERS.length, candidates.length));
  // A turn of fewer ledgers than candidates could end with one candidate for two of them: it is filled up.
  const order = candidates.map(({ id }) => id).sort();
  while (seats.length % perTurn !== 0) seats.push({ order, elected: [] });
  const ranks = Math.min(ELECTED_RANKS, candidates.length);
  for (let rank = 0; rank < ranks; rank++)
    for (let first = 0; first < seats.length; first += perTurn) {
      const turn = seats.slice(first, first + perTurn);
      const winners = chooseDifferent(turn.map(freeFor));
      for (const [i, winner] of winners?.entries() ?? []) turn[i]?.elected.push(winner);
    }
  return elected;
}

/** Whom a ledger would have, from the best on, and whom it has so far. */
interface Seat {
  readonly order: readonly Address[];
  readonly elected: Address[];
}

function freeFor({ order, elected }: Seat): Address[] {
  return order.filter((id) => !elected.includes(id));
}

/**
 * A candidate for each of these lists, all different, the first list choosing first; undefined if there is none. In an
 * election there always is one: a rank gave each candidate away at most once, so that any k lists hold k candidates
 * together (Hall's theorem).
 */
function chooseDifferent(
  lists: readonly (readonly Address[])[],
  taken: readonly Address[] = [],
): readonly Address[] | undefined {
  const list = lists[taken.length];
  if (list === undefined) return taken;
  for (const id of list) {
    const chosen = taken.includes(id) ? undefined : chooseDifferent(lists, [...taken, id]);
    if (chosen !== undefined) return chosen;
  }
  return undefined;
}

/** Who may be elected above a state: the validators of that block, with the weights that the state gives them. */
export function candidatesAbove(
  state: Pick<StateGround, 'reader'>,
  validators: ValidatorSet,
): MinerCandidate[] {
  const ids = validators.members.map(({ id }) => id);
  return [...minerWeights(state.reader('economy'), ids)].map(([id, weight]) => ({ id, weight }));
}

/**
 * The miners of the block above a state, which has the height `height` − 1, out of the validators of that block. Their
 * weights are those of the same state: they change where an epoch ends.
 */
export function electMinersAbove(
  state: Pick<StateGround, 'reader'>,
  height: number,
  validators: ValidatorSet,
): ElectedMiners {
  const { previous } = lastBeacons(state.reader('system'));
  return electMiners(previous, height, candidatesAbove(state, validators));
}

/** The rank of a validator for a ledger, or undefined if it was not elected. */
export function electedRank(
  elected: ElectedMiners,
  ledger: LedgerName,
  validator: Address,
): number | undefined {
  const rank = elected[ledger].indexOf(validator);
  return rank < 0 ? undefined : rank;
}

/** All candidates from the best on. Each draw is H("election", beacon ‖ u64 height, little-endian ‖ ledger ‖ id). */
function rankFor(
  beacon: Hash,
  height: number,
  ledger: LedgerName,
  candidates: readonly MinerCandidate[],
): Address[] {
  const heightBytes = new Uint8Array(8);
  new DataView(heightBytes.buffer).setBigUint64(0, BigInt(height), true);
  const seed = concatBytes(fromHex(beacon), heightBytes, utf8(ledger));
  return rankByRendezvous(
    candidates.map(({ id, weight }) => ({ id, weight, draw: drawOf('election', seed, fromHex(id)) })),
  ).map(({ id }) => id);
}
