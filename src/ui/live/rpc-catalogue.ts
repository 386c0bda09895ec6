/** A method of the interface as its OpenRPC document describes it, as far as the console shows it. */
export interface Described {
  readonly name: string;
  readonly summary: string;
  readonly scope: string;
  readonly params: readonly { readonly name: string; readonly required: boolean; readonly schema: unknown }[];
  /** The params of the recorded example, by name. */
  readonly example: Readonly<Record<string, unknown>>;
}

interface RawMethod {
  readonly name: string;
  readonly summary?: unknown;
  readonly 'x-scope'?: unknown;
  readonly params?: readonly { name: string; required?: boolean; schema?: unknown }[];
  readonly examples?: readonly { params?: readonly { name: string; value: unknown }[] }[];
}

/** The methods of an OpenRPC document in order of their names. */
export function describedMethods(methods: readonly { readonly name: string }[]): Described[] {
  return (methods as readonly RawMethod[])
    .map(({ name, summary, 'x-scope': scope, params = [], examples = [] }) => ({
      name,
      summary: String(summary ?? ''),
      scope: String(scope ?? ''),
      params: params.map((param) => ({
        name: param.name,
        required: param.required === true,
        schema: param.schema,
      })),
      example: Object.fromEntries((examples[0]?.params ?? []).map((param) => [param.name, param.value])),
    }))
    .sort((a, b) => a.name.localeCompare(b.name));
}

/** One sentence about a JSON schema: what kind of value, and between which bounds. */
export function schemaSentence(schema: unknown): string {
  if (typeof schema !== 'object' || schema === null) return 'anything';
  const {
    type,
    enum: names,
    minimum,
    maximum,
    maxLength,
    pattern,
    default: standard,
    anyOf,
    items,
  } = schema as {
    readonly [name: string]: unknown;
  };
  const rest = standard === undefined ? '' : `, ${JSON.stringify(standard)} if left out`;
  if (Array.isArray(names)) return `one of ${names.join(', ')}${rest}`;
  if (Array.isArray(anyOf)) return `${anyOf.map(schemaSentence).join(' or ')}${rest}`;
  if (type === 'array') return `a list, each ${schemaSentence(items)}${rest}`;
  if (typeof pattern === 'string') return `text like ${pattern}${rest}`;
  const bounds = [
    ...(typeof minimum === 'number' ? [`from ${minimum}`] : []),
    ...(typeof maximum === 'number' && maximum < Number.MAX_SAFE_INTEGER ? [`to ${maximum}`] : []),
    ...(typeof maxLength === 'number' ? [`of at most ${maxLength} characters`] : []),
  ];
  return [typeof type === 'string' ? type : 'anything', ...bounds].join(' ') + rest;
}

/** The call as a command line for any shell of POSIX. */
export function curlOf(url: string, method: string, params: unknown): string {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
  return `curl -s ${url} -H 'content-type: application/json' -d '${body.replaceAll("'", `'\\''`)}'`;
}
