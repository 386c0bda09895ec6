import { Argument, type Command } from 'commander';
import { type AttributeValue, subjectOf } from '../../../client/subject.ts';
import type { Subject } from '../../../types/agreement.ts';
import { usageError } from '../../exit-code.ts';
import { hash0x } from '../../parse.ts';

/** Of every command that asks policies about a subject. */
export interface AboutOptions {
  subject: string;
  entry: string;
}

export function withAgreement(command: Command): Command {
  return command.addArgument(new Argument('<agreement>', 'id of the agreement').argParser(hash0x));
}

export function withAboutOptions(command: Command): Command {
  return withAgreement(command)
    .requiredOption(
      '--subject <json>',
      'whom or what it is about, as {"id": "ann", "region": "EU", "age": 41, "blocked": false}',
    )
    .option('--entry <entry>', 'record, put or delete', 'record');
}

/** Text becomes a text attribute, a whole number an integer, true and false a boolean; `id` names the subject. */
export function subjectFromJson(text: string): Subject {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw usageError(`the subject is no JSON: ${(cause as Error).message}`);
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw usageError('the subject is an object such as {"id": "ann", "region": "EU"}');
  const { id, ...values } = json as Record<string, unknown>;
  if (typeof id !== 'string' || id === '') throw usageError('the subject needs an "id" that is text');
  const attributes = Object.entries(values).map(([name, value]) => [name, attributeOf(name, value)]);
  return subjectOf(id, Object.fromEntries(attributes));
}

function attributeOf(name: string, value: unknown): AttributeValue {
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
  throw usageError(`the attribute ${name} is neither text, nor a whole number, nor true or false`);
}
