import type { Type } from '@chainsafe/ssz';
import { NodeError } from '../../util/errors.ts';
import { decode, encode, fromJson } from '../ssz.ts';
import type { Operation } from '../transaction.ts';

/** A kind of operation or event: its number on the wire and the schema of its data. */
export interface KindSpec<T> {
  readonly kind: number;
  readonly type: Type<T>;
}

/**
 * What crosses the wire of one ledger, by name: operations, the status codes of its failures, and events. One file
 * per ledger beside this one holds its catalog; `catalogs.ts` lists them all.
 */
export interface LedgerCatalog {
  // biome-ignore lint/suspicious/noExplicitAny: every schema has its own value type; the map is read by name
  readonly operations: Readonly<Record<string, KindSpec<any>>>;
  readonly statuses: Readonly<Record<string, number>>;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly events: Readonly<Record<string, KindSpec<any>>>;
}

/** Builds an operation from its schema's value. */
export function encodeOperation<T>(spec: KindSpec<T>, value: T): Operation {
  return { kind: spec.kind, data: encode(spec.type, value) };
}

/** Name and spec of a kind, or undefined if the ledger has no such kind. */
export function findKind<T>(
  specs: Readonly<Record<string, KindSpec<T>>>,
  kind: number,
): { name: string; spec: KindSpec<T> } | undefined {
  for (const [name, spec] of Object.entries(specs)) if (spec.kind === kind) return { name, spec };
  return undefined;
}

/** The readable form of an operation or event: its name and the JSON form of its data. */
export function kindToJson(
  specs: LedgerCatalog['operations'],
  kind: number,
  data: Uint8Array,
): { name: string; data: unknown } {
  const found = findKind(specs, kind);
  if (found === undefined)
    throw new NodeError('UNKNOWN_OPERATION', `unknown kind ${kind}`, { data: { kind } });
  return { name: found.name, data: found.spec.type.toJson(decode(found.spec.type, data, found.name)) };
}

/** An operation from its readable form. @throws NodeError UNKNOWN_OPERATION, MALFORMED_JSON */
export function operationFromJson(catalog: LedgerCatalog, name: string, json: unknown): Operation {
  const spec = Object.hasOwn(catalog.operations, name) ? catalog.operations[name] : undefined;
  if (spec === undefined)
    throw new NodeError('UNKNOWN_OPERATION', `unknown operation ${name}`, {
      hint: `one of ${Object.keys(catalog.operations).join(', ')}`,
    });
  return encodeOperation(spec, fromJson(spec.type, json, name));
}
