import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type * as z from 'zod';
import { NodeError } from '../src/util/errors.ts';

export type JsonFileErrorCode = 'MALFORMED_FILE' | 'NO_SUCH_FILE';

/** Checks parsed JSON against a schema. @throws NodeError MALFORMED_FILE naming the first bad field */
export function fromJsonText<Schema extends z.ZodType>(
  schema: Schema,
  json: unknown,
  what: string,
): z.infer<Schema> {
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new NodeError<JsonFileErrorCode>(
    'MALFORMED_FILE',
    `${what}: ${issue?.path.join('.') || 'value'}: ${issue?.message}`,
  );
}

/** @throws NodeError NO_SUCH_FILE, MALFORMED_FILE */
export async function readJsonFile<Schema extends z.ZodType>(
  schema: Schema,
  path: string,
): Promise<z.infer<Schema>> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new NodeError<JsonFileErrorCode>('NO_SUCH_FILE', `cannot read ${path}`, { cause });
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new NodeError<JsonFileErrorCode>('MALFORMED_FILE', `${path} is no JSON`, { cause });
  }
  return fromJsonText(schema, json, path);
}

/** Writes a file so that a reader sees the old or the new content, never a part. */
export async function writeJsonFile(path: string, value: unknown): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const text = JSON.stringify(
    value,
    (_, item: unknown) => (typeof item === 'bigint' ? item.toString() : item),
    2,
  );
  const temporary = `${path}.${process.pid}.tmp`;
  await writeFile(temporary, `${text}\n`);
  await rename(temporary, path);
}
