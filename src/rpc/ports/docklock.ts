import type { ContainerLimits, DESIRED_STATES, NETWORK_MODES } from '../../types/operations/docklock.ts';
import type { Address, Hash } from '../../types/ssz-bytes.ts';
import type { ContainerState, Usage } from '../../types/step-receipt.ts';

export interface ImageView {
  /** sha256 of the manifest. */
  readonly digest: Hash;
  readonly registrant: Address;
  readonly mediaType: string;
  readonly size: number;
  /** sha256 of the statement that says where it comes from. */
  readonly provenanceHash: Hash;
}

/** An app as its owner wants it. */
export interface AppView {
  readonly app: Hash;
  readonly owner: Address;
  readonly name: string;
  readonly generation: number;
  readonly desired: (typeof DESIRED_STATES)[number];
  /** Rule time since which it is desired. */
  readonly desiredSinceMs: number;
  readonly graceMs: number;
  readonly image: Hash;
  readonly replicas: number;
  readonly limits: ContainerLimits;
  /** Hashes of documents, zero for none. */
  readonly policy: Hash;
  readonly seccomp: Hash;
  readonly network: (typeof NETWORK_MODES)[number];
  readonly readOnlyRoot: boolean;
  readonly deterministic: boolean;
}

/** A replica as nodes reported it. */
export interface ContainerView {
  readonly app: Hash;
  readonly replica: number;
  readonly node: string;
  readonly generation: number;
  readonly state: ContainerState;
  /** Of the last end. */
  readonly exitCode: number;
  /** Of the last step receipt, and its hash. */
  readonly sequence: number;
  readonly tip: Hash;
  readonly usage: Usage;
  /** Rule time of the first report and of the last one. */
  readonly sinceMs: number;
  readonly lastBatchMs: number;
}

/** A container runtime on the machine of this node. */
export interface RuntimeView {
  readonly name: string;
  readonly version: string | undefined;
  /** Why it cannot be used. */
  readonly fault: { readonly code: string; readonly message: string } | undefined;
}

/** Reads of the state of docklock at the head, and of what this machine can run. */
export interface DocklockPort {
  image(digest: Hash): ImageView | undefined;
  images(): readonly ImageView[];
  app(app: Hash): AppView | undefined;
  apps(): readonly AppView[];
  /** Undefined if no node has reported the replica. */
  container(app: Hash, replica: number): ContainerView | undefined;
  /** By app and replica. */
  containers(): readonly ContainerView[];
  runtimes(): Promise<readonly RuntimeView[]>;
}
