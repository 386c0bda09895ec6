import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const TEXT = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');
const FENCE = /^```(\w*)\n(.*?)^```$/gms;

/** A line that the README has people type, without its comment. */
function typed(line: string): string {
  return line.replace(/\s+# .*$/, '').trim();
}

/** Every line of every block of shell commands, in order. */
export function shellLines(): string[] {
  return [...TEXT.matchAll(FENCE)]
    .filter(([, language]) => language === 'sh')
    .flatMap(([, , block]) => (block as string).split('\n').map(typed))
    .filter((line) => line !== '');
}

/** What stands in the text itself as code, each on one line. */
export function inlineCode(): string[] {
  const prose = TEXT.replace(FENCE, '').replace(/[ \t]*\n(?!\n)[ \t]*/g, ' ');
  return [...prose.matchAll(/`([^`]+)`/g)].map(([, code]) => code as string);
}

/** Every page of the first node of a testnet that the README names. */
export function firstNodeUrls(): string[] {
  return [...new Set(TEXT.match(/http:\/\/127\.0\.0\.1:4201\/[^\s`'">)]*/g))];
}
