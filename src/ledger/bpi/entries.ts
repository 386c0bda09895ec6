import type { Invoke } from '../../types/operations/bpi.ts';
import type { Hash } from '../../types/ssz-bytes.ts';
import { concatBytes, fromHex, utf8 } from '../../util/bytes.ts';
import { LIMITS } from '../../util/limits.ts';
import type { StateWriter } from '../seam.ts';
import { type Agreement, executionHash, storedValues } from './agreements.ts';
import { failure } from './failure.ts';

/** The entries that every agreement has; programs of the parties' own come with metered execution. */

/** What an entry changed, and what it returned. */
export interface EntryResult {
  readonly agreement: Agreement;
  readonly output: Hash;
}
type Entry = (invoke: Invoke, agreement: Agreement, own: StateWriter) => EntryResult;

/** Where a value of the store stands: keys are free text, paths are not. */
function storeKey(key: string): Hash {
  return executionHash(utf8(key));
}

function assertKey(key: string): void {
  if (key === '') throw failure('INPUT_INVALID', 'the entry needs a key');
}

const record: Entry = ({ key, value }, agreement) => {
  if (key !== '') throw failure('INPUT_INVALID', 'the entry record takes no key');
  const records = executionHash(concatBytes(fromHex(agreement.records), fromHex(executionHash(value))));
  return { agreement: { ...agreement, records }, output: records };
};

const put: Entry = ({ agreement: id, key, value }, agreement, own) => {
  assertKey(key);
  const others = agreement.store.filter((entry) => entry.key !== key);
  if (others.length >= LIMITS.maxStoreKeysPerAgreement)
    throw failure('STORE_FULL', `an agreement stores at most ${LIMITS.maxStoreKeysPerAgreement} keys`);
  const valueHash = executionHash(value);
  storedValues.set(own, value, id, storeKey(key));
  const store = [...others, { key, valueHash }].sort((a, b) => (a.key < b.key ? -1 : 1));
  return { agreement: { ...agreement, store }, output: valueHash };
};

const remove: Entry = ({ agreement: id, key, value }, agreement, own) => {
  assertKey(key);
  if (value.length > 0) throw failure('INPUT_INVALID', 'the entry delete takes no value');
  const entry = agreement.store.find((candidate) => candidate.key === key);
  if (entry === undefined) throw failure('KEY_UNKNOWN', 'the agreement stores nothing under this key');
  storedValues.delete(own, id, storeKey(key));
  const store = agreement.store.filter((candidate) => candidate !== entry);
  return { agreement: { ...agreement, store }, output: entry.valueHash };
};

const ENTRIES: ReadonlyMap<string, Entry> = new Map([
  ['record', record],
  ['put', put],
  ['delete', remove],
]);

export const ENTRY_NAMES: readonly string[] = [...ENTRIES.keys()];

/** @throws OperationFailure ENTRY_UNKNOWN */
export function findEntry(name: string): Entry {
  const entry = ENTRIES.get(name);
  if (entry === undefined)
    throw failure('ENTRY_UNKNOWN', `no entry of this name; there are ${ENTRY_NAMES.join(', ')}`);
  return entry;
}
