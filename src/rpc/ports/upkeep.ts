import type { Hash } from '../../types/ssz-bytes.ts';

/** A file in the data directory that the node was asked to write. */
export interface WrittenFileView {
  /** Below the data directory. */
  readonly file: string;
  readonly bytes: number;
}

export interface DatabaseStatsView {
  /** About how much each kind of record takes; what was written last is not in it yet. */
  readonly kinds: readonly { readonly kind: string; readonly bytes: number }[];
  /** Of the database on disk; its log holds what was written last. */
  readonly files: number;
  readonly bytes: number;
  readonly logBytes: number;
  /** Of the vote journal; 0 on a node without one. */
  readonly journalBytes: number;
  readonly freeDiskBytes: number | undefined;
}

export interface RunningProfileView {
  readonly file: string;
  /** Wall clock. */
  readonly endsAtMs: number;
}

export interface ExportedBlocksView extends WrittenFileView {
  readonly fromHeight: number;
  readonly toHeight: number;
}

export interface SnapshotFileView extends WrittenFileView {
  readonly writtenAtMs: number;
}

export interface SnapshotFactsView {
  readonly height: number;
  readonly blockHash: Hash;
  readonly stateRoot: Hash;
  readonly leaves: number;
}

/** What a check of a snapshot found: what it holds, or the code of what is wrong with it. */
export type SnapshotCheckView =
  | ({ readonly valid: true } & SnapshotFactsView)
  | { readonly valid: false; readonly reason: string; readonly message: string };

/**
 * What an operator has a running node do with its process and its files. Files go to folders of the data directory,
 * under names that the node chooses; one is written at a time.
 * @throws NodeError FILE_WORK_RUNNING, DISK_TOO_FULL, TOO_MANY_FILES, FILE_EXISTS, FILE_UNWRITABLE
 */
export interface UpkeepPort {
  databaseStats(): Promise<DatabaseStatsView>;
  /** Stops the node in order, as SIGTERM does, once this call is answered. */
  shutdown(): void;
  /** Ends by itself. @throws NodeError PROFILE_RUNNING */
  startProfile(forMs: number): Promise<RunningProfileView>;
  /** Ends the profile before its time. @throws NodeError PROFILE_NOT_RUNNING */
  stopProfile(): Promise<WrittenFileView>;
  /** The node does nothing else meanwhile. */
  writeHeapSnapshot(): Promise<WrittenFileView>;
  /** @throws NodeError NO_BLOCKS; the reason of the signal */
  exportChain(
    range: { readonly fromHeight?: number; readonly toHeight?: number },
    signal: AbortSignal,
  ): Promise<ExportedBlocksView>;
  /** The newest first. */
  snapshots(): Promise<readonly SnapshotFileView[]>;
  /** @throws NodeError NO_BLOCKS */
  createSnapshot(): Promise<WrittenFileView & SnapshotFactsView>;
  /** @throws NodeError FILE_NOT_FOUND, SNAPSHOT_TOO_LARGE */
  verifySnapshot(file: string): Promise<SnapshotCheckView>;
}
