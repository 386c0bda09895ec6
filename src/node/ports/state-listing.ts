import type { Chain } from '../../chain/chain.ts';
import type { State } from '../../ledger/state/state.ts';
import type { Table } from '../../ledger/state/table.ts';
import type { SubtreeName } from '../../types/names.ts';

/** A record of a table with the parts of its key. */
export interface TableEntry<Record> {
  readonly key: readonly string[];
  readonly record: Record;
}

/** All records of a table in the order of their keys. */
export function entriesOf<Record>(
  state: Pick<State, 'scan'>,
  subtree: SubtreeName,
  table: Table<Record>,
): TableEntry<Record>[] {
  return [...state.scan(subtree, `${table.path()}/`)]
    .sort((a, b) => (a.path < b.path ? -1 : 1))
    .map(({ path, value }) => ({ key: path.split('/').slice(1), record: table.decode(value) }));
}

/** Made once per block, however often it is asked for. */
export function oncePerBlock<T>(chain: Pick<Chain, 'head'>, make: () => T): () => T {
  let made: { readonly height: number; readonly value: T } | undefined;
  return () => {
    const { height } = chain.head;
    if (made?.height !== height) made = { height, value: make() };
    return made.value;
  };
}
