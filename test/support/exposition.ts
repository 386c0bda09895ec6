import assert from 'node:assert/strict';

export interface MetricFamily {
  readonly name: string;
  readonly kind: string;
  readonly help: string;
  readonly samples: { readonly labels: Record<string, string>; readonly value: number }[];
}

const UNESCAPED: Readonly<Record<string, string>> = { '\\\\': '\\', '\\n': '\n', '\\"': '"' };

function unescapeText(text: string): string {
  return text.replace(/\\[\\n"]/g, (escaped) => UNESCAPED[escaped] as string);
}

/** Reads the Prometheus text format, and refuses what its grammar does not know. */
export function parseExposition(text: string): MetricFamily[] {
  assert.ok(text.endsWith('\n'), 'the last line has no end');
  const families: MetricFamily[] = [];
  let help: { name: string; text: string } | undefined;
  for (const line of text.slice(0, -1).split('\n')) {
    const head = /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)$/.exec(line);
    if (head !== null) {
      const [, word, name = '', rest = ''] = head;
      if (word === 'HELP') help = { name, text: unescapeText(rest) };
      else {
        assert.equal(help?.name, name);
        families.push({ name, kind: rest, help: help?.text ?? '', samples: [] });
      }
      continue;
    }
    const sample = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/.exec(line);
    assert.ok(sample !== null, `no line of the format: ${line}`);
    const [, name, set = '', value = ''] = sample;
    const family = families.at(-1);
    assert.equal(family?.name, name);
    const labels: Record<string, string> = {};
    const read = set.replace(
      /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\[\\n"])*)"(?:,|$)/g,
      (_, label, content) => {
        labels[label] = unescapeText(content);
        return '';
      },
    );
    assert.equal(read, '', `no set of labels: ${set}`);
    family?.samples.push({ labels, value: Number(value.replace('Inf', 'Infinity')) });
  }
  return families;
}
