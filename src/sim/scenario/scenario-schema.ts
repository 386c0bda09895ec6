import * as z from 'zod';
import { NodeError } from '../../util/errors.ts';

/**
 * Scripted situations, as files: which validators there are, which of them are real cores under test, what happens
 * when, what must come of it. All other validators exist only as keys: `inject` lets them say anything, true or not.
 * The clock is virtual, nothing is random.
 */

const Index = z.number().int().min(0).max(63);
const Round = z.number().int().min(0).max(0xffff_fffe);
const Height = z.number().int().min(1).max(1000);
/** A block by its name in `blocks`. */
const BlockName = z.string().min(1).max(40);

/** One core under test; may be left out where there is only one. */
const node = Index.optional();

/** A prepare or a commit, or a round change, inside another message. `signedBy` signs it instead of `from`. */
const NestedVote = z.strictObject({
  from: Index,
  round: Round,
  block: BlockName,
  height: Height.optional(),
  signedBy: Index.optional(),
});
const NestedRoundChange = z.strictObject({
  from: Index,
  round: Round,
  height: Height.optional(),
  /** What the validator claims to be prepared on; left out: nothing. */
  prepared: z
    .strictObject({ round: z.number().int().min(0).max(0xffff_ffff), block: BlockName.optional() })
    .optional(),
  signedBy: Index.optional(),
});

/**
 * Fields that are changed after signing, so that the signature does not cover them any more: path → value, as
 * `{ "proposal.body.round": 3, "roundChanges.0.signer": "@v9", "prepare.signature": "00…" }`. `@v9` stands for the id
 * of validator 9, `@B` for the hash of block B.
 */
const forge = z.record(z.string(), z.union([z.string(), z.number()])).optional();

/** A message of any validator, of any content. What is signed is signed for real by `from`, unless `signedBy` says so. */
const Message = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('proposal'),
    ...NestedVote.shape,
    roundChanges: z.array(NestedRoundChange).max(128).default([]),
    prepares: z.array(NestedVote).max(128).default([]),
    forge,
  }),
  z.strictObject({ kind: z.literal('prepare'), ...NestedVote.shape, forge }),
  z.strictObject({ kind: z.literal('commit'), ...NestedVote.shape, forge }),
  z.strictObject({
    kind: z.literal('round-change'),
    ...NestedRoundChange.shape,
    prepares: z.array(NestedVote).max(20_000).default([]),
    forge,
  }),
  /** A decided block with the commit seals of the validators `by`. */
  z.strictObject({
    kind: z.literal('decided'),
    block: BlockName,
    round: Round.default(0),
    by: z.array(Index).max(128),
    forge,
  }),
]);
export type MessageTemplate = z.infer<typeof Message>;
export type VoteTemplate = z.infer<typeof NestedVote>;
export type RoundChangeTemplate = z.infer<typeof NestedRoundChange>;

/** What happens in a step: at most one of these. */
const ACTIONS = {
  /** Messages reach the cores under test, or only those in `to`. Signatures are checked as a node checks them. */
  inject: z.union([Message, z.array(Message)]).optional(),
  timeout: z
    .strictObject({
      timer: z.enum(['round', 'propose', 'resend']),
      node,
      round: Round.optional(),
      height: Height.optional(),
    })
    .optional(),
  /** An executable transaction is in the mempool. */
  work: z.union([z.literal(true), z.array(Index)]).optional(),
  /** The host has built, fetched, validated a block that the core asked for. */
  built: z
    .strictObject({ block: BlockName, round: Round.default(0), height: Height.optional(), node })
    .optional(),
  fetched: z.strictObject({ block: BlockName, node }).optional(),
  validated: z
    .strictObject({
      block: BlockName,
      valid: z.boolean().default(true),
      undetermined: z.boolean().optional(),
      node,
    })
    .optional(),
  /** Sync brings a block with the commit seals of the validators `by`. */
  certificate: z
    .strictObject({ block: BlockName, round: Round.default(0), by: z.array(Index), node })
    .optional(),
  /** The process ends: only chain and journal survive. */
  crash: z.union([z.literal(true), Index]).optional(),
  restart: z.strictObject({ node, journal: z.enum(['kept', 'lost']).default('kept') }).optional(),
  /** Only cores of one group hear one another. */
  partition: z.array(z.array(Index)).optional(),
  heal: z.literal(true).optional(),
  /** The signer fails from here on, or works again. */
  signer: z.strictObject({ node, works: z.boolean() }).optional(),
};

const Step = z
  .strictObject({
    /** Virtual milliseconds since the start; never less than in the step before. Left out: at once. */
    at: z.number().min(0).max(1e9).optional(),
    note: z.string().optional(),
    to: z.array(Index).optional(),
    ...ACTIONS,
    /**
     * All effects since the step before, those of this step included, in order, and nothing else; `describeEffect`
     * gives their form. Where several cores are under test each line starts with `v<index>: `. Left out: not looked at.
     */
    expect: z.array(z.string()).optional(),
    /** Effects that must be among them, in this order. */
    includes: z.array(z.string()).optional(),
    /** No effect may start with one of these. */
    never: z.array(z.string()).optional(),
  })
  .refine((step) => Object.keys(ACTIONS).filter((key) => key in step).length <= 1, 'a step does one thing');

const Scenario = z.strictObject({
  /** Row of the catalogue of situations, such as A03. */
  id: z.string().regex(/^[A-Z]\d\d[a-z]?$/),
  title: z.string().min(1),
  /** Where the situation is known from. */
  source: z.string().optional(),
  validators: z.number().int().min(1).max(64),
  /** Indexes of the real cores. An index beyond the validators is a node that only follows. */
  underTest: z.array(Index).min(1),
  blocks: z
    .record(
      BlockName,
      z.strictObject({
        proposer: Index,
        /** Left out: genesis. */
        parent: BlockName.optional(),
        /** After the parent's. */
        afterMs: z.number().int().min(0).default(1000),
        /** Hosts find it invalid when they execute it. */
        invalid: z.boolean().default(false),
      }),
    )
    .default({}),
  host: z
    .strictObject({
      /** `scripted`: only the steps do it. `auto`: hosts answer at once, and build blocks named b<height>.<round>. */
      build: z.enum(['scripted', 'auto']).default('scripted'),
      validate: z.enum(['scripted', 'auto']).default('auto'),
      /** `run`: time-outs come when they are due. */
      timers: z.enum(['scripted', 'run']).default('scripted'),
      /** Delay between cores under test. */
      latencyMs: z.number().int().min(0).max(100_000).default(10),
    })
    .default({ build: 'scripted', validate: 'auto', timers: 'scripted', latencyMs: 10 }),
  core: z
    .strictObject({
      baseTimeoutMs: z.number().positive().default(1000),
      timeoutCapMs: z.number().positive().default(8000),
      resendIntervalMs: z.number().positive().default(1000),
      targetBlockIntervalMs: z.number().min(0).default(1000),
      emptyBlockIntervalMs: z.number().min(0).default(10_000),
      maxClockDriftMs: z.number().min(0).default(2000),
    })
    .default({
      baseTimeoutMs: 1000,
      timeoutCapMs: 8000,
      resendIntervalMs: 1000,
      targetBlockIntervalMs: 1000,
      emptyBlockIntervalMs: 10_000,
      maxClockDriftMs: 2000,
    }),
  /** After this many heights a core starts no other one. */
  heights: z.number().int().min(1).max(1000).default(1),
  /** Errors of wall clocks by core, in milliseconds. */
  clocks: z.record(z.string().regex(/^\d+$/), z.number()).default({}),
  steps: z.array(Step).min(1),
  /** What every core under test, or `node`, has decided in the end: all of it, by height. */
  decisions: z.array(z.strictObject({ node, height: Height, block: BlockName, round: Round.optional() })),
});
export type Scenario = z.infer<typeof Scenario>;
export type ScenarioStep = Scenario['steps'][number];

export type ScenarioErrorCode = 'SCENARIO_INVALID' | 'SCENARIO_FAILED';

/** Reads a scenario. @throws NodeError SCENARIO_INVALID, with what is wrong and where */
export function parseScenario(json: unknown): Scenario {
  const parsed = Scenario.safeParse(json);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'file'}: ${message}`);
  throw new NodeError<ScenarioErrorCode>('SCENARIO_INVALID', issues.slice(0, 5).join('; '), {
    data: { issues },
    hint: 'the format is described in src/sim/scenario/scenario-schema.ts and in the README',
  });
}
