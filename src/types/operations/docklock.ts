import { ContainerType, ListCompositeType, type ValueOf } from '@chainsafe/ssz';
import { signingBytes } from '../../crypto/hash.ts';
import { LIMITS } from '../../util/limits.ts';
import { TOKENS, TokenNameType } from '../names.ts';
import { encode } from '../ssz.ts';
import { AddressType, Bytes, type Hash, Hash32, Key32, Signature64, Text } from '../ssz-bytes.ts';
import { Bool, NameOf, SafeU64, U8, U16, U32, U128 } from '../ssz-numbers.ts';
import { ContainerStateType, StepType, UsageType } from '../step-receipt.ts';
import type { LedgerCatalog } from './catalog.ts';

/**
 * Operations, statuses and events of the docklock ledger: images with their provenance, apps as their owners want
 * them, and what nodes observed of the containers. An app is named by appId(owner, name).
 */

const EnvelopeSignatureType = new ContainerType({ key: Key32, signature: Signature64 });
/**
 * An image by the sha256 digest of its OCI manifest. `payloadType`, `payload` and `signatures` are those of a DSSE
 * envelope around an in-toto statement v1 whose subject is the image.
 */
export const ImageRegisterType = new ContainerType({
  digest: Hash32,
  mediaType: Text(128),
  size: SafeU64,
  payloadType: Text(128),
  payload: Bytes(LIMITS.maxProvenanceBytes),
  signatures: new ListCompositeType(EnvelopeSignatureType, LIMITS.maxProvenanceSignatures),
});
export type ImageRegister = ValueOf<typeof ImageRegisterType>;

/** What a container may use: thousandths of a core, mebibytes of memory and disk, processes. */
export const LimitsType = new ContainerType({ cpuMilli: U32, memoryMib: U32, diskMib: U32, pids: U32 });
export type ContainerLimits = ValueOf<typeof LimitsType>;

export const NETWORK_MODES = ['none', 'allowlist'] as const;
/**
 * `policy` and `seccomp`: hashes of documents, zero for none (then the default profile of the runtime). A
 * deterministic app has no network, a read-only root and a seccomp profile.
 */
export const DeployType = new ContainerType({
  name: Text(63),
  image: Hash32,
  replicas: U16,
  limits: LimitsType,
  policy: Hash32,
  seccomp: Hash32,
  network: NameOf(NETWORK_MODES),
  allowlist: new ListCompositeType(Text(253), LIMITS.maxNetworkAllowlist),
  readOnlyRoot: Bool,
  deterministic: Bool,
});
export type Deploy = ValueOf<typeof DeployType>;
export const NO_DOCUMENT = '00'.repeat(32);

/** All changes name the generation that they build on, so that two of them cannot cross unseen. */
const change = { app: Hash32, expectedGeneration: U32 };
export const StartType = new ContainerType(change);
export type Start = ValueOf<typeof StartType>;
export const StopType = new ContainerType({ ...change, graceMs: U32 });
export type Stop = ValueOf<typeof StopType>;
export const ScaleType = new ContainerType({ ...change, replicas: U16 });
export type Scale = ValueOf<typeof ScaleType>;
/** A new image, new limits or both. */
export const UpdateType = new ContainerType({
  ...change,
  image: new ListCompositeType(Hash32, 1),
  limits: new ListCompositeType(LimitsType, 1),
});
export type Update = ValueOf<typeof UpdateType>;
export const DeleteType = new ContainerType(change);
export type Delete = ValueOf<typeof DeleteType>;

const batchFields = {
  node: Key32,
  app: Hash32,
  replica: U16,
  /** The generation of the app that these steps are of; it changes only with the step `create`. */
  generation: U32,
  fromSequence: SafeU64,
  toSequence: SafeU64,
  previousTip: Hash32,
  /** Hash of the last step receipt. */
  tip: Hash32,
  /** RFC 6962 root over the encoded step receipts. */
  root: Hash32,
  count: U16,
  usage: UsageType,
  steps: new ListCompositeType(StepType, LIMITS.maxStepsPerBatch),
};
const StepBatchBodyType = new ContainerType(batchFields);
export type StepBatchBody = ValueOf<typeof StepBatchBodyType>;
/** Steps of one container, signed by the node that saw them. Anyone may carry it. */
export const StepBatchType = new ContainerType({ ...batchFields, signature: Signature64 });
export type StepBatch = ValueOf<typeof StepBatchType>;

export function stepBatchSigningBytes(genesisHash: Hash, body: StepBatchBody): Uint8Array {
  return signingBytes('step', genesisHash, encode(StepBatchBodyType, body));
}

export const DESIRED_STATES = ['created', 'running', 'stopped', 'deleted'] as const;
export const DesiredStateType = NameOf(DESIRED_STATES);

const DesiredType = new ContainerType({
  app: Hash32,
  generation: U32,
  desired: DesiredStateType,
  image: Hash32,
  replicas: U16,
  limits: LimitsType,
});

/**
 * What the work of a batch is worth by the prices of the chain, and the fee of its owner to the chain; its usage stands
 * in the StepsRecorded before it, and counts one receipt for each step. `credited`: the meters of the owner covered the
 * fee, which was charged. Otherwise the work is on record and counts for nothing.
 */
const JobValuedType = new ContainerType({
  app: Hash32,
  owner: AddressType,
  node: Key32,
  /** Who joined the node to the cluster. */
  operator: AddressType,
  amounts: new ListCompositeType(
    new ContainerType({ token: TokenNameType, value: U128, fee: U128 }),
    TOKENS.length,
  ),
  credited: Bool,
});

export const DOCKLOCK = {
  operations: {
    ImageRegister: { kind: 1, type: ImageRegisterType },
    Deploy: { kind: 2, type: DeployType },
    Start: { kind: 3, type: StartType },
    Stop: { kind: 4, type: StopType },
    Scale: { kind: 5, type: ScaleType },
    Update: { kind: 6, type: UpdateType },
    Delete: { kind: 7, type: DeleteType },
    StepBatch: { kind: 8, type: StepBatchType },
  },
  statuses: {
    // Images
    IMAGE_EXISTS: 1000,
    IMAGE_UNKNOWN: 1001,
    INVALID_MEDIA_TYPE: 1002,
    SIGNERS_UNKNOWN: 1003,
    PROVENANCE_SIGNATURES_TOO_FEW: 1004,
    PROVENANCE_KEY_UNKNOWN: 1005,
    PROVENANCE_KEY_REPEATED: 1006,
    PROVENANCE_SIGNATURE_WRONG: 1007,
    INVALID_STATEMENT: 1008,
    WRONG_SUBJECT: 1009,
    WRONG_PREDICATE: 1010,
    WRONG_PAYLOAD_TYPE: 1011,
    EMPTY_IMAGE: 1012,
    // Apps
    INVALID_NAME: 1020,
    APP_EXISTS: 1021,
    APP_UNKNOWN: 1022,
    NOT_APP_OWNER: 1023,
    GENERATION_CHANGED: 1024,
    INVALID_REPLICA_COUNT: 1025,
    INVALID_LIMITS: 1026,
    NOT_DETERMINISTIC: 1027,
    APP_DELETED: 1028,
    NOTHING_CHANGES: 1029,
    INVALID_ALLOWLIST: 1030,
    // Batches: who
    NODE_LEASE_ENDED: 1040,
    NOT_PLACED_HERE: 1041,
    CONTAINER_ELSEWHERE: 1042,
    STEP_SIGNATURE_WRONG: 1043,
    NOTARIES_TOO_FEW: 1044,
    // Batches: chain
    BATCH_EMPTY: 1050,
    SEQUENCE_GAP: 1051,
    CHAIN_BROKEN: 1052,
    WRONG_COUNT: 1053,
    WRONG_TIP: 1054,
    WRONG_ROOT: 1055,
    WRONG_USAGE: 1056,
    WRONG_GENERATION: 1057,
    // Batches: what
    IMPOSSIBLE_STEP: 1060,
    REPLICA_NOT_DESIRED: 1061,
    START_NOT_DESIRED: 1062,
    STEPS_OUT_OF_ORDER: 1063,
    IMPLAUSIBLE_TIME: 1064,
    IMPLAUSIBLE_CPU: 1065,
    IMPLAUSIBLE_MEMORY: 1066,
    IMPLAUSIBLE_STORAGE: 1067,
    IMPLAUSIBLE_NETWORK: 1068,
  },
  events: {
    ImageRegistered: {
      kind: 1,
      type: new ContainerType({ digest: Hash32, size: SafeU64, provenanceHash: Hash32 }),
    },
    AppDeployed: {
      kind: 2,
      type: new ContainerType({ app: Hash32, owner: AddressType, name: Text(63), desired: DesiredType }),
    },
    DesiredChanged: { kind: 3, type: DesiredType },
    /** `startLatencyMs`: of the last `start` in the batch, 0 if there is none. */
    StepsRecorded: {
      kind: 8,
      type: new ContainerType({
        node: Key32,
        app: Hash32,
        replica: U16,
        generation: U32,
        state: ContainerStateType,
        exitCode: U8,
        fromSequence: SafeU64,
        toSequence: SafeU64,
        tip: Hash32,
        root: Hash32,
        usage: UsageType,
        startLatencyMs: U32,
      }),
    },
    JobValued: { kind: 9, type: JobValuedType },
  },
} as const satisfies LedgerCatalog;

export type DocklockStatus = keyof typeof DOCKLOCK.statuses;
