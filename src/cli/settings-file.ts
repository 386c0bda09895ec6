import { readFileSync } from 'node:fs';
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { closestName } from '../util/closest-name.ts';
import { errorMessage, NodeError } from '../util/errors.ts';
import { LIMITS } from '../util/limits.ts';
import { type Setting, type SettingsFileErrorCode, settingsError } from './setting.ts';

/**
 * The options in a YAML file: one flat map, whose keys are flags without their dashes. A list stands for a flag that is
 * repeated.
 * @throws NodeError SettingsFileErrorCode, with the line
 */
export function readSettings(file: string, keys: ReadonlySet<string>): ReadonlyMap<string, Setting> {
  const lines = new LineCounter();
  const document = parseDocument(readText(file), { lineCounter: lines, merge: false });
  const lineOf = (node: unknown) => lines.linePos((node as Node | null)?.range?.[0] ?? 0).line;
  const [fault] = [...document.errors, ...document.warnings];
  if (fault !== undefined)
    throw settingsError('CONFIG_MALFORMED', file, fault.linePos?.[0].line ?? 1, {
      message: fault.message.split('\n')[0] as string,
    });
  const settings = new Map<string, Setting>();
  if (document.contents === null) return settings;
  if (!isMap(document.contents))
    throw settingsError('CONFIG_MALFORMED', file, lineOf(document.contents), {
      message: 'the file must be a map',
      hint: 'write each option as `flag-without-dashes: value`',
    });
  for (const { key: keyNode, value: valueNode } of document.contents.items) {
    const line = lineOf(keyNode);
    const key = isScalar(keyNode) ? String(keyNode.value) : '';
    if (!keys.has(key)) throw unknownKey(file, line, key, keys);
    const value = textOf(valueNode);
    if (value === undefined)
      throw settingsError('CONFIG_BAD_VALUE', file, line, {
        message: `${key} must have one value, or a list of values`,
        data: { key },
      });
    settings.set(key, { key, value, isList: isSeq(valueNode), file, line });
  }
  return settings;
}

function readText(file: string): string {
  const fail = (why: string, cause?: unknown) =>
    new NodeError<SettingsFileErrorCode>('CONFIG_UNREADABLE', `cannot read ${file}: ${why}`, {
      data: { file },
      cause,
    });
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (cause) {
    throw fail(errorMessage(cause), cause);
  }
  if (bytes.length > LIMITS.maxConfigFileBytes) throw fail('larger than a configuration can be');
  return bytes.toString('utf8');
}

/** Numbers keep the text in which they are written: `0x10` and `1.50` are the option's to read. */
function textOf(node: unknown): string | boolean | undefined {
  if (isSeq(node)) {
    const items = node.items.map(textOf);
    return items.every((item) => typeof item === 'string') ? items.join(',') : undefined;
  }
  if (!isScalar(node)) return undefined;
  if (typeof node.value === 'boolean') return node.value;
  return typeof node.value === 'string' ? node.value : node.value === null ? undefined : node.source;
}

function unknownKey(file: string, line: number, key: string, keys: ReadonlySet<string>) {
  const meant = closestName(key, [...keys]);
  return settingsError('CONFIG_UNKNOWN_KEY', file, line, {
    message: `there is no option ${JSON.stringify(key.slice(0, 64))}`,
    data: { key },
    hint: meant === undefined ? 'keys are flags without their dashes' : `did you mean ${meant}?`,
  });
}
