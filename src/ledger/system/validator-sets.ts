import { ContainerType, type ValueOf } from '@chainsafe/ssz';
import { Height } from '../../types/ssz-numbers.ts';
import { type Validator, ValidatorListType, ValidatorSet } from '../../types/validator.ts';
import { InvariantViolation, type StateReader, type StateWriter } from '../seam.ts';
import { Queue } from '../state/queue.ts';
import { Table } from '../state/table.ts';

/**
 * Validator sets in the `system` sub-tree. In the state after block h, `current` is V(h + 1) and `next` V(h + 2):
 * what block h changed takes effect in V(h + 2), to which header h + 1 commits. The history holds every set within
 * evidence age, one entry per change.
 */
const current = new Table('validators-current', ValidatorListType);
const next = new Table('validators-next', ValidatorListType);

const HistoryEntryType = new ContainerType({ fromHeight: Height, validators: ValidatorListType });
type HistoryEntry = ValueOf<typeof HistoryEntryType>;
const history = new Queue<HistoryEntry>('validators-history', HistoryEntryType);

/** Sets by the bytes that they were read from, which never change. */
const decoded = new WeakMap<Uint8Array, ValidatorSet>();

function readSet(system: StateReader, table: Table<Validator[]>): ValidatorSet {
  const bytes = system.get(table.path());
  if (bytes === undefined) throw new InvariantViolation('the state holds no validator set');
  let set = decoded.get(bytes);
  if (set === undefined) {
    set = new ValidatorSet(table.decode(bytes));
    decoded.set(bytes, set);
  }
  return set;
}

/** V(h + 1) in the state after block h: the validators of the block to come. */
export function currentValidators(system: StateReader): ValidatorSet {
  return readSet(system, current);
}

/** V(h + 2) in the state after block h: the latest set that is decided. */
export function nextValidators(system: StateReader): ValidatorSet {
  return readSet(system, next);
}

/** Entries of the history by the bytes that they were read from. */
const decodedEntries = new WeakMap<Uint8Array, { fromHeight: number; validators: ValidatorSet }>();

function historyEntry(system: StateReader, position: number) {
  const bytes = history.bytesAt(system, position);
  if (bytes === undefined) throw new InvariantViolation('the history of validator sets has a hole');
  let entry = decodedEntries.get(bytes);
  if (entry === undefined) {
    const { fromHeight, validators } = history.decode(bytes);
    entry = { fromHeight, validators: new ValidatorSet(validators) };
    decodedEntries.set(bytes, entry);
  }
  return entry;
}

/** V(height), or undefined for a height outside the history. */
export function validatorsAt(system: StateReader, height: number): ValidatorSet | undefined {
  const { head, tail } = history.range(system);
  let low = head;
  let high = tail;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (historyEntry(system, middle).fromHeight <= height) low = middle + 1;
    else high = middle;
  }
  return low === head ? undefined : historyEntry(system, low - 1).validators;
}

/** Books V(height + 2) at the end of block `height`, and forgets sets older than `maxAgeHeights`. */
export function advanceValidators(
  system: StateWriter,
  height: number,
  afterNext: ValidatorSet,
  maxAgeHeights: number,
): void {
  const before = nextValidators(system);
  if (before.hash !== currentValidators(system).hash) current.set(system, [...before.members]);
  if (afterNext.hash !== before.hash) {
    next.set(system, [...afterNext.members]);
    history.push(system, { fromHeight: height + 2, validators: [...afterNext.members] });
  }
  for (;;) {
    const { head, tail } = history.range(system);
    const successor = head + 1 < tail ? historyEntry(system, head + 1) : undefined;
    if (successor === undefined || successor.fromHeight > height - maxAgeHeights) return;
    history.shift(system);
  }
}

/** V(1) = V(2) = the set of genesis. */
export function initValidators(system: StateWriter, validators: ValidatorSet): void {
  current.set(system, [...validators.members]);
  next.set(system, [...validators.members]);
  history.push(system, { fromHeight: 1, validators: [...validators.members] });
}
