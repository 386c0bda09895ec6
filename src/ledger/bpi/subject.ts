import type { Subject } from '../../types/agreement.ts';
import type { Address } from '../../types/ssz-bytes.ts';
import type { Scalar } from './expression.ts';
import { failure } from './failure.ts';
import { INTEGER_MAX, INTEGER_MIN } from './yaml-document.ts';

/** An invocation as policies see it. */
export interface Request {
  readonly subjectId: string;
  readonly attributes: ReadonlyMap<string, Scalar>;
  readonly entry: string;
  /** Who invokes. */
  readonly actor: Address;
}

export const ATTRIBUTE_NAME = /^[A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)*$/;

function attributeValue({ name, kind, value }: Subject['attributes'][number]): Scalar {
  if (kind === 'text') return value;
  if (kind === 'boolean') {
    if (value === 'true' || value === 'false') return value === 'true';
    throw failure('SUBJECT_INVALID', `the attribute ${name} is neither true nor false`);
  }
  // Longer text is no 128-bit integer, and is not worth reading.
  if (value.length <= 40 && /^(?:0|-?[1-9]\d*)$/.test(value)) {
    const integer = BigInt(value);
    if (integer <= INTEGER_MAX && integer >= INTEGER_MIN) return integer;
  }
  throw failure('SUBJECT_INVALID', `the attribute ${name} is no integer of 128 bits in decimal digits`);
}

/** @throws OperationFailure SUBJECT_INVALID */
export function readRequest(subject: Subject, entry: string, actor: Address): Request {
  if (subject.id === '') throw failure('SUBJECT_INVALID', 'the subject has no id');
  const attributes = new Map<string, Scalar>();
  for (const attribute of subject.attributes) {
    if (!ATTRIBUTE_NAME.test(attribute.name))
      throw failure('SUBJECT_INVALID', 'attributes are named by letters, digits, underscores and dots');
    if (attribute.name === 'id' || attributes.has(attribute.name))
      throw failure('SUBJECT_INVALID', `the attribute ${attribute.name} twice`);
    attributes.set(attribute.name, attributeValue(attribute));
  }
  return { subjectId: subject.id, attributes, entry, actor };
}

/** The value of a path of an expression. */
export function resolvePath(request: Request, path: string): Scalar | undefined {
  if (path === 'actor.address') return request.actor;
  if (path === 'invocation.entry') return request.entry;
  if (path === 'subject.id') return request.subjectId;
  return request.attributes.get(path.slice('subject.'.length));
}
