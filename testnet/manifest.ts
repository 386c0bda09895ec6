import * as z from 'zod';
import { NodeError } from '../src/util/errors.ts';
import { fromJsonText, type JsonFileErrorCode } from './json-file.ts';

/**
 * A testnet as data: who takes part, what is done to it, and how much load it carries. The stages read nothing else,
 * so a failure is repeated by running the same manifest again.
 */

/**
 * What may be done to a node while the testnet runs. `kill` ends it as a power cut would, `terminate` and `restart` in
 * order; `pause` freezes the process (SIGSTOP); `disconnect` takes all its connections with peers; `partition` leaves
 * those among the nodes that are hit, and among the others; `full-disk` leaves no room where its data is; `slow-disk`
 * makes every sync of a file slow.
 */
export const FAULTS = [
  'kill',
  'terminate',
  'restart',
  'pause',
  'disconnect',
  'partition',
  'full-disk',
  'slow-disk',
] as const;
export type FaultKind = (typeof FAULTS)[number];

/** Faults that cannot last for good: what they need is taken away again. */
const TEMPORARY: ReadonlySet<FaultKind> = new Set(['disconnect', 'partition', 'full-disk', 'slow-disk']);

const PerturbationSchema = z
  .strictObject({
    /** When: milliseconds after the load began. */
    atMs: z.int().min(0).max(86_400_000),
    kind: z.enum(FAULTS),
    /** Names of nodes, such as v3. All of them are hit at once. */
    nodes: z.array(z.string()).min(1),
    /** How long it lasts; 0 = for good, where that can be (kill, terminate, pause). */
    forMs: z.int().min(0).max(86_400_000).default(0),
  })
  .refine(({ kind, forMs }) => forMs > 0 || !TEMPORARY.has(kind), {
    message: `${[...TEMPORARY].join(', ')} need forMs`,
    path: ['forMs'],
  });
/** One fault: what is done to which nodes, and for how long. */
export type Fault = Omit<z.infer<typeof PerturbationSchema>, 'atMs'>;
export type Perturbation = z.infer<typeof PerturbationSchema>;

const LoadSchema = z.strictObject({
  /** Transactions per second over the whole testnet. */
  rate: z.number().positive().max(10_000),
  seconds: z.number().positive().max(86_400),
  /** Whether validators join, rotate their keys, double-sign and leave meanwhile. */
  validatorChanges: z.boolean().default(true),
});
export type LoadSettings = z.infer<typeof LoadSchema>;

export const MAX_TESTNET_VALIDATORS = 64;
export const MAX_TESTNET_OBSERVERS = 64;
const MAX_SENDERS = 10_000;

const ManifestSchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'lowercase letters, digits and dashes'),
  /** What it is to show, for whoever reads it. */
  description: z.string().max(1_000).optional(),
  /** All keys and the genesis salt derive from it. */
  seed: z.string().min(1).max(128),
  validators: z.int().min(1).max(MAX_TESTNET_VALIDATORS).default(21),
  observers: z.int().min(0).max(MAX_TESTNET_OBSERVERS).default(0),
  /** Further accounts that genesis funds, for a load with many senders. */
  senders: z.int().min(0).max(MAX_SENDERS).optional(),
  /** First p2p port; RPC ports begin 100 above. 0 takes free ports. */
  portBase: z.int().min(0).max(60_000).default(4100),
  blockTimeMs: z.int().min(200).max(60_000).default(1_000),
  emptyBlocksMs: z.int().min(200).max(3_600_000).default(10_000),
  logLevel: z.string().default('info'),
  /** Whether elected miners send sections ahead of proposals. */
  mining: z.boolean().default(true),
  /** Whether each node writes down what it sends, so that the check can say that nobody contradicted itself. */
  recordSent: z.boolean().default(false),
  load: LoadSchema.optional(),
  perturbations: z.array(PerturbationSchema).default([]),
});
export type Manifest = z.infer<typeof ManifestSchema>;

/** A manifest with its defaults filled in. @throws NodeError MALFORMED_FILE naming the field */
export function parseManifest(json: unknown, what = 'manifest'): Manifest {
  const manifest = fromJsonText(ManifestSchema, json, what);
  const names = new Set(nodeNames(manifest));
  for (const { nodes } of manifest.perturbations)
    for (const name of nodes)
      if (!names.has(name))
        throw new NodeError<JsonFileErrorCode>(
          'MALFORMED_FILE',
          `${what} perturbs ${name}, which is no node of it`,
        );
  return manifest;
}

/** v1 … vN, then o1 … oM. */
export function nodeNames(manifest: Pick<Manifest, 'validators' | 'observers'>): string[] {
  return [
    ...Array.from({ length: manifest.validators }, (_, index) => `v${index + 1}`),
    ...Array.from({ length: manifest.observers }, (_, index) => `o${index + 1}`),
  ];
}

/** The order of nodes in testnet.json: validators before observers, each by its number. */
export function byName(
  { name: a }: { readonly name: string },
  { name: b }: { readonly name: string },
): number {
  if (a[0] !== b[0]) return a.startsWith('v') ? -1 : 1;
  return Number(a.slice(1)) - Number(b.slice(1));
}

/** The name after those of its kind: `v` of nodes with validator keys, `o` of observers. */
export function nextName(kind: 'v' | 'o', nodes: readonly { readonly name: string }[]): string {
  const numbers = nodes.filter(({ name }) => name.startsWith(kind)).map(({ name }) => Number(name.slice(1)));
  return `${kind}${Math.max(0, ...numbers) + 1}`;
}

/** Expands `v3`, `v15..v21`, `v1,v2` and `all` to names, in the order of `known`. @throws RangeError for an unknown name */
export function expandNodeNames(selection: readonly string[], known: readonly string[]): string[] {
  const chosen = new Set<string>();
  for (const part of selection.flatMap((text) => text.split(',')).filter((text) => text !== '')) {
    if (part === 'all') {
      for (const name of known) chosen.add(name);
      continue;
    }
    const [first, last = first] = part.split('..') as [string, string?];
    const from = known.indexOf(first);
    const to = known.indexOf(last);
    if (from < 0 || to < from)
      throw new RangeError(`no node ${part}; there are ${known[0]} to ${known.at(-1)}`);
    for (const name of known.slice(from, to + 1)) chosen.add(name);
  }
  return known.filter((name) => chosen.has(name));
}
