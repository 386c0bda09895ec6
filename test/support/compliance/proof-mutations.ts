import { ContainerType, ListCompositeType, type Type } from '@chainsafe/ssz';
import { TOKENS } from '../../../src/types/names.ts';

export interface Mutation {
  /** Where the value differs, like `coverage.signers.0`. */
  readonly path: string;
  readonly value: unknown;
}

/** A value of the same schema that differs in one place. */
function changed(value: unknown): unknown {
  switch (typeof value) {
    case 'bigint':
      return value + 1n;
    case 'number':
      return value + 1;
    case 'boolean':
      return !value;
    case 'string': {
      const token = (TOKENS as readonly string[]).indexOf(value);
      if (token >= 0) return TOKENS[(token + 1) % TOKENS.length];
      return value.slice(0, -1) + (value.endsWith('0') ? '1' : '0');
    }
    default:
      throw new TypeError(`no change for a ${typeof value}`);
  }
}

/** Every way in which one field, at any depth, or the length of one list can differ. */
export function mutationsOf(type: Type<unknown>, value: unknown, path = ''): Mutation[] {
  const at = (name: string | number) => (path === '' ? String(name) : `${path}.${name}`);
  if (type instanceof ContainerType) {
    const record = value as Record<string, unknown>;
    return Object.entries(type.fields as Record<string, Type<unknown>>).flatMap(([name, field]) =>
      mutationsOf(field, record[name], at(name)).map((mutation) => ({
        ...mutation,
        value: { ...record, [name]: mutation.value },
      })),
    );
  }
  if (type instanceof ListCompositeType) {
    const list = value as unknown[];
    const element = type.elementType as Type<unknown>;
    const inside = list.flatMap((item, i) =>
      mutationsOf(element, item, at(i)).map((mutation) => ({
        ...mutation,
        value: list.with(i, mutation.value),
      })),
    );
    const lengths = [{ path: at('longer'), value: [...list, element.defaultValue()] }];
    if (list.length > 0) lengths.push({ path: at('shorter'), value: list.slice(0, -1) });
    return [...inside, ...(list.length < type.limit ? lengths : lengths.slice(1))];
  }
  return [{ path, value: changed(value) }];
}
