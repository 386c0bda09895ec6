import * as z from 'zod';
import { VERSION } from '../util/version.ts';
import { ERROR_CATALOGUE } from './errors.ts';
import { JSON_RPC_CODES } from './schema/error-codes.ts';
import examples from './schema/examples.json' with { type: 'json' };
import { FILTERS } from './schema/filters.ts';
import { SUBSCRIPTION_TOPICS, type SubscriptionTopic } from './schema/meta.ts';
import type { MethodSpec, Scope } from './schema/method.ts';
import { METHODS } from './schema/methods.ts';
import { NOTICES } from './schema/notices.ts';
import { scopeOfTopic } from './topic-scope.ts';

/**
 * The interface as an OpenRPC 1.3.2 document (https://spec.open-rpc.org), made from the same schemas that check every
 * call. Schemas are JSON Schema draft 7, which is what the specification asks for.
 */
export interface OpenRpcDocument {
  readonly openrpc: string;
  readonly info: {
    readonly title: string;
    readonly version: string;
    readonly license: { readonly name: string };
  };
  readonly methods: readonly OpenRpcMethod[];
  /** What subscriptions tell; OpenRPC has no place for notices of the server. */
  readonly 'x-subscriptions': readonly SubscriptionDescription[];
  readonly components: {
    readonly errors: Readonly<Record<string, { readonly code: number; readonly message: string }>>;
  };
}

/** The notices of a topic of `meta_subscribe`: `data` is that member of each `meta_subscription`. */
interface SubscriptionDescription {
  readonly topic: SubscriptionTopic;
  readonly summary: string;
  readonly data: JsonSchema;
  /** What `filter` of `meta_subscribe` may be. */
  readonly filter: JsonSchema;
  readonly 'x-scope': Scope;
}

interface ContentDescriptor {
  readonly name: string;
  readonly required: boolean;
  readonly schema: JsonSchema;
}

interface ExamplePairing {
  readonly name: string;
  readonly params: { readonly name: string; readonly value: unknown }[];
  readonly result: { readonly name: string; readonly value: unknown };
}

// A type and not an interface, so that it fits the loose schema of the method's answer.
type OpenRpcMethod = {
  readonly name: string;
  readonly summary: string;
  readonly tags: readonly { readonly name: string }[];
  readonly paramStructure: 'either';
  readonly params: readonly ContentDescriptor[];
  readonly result: ContentDescriptor;
  readonly examples?: readonly ExamplePairing[];
  /** What a token has to grant; the specification leaves names that begin with `x-` to us. */
  readonly 'x-scope': string;
};

type JsonSchema = Readonly<Record<string, unknown>>;
/** A call and its answer as a test recorded them; the test repeats each. */
type RecordedExamples = Readonly<Record<string, { params: Record<string, unknown>; result: unknown }>>;

const OPENRPC_VERSION = '1.3.2';

let document: OpenRpcDocument | undefined;

/** The document of this version; made at the first call. */
export function openRpcDocument(): OpenRpcDocument {
  document ??= {
    openrpc: OPENRPC_VERSION,
    info: { title: 'Metanode', version: VERSION, license: { name: 'Apache-2.0' } },
    methods: Object.entries<MethodSpec>(METHODS).map(([name, spec]) => describe(name, spec)),
    'x-subscriptions': SUBSCRIPTION_TOPICS.map((topic) => ({
      topic,
      summary: NOTICES[topic].summary,
      data: jsonSchema(NOTICES[topic].data),
      filter: jsonSchema(FILTERS[topic]),
      'x-scope': scopeOfTopic(topic),
    })),
    components: {
      errors: Object.fromEntries(
        Object.entries(ERROR_CATALOGUE).map(([reason, kind]) => [
          reason,
          { code: JSON_RPC_CODES[kind], message: reason },
        ]),
      ),
    },
  };
  return document;
}

/** What stands before the first `_` or `.` of a method's name. */
export function namespaceOf(method: string): string {
  return method.slice(0, method.search(/[._]/));
}

function describe(name: string, spec: MethodSpec): OpenRpcMethod {
  const params = jsonSchema(spec.params);
  const required = new Set((params.required ?? []) as string[]);
  const example = (examples as RecordedExamples)[name];
  return {
    name,
    summary: spec.summary,
    tags: [{ name: namespaceOf(name) }],
    paramStructure: 'either',
    params: Object.entries((params.properties ?? {}) as Record<string, JsonSchema>).map(([key, schema]) => ({
      name: key,
      required: required.has(key),
      schema,
    })),
    result: { name: 'result', required: true, schema: jsonSchema(spec.result) },
    ...(example === undefined ? {} : { examples: [pairing(name, example)] }),
    'x-scope': spec.scope,
  };
}

function pairing(method: string, { params, result }: RecordedExamples[string]): ExamplePairing {
  return {
    name: method,
    params: Object.entries(params).map(([name, value]) => ({ name, value })),
    result: { name: 'result', value: result },
  };
}

/** What travels, not what the handler gets. */
function jsonSchema(schema: z.ZodType): JsonSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input', target: 'draft-7' });
  return rest;
}
