import * as z from 'zod';
import { LIMITS } from '../../util/limits.ts';
import { method } from './method.ts';
import { HeightParam, noParams, pageParams } from './params.ts';
import { Count, dumpFields, Hash, Height, page, Time } from './results.ts';

const DEFAULT_PROFILE_MS = 10_000;

/** In the data directory; the node chooses its name. */
const writtenFile = { file: z.string(), bytes: Count };
const snapshotFacts = { blockHash: Hash, stateRoot: Hash, leaves: Count };

/** What an operator has a running node do with its process and its files. */
export const upkeepMethods = {
  admin_shutdown: method({
    scope: 'admin',
    summary: 'Stops the node in order, as SIGTERM does, once this call is answered.',
    params: noParams,
    result: z.object({ stopping: z.literal(true) }),
  }),
  admin_startProfile: method({
    scope: 'admin',
    summary:
      'Records where the main thread spends its time; it ends by itself and then stands in the data directory, for the developer tools of a browser. One at a time.',
    params: z.strictObject({
      forMs: z.int().min(1).max(LIMITS.maxProfileMs).default(DEFAULT_PROFILE_MS),
    }),
    result: z.object({ file: z.string(), endsAt: Time }),
  }),
  admin_stopProfile: method({
    scope: 'admin',
    summary: 'Ends the profile that is being recorded before its time, and writes it.',
    params: noParams,
    result: z.object(writtenFile),
  }),
  admin_writeHeapSnapshot: method({
    scope: 'admin',
    summary:
      'Writes the memory of the process to the data directory. The node does nothing else for seconds, and the file holds its keys: show it to nobody.',
    params: noParams,
    result: z.object(writtenFile),
  }),
  admin_exportChain: method({
    scope: 'admin',
    summary:
      'Writes blocks with their certificates to the data directory, as `metanode export` does, by default all that the node has; `metanode import` takes them up. It ends without a file when the caller goes.',
    waits: true,
    params: z.strictObject({ fromHeight: HeightParam.optional(), toHeight: HeightParam.optional() }),
    result: z.object({ ...writtenFile, fromHeight: Height, toHeight: Height }),
  }),
  debug_dbStats: method({
    scope: 'debug',
    summary:
      'What the database takes on disk, about how much of it each kind of record (what was written last is in its log and in none of them), and how much room is left.',
    params: noParams,
    result: z.object({
      ...dumpFields,
      kinds: z.array(z.object({ kind: z.string(), bytes: Count })),
      files: Count,
      bytes: Count,
      logBytes: Count,
      journalBytes: Count,
      freeDiskBytes: Count.nullable(),
    }),
  }),
  state_snapshotList: method({
    scope: 'debug',
    summary: 'The snapshots in the data directory, newest first.',
    params: z.strictObject({ ...pageParams }),
    result: page(z.object({ ...writtenFile, writtenAt: Time })),
  }),
  state_snapshotCreate: method({
    scope: 'admin',
    summary:
      'Writes the state at the head to the data directory, as `metanode snapshot create` does, while the node goes on; another node begins at it with `metanode snapshot restore`.',
    waits: true,
    params: noParams,
    result: z.object({ ...writtenFile, height: Height, ...snapshotFacts }),
  }),
  state_snapshotVerify: method({
    scope: 'admin',
    summary:
      'Checks everything in a snapshot of state_snapshotList: that its block is final by the validators of genesis, and that its leaves make the state root of that block.',
    waits: true,
    params: z.strictObject({ file: z.string().min(1).max(128) }),
    result: z.discriminatedUnion('valid', [
      z.object({ valid: z.literal(true), height: Height, ...snapshotFacts }),
      z.object({ valid: z.literal(false), reason: z.string(), message: z.string() }),
    ]),
  }),
};
