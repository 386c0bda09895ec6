import type { Attribute, Subject } from '../types/agreement.ts';

export type AttributeValue = string | bigint | boolean;

const KINDS = { string: 'text', bigint: 'integer', boolean: 'boolean' } as const;

/** The subject of an invocation from plain values: what is said of it, by name. */
export function subjectOf(id: string, values: Readonly<Record<string, AttributeValue>>): Subject {
  const attributes = Object.entries(values).map(
    ([name, value]): Attribute => ({
      name,
      kind: KINDS[typeof value as keyof typeof KINDS],
      value: String(value),
    }),
  );
  return { id, attributes };
}
