import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { openRpcDocument } from '../../../src/rpc/openrpc.ts';
import { DEBUG_TOPICS, SUBSCRIPTION_TOPICS } from '../../../src/rpc/schema/meta.ts';
import { SCOPES } from '../../../src/rpc/schema/method.ts';
import { METHODS } from '../../../src/rpc/schema/methods.ts';
import { NOTICES } from '../../../src/rpc/schema/notices.ts';
import { runExamples, WITHOUT_EXAMPLE } from '../../support/rpc-examples.ts';

const EXAMPLES_FILE = new URL('../../../src/rpc/schema/examples.json', import.meta.url);

/** The rules of the OpenRPC 1.3 meta-schema for the objects that the document uses; each is closed but for `x-`. */
const closed = (shape: z.ZodRawShape) => {
  const named = new Set(Object.keys(shape));
  return z
    .looseObject(shape)
    .refine((value) => Object.keys(value).every((key) => named.has(key) || key.startsWith('x-')), {
      message: 'a field that the specification does not name',
    });
};
const name = z.string().min(1);
const JsonSchema = z.looseObject({ type: z.string().optional(), $ref: z.never().optional() });
const ContentDescriptor = closed({
  name,
  summary: z.string().optional(),
  description: z.string().optional(),
  required: z.boolean().optional(),
  deprecated: z.boolean().optional(),
  schema: JsonSchema,
});
const ExampleObject = z.looseObject({ name, value: z.unknown().refine((value) => value !== undefined) });
const Method = closed({
  name,
  summary: z.string().optional(),
  description: z.string().optional(),
  tags: z.array(z.strictObject({ name })).optional(),
  paramStructure: z.enum(['by-position', 'by-name', 'either']).optional(),
  params: z.array(ContentDescriptor),
  result: ContentDescriptor,
  examples: z
    .array(z.looseObject({ name, params: z.array(ExampleObject), result: ExampleObject }))
    .optional(),
  deprecated: z.boolean().optional(),
});
const Document = closed({
  openrpc: z.string().regex(/^1\.3\.\d+$/),
  info: closed({
    title: z.string(),
    version: z.string(),
    license: closed({ name: z.string().optional(), url: z.string().optional() }).optional(),
  }),
  methods: z.array(Method),
  'x-subscriptions': z.array(
    z.strictObject({
      topic: z.enum(SUBSCRIPTION_TOPICS),
      summary: z.string().min(10),
      data: JsonSchema,
      filter: JsonSchema,
      'x-scope': z.enum(SCOPES),
    }),
  ),
  components: z.looseObject({
    errors: z.record(
      z.string(),
      z.strictObject({ code: z.int(), message: z.string(), data: z.unknown().optional() }),
    ),
  }),
});

describe('the OpenRPC document', () => {
  const document = JSON.parse(JSON.stringify(openRpcDocument())) as ReturnType<typeof openRpcDocument>;

  it('has the form that the specification demands', () => {
    Document.parse(document);
    for (const change of [{ methods: undefined }, { surplus: 1 }, { openrpc: '2' }])
      assert.equal(Document.safeParse({ ...document, ...change }).success, false);
  });

  it('names every method once, with parameters in the order in which they may be given', () => {
    assert.deepEqual(
      document.methods.map((method) => method.name),
      Object.keys(METHODS),
    );
    for (const { name, params } of document.methods) {
      const keys = params.map((param) => param.name);
      assert.deepEqual(keys, Object.keys(METHODS[name as keyof typeof METHODS].params.shape));
      const firstOptional = params.findIndex(({ required }) => !required);
      const afterwards = firstOptional < 0 ? [] : params.slice(firstOptional);
      assert.ok(
        afterwards.every(({ required }) => !required),
        `${name} has a required parameter behind an optional one`,
      );
    }
  });

  it('describes what every topic tells, and which scope that needs', () => {
    const described = document['x-subscriptions'];
    assert.deepEqual(
      described.map(({ topic }) => topic),
      SUBSCRIPTION_TOPICS,
    );
    const head = described.find(({ topic }) => topic === 'newHeads');
    assert.equal(head?.['x-scope'], 'read');
    assert.deepEqual(Object.keys(head?.data.properties as object), Object.keys(NOTICES.newHeads.data.shape));
    assert.deepEqual(
      described.filter((one) => one['x-scope'] === 'debug').map(({ topic }) => topic),
      DEBUG_TOPICS.toSorted((a, b) => SUBSCRIPTION_TOPICS.indexOf(a) - SUBSCRIPTION_TOPICS.indexOf(b)),
    );
  });

  it('has an example of every method, which a node answers exactly so', async () => {
    const examples = await runExamples();
    if (process.env.METANODE_RECORD_EXAMPLES === '1')
      writeFileSync(EXAMPLES_FILE, `${JSON.stringify(examples, null, 2)}\n`);
    const recorded = JSON.parse(readFileSync(EXAMPLES_FILE, 'utf8'));
    assert.deepEqual(Object.keys(recorded).sort(), Object.keys(examples).sort());
    for (const [method, example] of Object.entries(examples))
      assert.deepEqual(
        example,
        recorded[method],
        `${method} answers otherwise than its example: look, then record anew with METANODE_RECORD_EXAMPLES=1`,
      );
    assert.deepEqual(
      document.methods.filter((method) => method.examples === undefined).map((method) => method.name),
      WITHOUT_EXAMPLE,
    );
  });

  it('has examples that fit its schemas', () => {
    for (const { name, examples = [] } of document.methods)
      for (const { params, result } of examples) {
        const spec: { params: z.ZodType; result: z.ZodType } = METHODS[name as keyof typeof METHODS];
        const given = Object.fromEntries(params.map((param) => [param.name, param.value]));
        assert.ok(spec.params.safeParse(given).success, `${name}: parameters`);
        assert.deepEqual(spec.result.parse(result.value), result.value, `${name}: result`);
      }
  });
});
