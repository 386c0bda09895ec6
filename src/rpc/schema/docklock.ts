import * as z from 'zod';
import { DESIRED_STATES, NETWORK_MODES } from '../../types/operations/docklock.ts';
import { CONTAINER_STATES } from '../../types/step-receipt.ts';
import { LIMITS } from '../../util/limits.ts';
import { method } from './method.ts';
import { AddressParam, HashParam, noParams, pageParams } from './params.ts';
import { Address, Count, Decimal, Hash, Height, page, Time } from './results.ts';
import { sectionProof } from './section-proof.ts';

const Image = z.object({
  digest: Hash,
  registrant: Address,
  mediaType: z.string(),
  size: Count,
  provenanceHash: Hash,
});

const App = z.object({
  app: Hash,
  owner: Address,
  name: z.string(),
  generation: Count,
  desired: z.enum(DESIRED_STATES),
  desiredSince: Time,
  graceMs: Count,
  image: Hash,
  replicas: Count,
  limits: z.object({ cpuMilli: Count, memoryMib: Count, diskMib: Count, pids: Count }),
  policy: Hash.nullable(),
  seccomp: Hash.nullable(),
  network: z.enum(NETWORK_MODES),
  readOnlyRoot: z.boolean(),
  deterministic: z.boolean(),
});

/** A replica as nodes reported it; one that nobody reported is PENDING, has no node and used nothing. */
const Container = z.object({
  app: Hash,
  replica: Count,
  state: z.enum(CONTAINER_STATES),
  node: Hash.nullable(),
  /** Of the app, for which it was created. */
  generation: Count,
  /** Of a container that has ended. */
  exitCode: Count.nullable(),
  /** Number of the last step receipt, and its hash: the next one follows both. */
  sequence: Count,
  tip: Hash,
  /** CPU ms, MB·s of memory, 1e-6 GB·day of storage, bytes sent. */
  usage: z.object({ cpuMs: Count, memoryMbS: Count, storageMicroGbDay: Count, egressBytes: Count }),
  since: Time.nullable(),
  lastReport: Time.nullable(),
});

const ReplicaParam = z.int().min(0).max(LIMITS.maxWorkloadReplicas);

export const docklockMethods = {
  docklock_getImage: method({
    scope: 'read',
    summary: 'A registered image by the digest of its manifest.',
    params: z.strictObject({ digest: HashParam }),
    result: z.object({ height: Height, image: Image }),
  }),
  docklock_listImages: method({
    scope: 'read',
    summary: 'The registered images.',
    params: z.strictObject({ registrant: AddressParam.optional(), ...pageParams }),
    result: z.object({ height: Height, ...page(Image).shape }),
  }),
  docklock_getApp: method({
    scope: 'read',
    summary: 'An app as its owner wants it.',
    params: z.strictObject({ app: HashParam }),
    result: z.object({ height: Height, app: App }),
  }),
  docklock_listApps: method({
    scope: 'read',
    summary: 'The apps, of one owner or of all.',
    params: z.strictObject({ owner: AddressParam.optional(), ...pageParams }),
    result: z.object({ height: Height, ...page(App).shape }),
  }),
  docklock_getContainer: method({
    scope: 'read',
    summary: 'A replica of an app as its node reported it, and where the chain of its step receipts stands.',
    params: z.strictObject({ app: HashParam, replica: ReplicaParam.default(0) }),
    result: z.object({ height: Height, container: Container }),
  }),
  docklock_listContainers: method({
    scope: 'read',
    summary: 'The replicas that nodes have reported, by app, node or state.',
    params: z.strictObject({
      app: HashParam.optional(),
      node: HashParam.optional(),
      state: z.enum(CONTAINER_STATES).optional(),
      ...pageParams,
    }),
    result: z.object({ height: Height, ...page(Container).shape }),
  }),
  docklock_getProofOfAction: method({
    scope: 'read',
    summary:
      'The Proof-of-Action of the section that holds a transaction, and the way from the transaction to it.',
    params: z.strictObject({ txId: HashParam }),
    result: sectionProof(
      z.object({ txId: Hash, status: Count, eventsDigest: Hash }),
      z.object({
        version: Count,
        batchRoot: Hash,
        batchCount: Count,
        stepCount: Decimal,
        cpuMs: Decimal,
        memoryMbS: Decimal,
        storageMicroGbDay: Decimal,
        egressBytes: Decimal,
        intentRoot: Hash,
        intentCount: Count,
        itemRoot: Hash,
        itemCount: Count,
      }),
    ),
  }),
  docklock_runtimes: method({
    scope: 'read',
    summary: 'The container runtimes on the machine of this node, and why one cannot be used.',
    params: noParams,
    result: z.object({
      runtimes: z.array(
        z.object({
          name: z.string(),
          available: z.boolean(),
          version: z.string().nullable(),
          reason: z.string().nullable(),
          message: z.string().nullable(),
        }),
      ),
    }),
  }),
};
