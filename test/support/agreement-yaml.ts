/** Agreements as values, and the many ways to write one value in YAML. Everything follows from a seed. */

export type Written = string | number | boolean | readonly Written[] | { readonly [key: string]: Written };

/** A small generator of pseudo-random numbers (mulberry32), the same on every machine. */
export class Dice {
  #state: number;
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }
  /** An integer from 0 to `sides` − 1. */
  roll(sides: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % sides;
  }
  pick<T>(items: readonly T[]): T {
    return items[this.roll(items.length)] as T;
  }
  some<T>(items: readonly T[]): T[] {
    const chosen = items.filter(() => this.roll(2) === 0);
    return chosen.length > 0 ? chosen : [this.pick(items)];
  }
  shuffle<T>(items: readonly T[]): T[] {
    const rest = [...items];
    const out: T[] = [];
    while (rest.length > 0) out.push(...rest.splice(this.roll(rest.length), 1));
    return out;
  }
}

const REGIONS = ['EU', 'US', 'CH', 'no', 'null', '1.5', 'Île-de-France', 'a: b', '# not a comment', "it's"];
const CONDITIONS = [
  'subject.age >= 18 and not subject.blocked',
  'subject.region in ["EU", \'US\'] or invocation.entry == "record"',
  'subject.a + 2 * (subject.b - -3) != 7',
  'actor.address == subject.id',
];

function policyOf(dice: Dice, index: number): WrittenPolicy {
  const id = `policy-${index}`;
  switch (dice.roll(8)) {
    case 0:
      return { id, type: 'geographic_restriction', regions: dice.some(REGIONS) };
    case 1:
      return {
        id,
        type: 'data_classification',
        level: dice.pick(['Public', 'General', 'PII', 'PCI', 'PHI']),
      };
    case 2:
      return { id, type: 'consent', purpose: dice.pick(['billing', 'research']), status: 'granted' };
    case 3:
      return {
        id,
        type: 'rate_limit',
        window: 1 + dice.roll(100_000),
        max: dice.roll(50),
        metric: 'invocations',
      };
    case 4:
      return {
        id,
        type: 'access',
        roles: dice.some(['admin', 'auditor', 'nurse']),
        actions: ['put', 'delete'],
      };
    case 5:
      return {
        id,
        type: 'resource_limit',
        limits: { cpu_milli: dice.roll(4_000), memory_mb: dice.roll(9_999), pids: 8 },
      };
    case 6:
      return {
        id,
        type: 'retention',
        max_heights: dice.roll(1_000_000),
        effect: { throttle: dice.roll(1_000_000) },
      };
    default:
      return {
        id,
        type: 'rule',
        when: dice.pick(CONDITIONS),
        effect: dice.pick<Written>([
          'allow',
          'deny',
          'escalate',
          { throttle: 250_000 },
          { require: ['log', 'sign'] },
        ]),
      };
  }
}

type WrittenPolicy = { readonly type: string; readonly effect?: Written; readonly [key: string]: Written };

/** A throttle is only accepted beside a rate limit. */
function withLimitToThrottle(policies: readonly WrittenPolicy[]): readonly WrittenPolicy[] {
  const throttles = policies.some(({ effect }) => typeof effect === 'object' && 'throttle' in effect);
  if (!throttles || policies.some(({ type }) => type === 'rate_limit')) return policies;
  return [...policies, { id: 'limit', type: 'rate_limit', window: 1_000, max: 9 }];
}

/** One agreement of the many that this seed stands for. */
export function agreementOf(seed: number): Written {
  const dice = new Dice(seed);
  const policies = withLimitToThrottle(
    Array.from({ length: 1 + dice.roll(6) }, (_, index) => policyOf(dice, index)),
  );
  return {
    agreement: {
      name: dice.pick(['TrafficLight-BISO-Pipeline', 'Vertrag über Daten', 'x', 'true', '0x10', 'a\nb']),
      ...(dice.roll(2) === 0 ? { version: 1 + dice.roll(9) } : {}),
      ...(dice.roll(3) === 0 ? { valid: { from: dice.roll(1000), to: 1_000_000 + dice.roll(1000) } } : {}),
      ...(dice.roll(3) === 0 ? { default: dice.pick(['allow', 'deny']) } : {}),
      policies,
      enforcement: dice.pick(['real-time', 'advisory']),
    },
  };
}

/** Writes a value in a style that the dice choose: quotes, flow or block, comments, order of keys, indentation. */
export class YamlWriter {
  readonly #dice: Dice;
  readonly #newline: string;
  constructor(dice: Dice, newline = '\n') {
    this.#dice = dice;
    this.#newline = newline;
  }

  document(value: Written): string {
    const start = this.#dice.roll(3) === 0 ? `---${this.#newline}` : '';
    const comment = this.#dice.roll(3) === 0 ? `# written by hand${this.#newline}` : '';
    return `${comment}${start}${this.#block(value, 0).trimStart()}${this.#newline}`;
  }

  #scalar(value: string | number | boolean): string {
    if (typeof value !== 'string') return String(value);
    const isPlain = /^[A-Za-z][A-Za-z_-]*$/.test(value) && !/^(?:true|false|null|no)$/i.test(value);
    const style = this.#dice.roll(3);
    if (isPlain && style === 0) return value;
    if (style === 1 && !value.includes('\n')) return `'${value.replaceAll("'", "''")}'`;
    return JSON.stringify(value);
  }

  #flow(value: Written): string {
    const comma = this.#dice.roll(2) === 0 ? ', ' : ',';
    if (Array.isArray(value)) return `[${value.map((item) => this.#flow(item)).join(comma)}]`;
    if (typeof value !== 'object') return this.#scalar(value as string | number | boolean);
    const pairs = this.#dice.shuffle(Object.entries(value));
    return `{${pairs.map(([key, item]) => `${this.#key(key)}: ${this.#flow(item)}`).join(comma)}}`;
  }

  #key(key: string): string {
    return this.#dice.roll(4) === 0 ? JSON.stringify(key) : key;
  }

  #block(value: Written, indent: number): string {
    if (typeof value !== 'object') return ` ${this.#scalar(value)}${this.#comment()}`;
    if (this.#dice.roll(4) === 0) return ` ${this.#flow(value)}${this.#comment()}`;
    const pad = this.#newline + ' '.repeat(indent);
    const deeper = indent + 1 + this.#dice.roll(3);
    if (Array.isArray(value)) return value.map((item) => `${pad}-${this.#block(item, deeper)}`).join('');
    return this.#dice
      .shuffle(Object.entries(value))
      .map(([key, item]) => `${pad}${this.#key(key)}:${this.#block(item, deeper)}`)
      .join('');
  }

  #comment(): string {
    return this.#dice.roll(5) === 0 ? '   # why not' : '';
  }
}
