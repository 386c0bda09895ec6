import type { RoundState } from '../types/round-state.ts';
import type { Address } from '../types/ssz-bytes.ts';
import type { ValidatorSet } from '../types/validator.ts';
import type { PeerView, ValidatorPeerView } from './ports/network.ts';

/** What a node knows when it is asked why the chain does not move. Times in milliseconds. */
export interface Situation {
  readonly state: RoundState;
  readonly validators: ValidatorSet;
  readonly self: Address | undefined;
  /** Why this node's own validator does not vote, if it does not. */
  readonly ownFault: string | undefined;
  readonly syncing: boolean;
  readonly peers: readonly PeerView[];
  readonly validatorPeers: readonly ValidatorPeerView[];
  /** How long the present height and round have been going on; undefined while there is nothing to decide. */
  readonly running: { readonly heightForMs: number; readonly roundForMs: number } | undefined;
  readonly nextRoundInMs: number | undefined;
}

export interface MissingValidator {
  readonly validator: Address;
  readonly peer: string | undefined;
  readonly state: 'disconnected' | 'behind' | 'never_seen' | 'silent';
  readonly sinceMs?: number;
  readonly height?: number;
  readonly reason?: string;
}

export interface Diagnosis {
  readonly ok: boolean;
  readonly verdict: string;
  readonly missing: readonly MissingValidator[];
  readonly have: number;
  readonly hints: readonly string[];
}

/** Who takes part in a round above 0 says so with a round change, which is on its way for at most this long. */
const ROUND_CHANGE_DUE_MS = 1_500;
/** From this round on a height with a quorum counts as stuck: two proposers in a row have failed. */
const STUCK_FROM_ROUND = 2;

/** Names who is missing, and what to do about it. */
export function diagnose(situation: Situation): Diagnosis {
  const { state, validators, syncing } = situation;
  const missing = missingValidators(situation);
  const have = validators.size - missing.length;
  const where = `at height ${state.height}, round ${state.round}`;
  const count = `${missing.length} ${missing.length === 1 ? 'validator' : 'validators'} missing`;
  const answer = (ok: boolean, verdict: string, hints: readonly string[]): Diagnosis => ({
    ok,
    verdict,
    missing,
    have,
    hints,
  });
  if (have < validators.quorum)
    return answer(false, `NO_QUORUM: ${count} ${where}`, noQuorumHints(situation, missing));
  if (syncing)
    return answer(false, `SYNCING: this node fetches blocks that others decided, ${where}`, [
      'wait until the node has caught up; `ibft_diagnose` of another node tells whether the chain moves',
    ]);
  if (state.round >= STUCK_FROM_ROUND && situation.running !== undefined)
    return answer(false, `ROUNDS_FAIL: a quorum is here, yet nothing is decided ${where}`, [
      'ibft_roundHistory tells how far each round came, and whose proposals failed',
      ...faultHints(missing),
    ]);
  const verdict = missing.length === 0 ? `OK: all validators are here, ${where}` : `OK: ${count} ${where}`;
  return answer(true, verdict, faultHints(missing));
}

function missingValidators(situation: Situation): MissingValidator[] {
  const { state, validators, self, ownFault, peers, validatorPeers, running } = situation;
  const views = new Map(validatorPeers.map((view) => [view.validator, view]));
  const heard = heardInRound(state);
  const everyoneIsDue = state.round > 0 && (running?.roundForMs ?? 0) >= ROUND_CHANGE_DUE_MS;
  return validators.members.flatMap(({ id: validator }): MissingValidator[] => {
    if (validator === self)
      return ownFault === undefined
        ? []
        : [{ validator, peer: undefined, state: 'silent', reason: ownFault }];
    const view = views.get(validator);
    if (view === undefined) return [{ validator, peer: undefined, state: 'never_seen' }];
    const reason = view.reason === undefined ? {} : { reason: view.reason };
    if (view.state === 'never_seen') return [{ validator, peer: undefined, state: 'never_seen', ...reason }];
    const since = view.sinceMs === undefined ? {} : { sinceMs: view.sinceMs };
    if (view.state === 'disconnected')
      return [{ validator, peer: view.peerId, state: 'disconnected', ...since, ...reason }];
    if (heard.has(validator) || !everyoneIsDue) return [];
    const height = peers.find(({ peerId }) => peerId === view.peerId)?.height;
    if (height !== undefined && height < state.height - 1)
      return [{ validator, peer: view.peerId, state: 'behind', height }];
    const last = state.roundChanges.find((change) => change.validator === validator);
    const heardLast =
      last === undefined
        ? 'nothing of it at this height'
        : `its last round change is for round ${last.round}`;
    return [{ validator, peer: view.peerId, state: 'silent', reason: `connected, but ${heardLast}` }];
  });
}

/** Validators that have signed something of the present round or a later one. */
function heardInRound({ round, prepares, commits, roundChanges }: RoundState): Set<Address> {
  const reached = roundChanges.filter((change) => change.round >= round).map(({ validator }) => validator);
  return new Set([...prepares, ...commits, ...reached]);
}

function noQuorumHints(situation: Situation, missing: readonly MissingValidator[]): string[] {
  const { validators } = situation;
  const needed = validators.quorum - (validators.size - missing.length);
  const hints = [
    `start any ${needed} of the ${missing.length} missing validators; votes to remove one cannot pass without quorum`,
  ];
  if (situation.nextRoundInMs === undefined && situation.state.round > 0)
    hints.push('no round ends by time now: this node waits for the round changes of a quorum');
  return [...hints, ...faultHints(missing)];
}

function faultHints(missing: readonly MissingValidator[]): string[] {
  const has = (state: MissingValidator['state']) => missing.some((one) => one.state === state);
  return [
    ...(has('never_seen')
      ? ['a validator that was never seen: check that it runs, and that it knows a bootnode of this chain']
      : []),
    ...(has('silent')
      ? ['a silent validator is connected and signs nothing: look at its `/readyz`, and whether it is paused']
      : []),
    ...(has('behind') ? ['a validator that is behind catches up by itself while it has a peer to ask'] : []),
  ];
}
