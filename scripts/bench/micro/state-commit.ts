import { sha256 } from '../../../src/crypto/hash.ts';
import { State } from '../../../src/ledger/state/state.ts';
import type { StateLeaf } from '../../../src/types/state-leaf.ts';
import { toHex, utf8 } from '../../../src/util/bytes.ts';
import { median } from '../arithmetic.ts';
import { cpuMicros } from './cpu-time.ts';

const VALUE_BYTES = 64;
const CHANGED_KEYS = 2_000;
const COMMITS = 9;

function* leavesOf(keys: number): Generator<StateLeaf> {
  for (let key = 0; key < keys; key++)
    yield { subtree: 'economy', path: pathAt(key), value: new Uint8Array(VALUE_BYTES).fill(key) };
}

function pathAt(key: number): string {
  return `balance/${toHex(sha256(utf8(String(key))))}`;
}

/** Microseconds of processor time for each changed key of writing, the root and the commit, in a state of so many keys. */
export function measureStateCommit(keys: number): number {
  const state = State.load(leavesOf(keys));
  const costs: number[] = [];
  for (let commit = 0; commit < COMMITS; commit++) {
    // The keys' places in the tree are hashes, so any of them are random ones.
    const first = commit * CHANGED_KEYS;
    const paths = Array.from({ length: CHANGED_KEYS }, (_, index) => pathAt((first + index) % keys));
    const value = new Uint8Array(VALUE_BYTES).fill(commit + 1);
    const begin = cpuMicros();
    const view = state.extend();
    for (const path of paths) view.writer('economy').set(path, value);
    view.stateRoot();
    state.commit(view);
    costs.push((cpuMicros() - begin) / CHANGED_KEYS);
  }
  return median(costs);
}
