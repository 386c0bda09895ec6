import { ContainerType, type ValueOf } from '@chainsafe/ssz';
import { Hash32 } from '../../../types/ssz-bytes.ts';
import { NameOf, SafeU64, U128 } from '../../../types/ssz-numbers.ts';
import { LIMITS } from '../../../util/limits.ts';
import type { StateReader, StateWriter } from '../../seam.ts';
import { Queue } from '../../state/queue.ts';
import { Table } from '../../state/table.ts';
import { phiMicro, type ResourceUsage } from '../rewards/poe-index.ts';

/**
 * Credited usage of who does work and of what it is done for, and Φ of their past: the exponential mean over epochs in
 * which each epoch counts half as much as the next. A record is brought up to date when somebody looks, so an epoch
 * without work costs nothing; a sweep, some records per block, forgets those that have decayed to nothing.
 */

export const ResourceUsageType = new ContainerType({
  cpuMs: U128,
  memoryMbS: U128,
  storageMicroGbDay: U128,
  egressBytes: U128,
  receipts: U128,
});

export const NOTHING_USED: ResourceUsage = {
  cpuMs: 0n,
  memoryMbS: 0n,
  storageMicroGbDay: 0n,
  egressBytes: 0n,
  receipts: 0n,
};

export function addResources(a: ResourceUsage, b: ResourceUsage): ResourceUsage {
  return {
    cpuMs: a.cpuMs + b.cpuMs,
    memoryMbS: a.memoryMbS + b.memoryMbS,
    storageMicroGbDay: a.storageMicroGbDay + b.storageMicroGbDay,
    egressBytes: a.egressBytes + b.egressBytes,
    receipts: a.receipts + b.receipts,
  };
}

const PoeRecordType = new ContainerType({
  /** Of which `usage` and `work` are. */
  epoch: SafeU64,
  usage: ResourceUsageType,
  /** What its fees brought the chain for good, in micro-NEX; see work.ts. */
  work: U128,
  /** Mean of Φ over the epochs before, in millionths. */
  phi: U128,
});
export type PoeRecord = ValueOf<typeof PoeRecordType>;

/** Who operates the nodes, by address, and apps by id. */
export const POE_SUBJECTS = ['operator', 'app'] as const;
export type PoeSubject = (typeof POE_SUBJECTS)[number];

const tables = {
  operator: new Table('poe-operator', PoeRecordType),
  app: new Table('poe-app', PoeRecordType),
} as const satisfies Record<PoeSubject, Table<PoeRecord>>;

/** Every record stands here once, in the order in which it was last swept. */
const sweep = new Queue('poe-sweep', new ContainerType({ subject: NameOf(POE_SUBJECTS), id: Hash32 }));
/** Records before this position of the sweep were not swept in this epoch. */
const sweepEnd = new Table('poe-sweep-end', SafeU64);

/** The record as it stands in a later epoch: what was used becomes half of the mean, and each epoch without halves it. */
function broughtTo(record: PoeRecord, epoch: number): PoeRecord {
  if (record.epoch >= epoch) return record;
  const closed = (record.phi + phiMicro(record.usage)) / 2n;
  const idleEpochs = BigInt(epoch - record.epoch - 1);
  return { epoch, usage: NOTHING_USED, work: 0n, phi: closed >> idleEpochs };
}

/** What is known of a subject in an epoch; nothing is a record of zeros. */
export function poeRecord(state: StateReader, subject: PoeSubject, id: string, epoch: number): PoeRecord {
  const record = tables[subject].get(state, id);
  return record === undefined ? { epoch, usage: NOTHING_USED, work: 0n, phi: 0n } : broughtTo(record, epoch);
}

/** Adds usage of the running epoch. */
export function addToRecord(
  state: StateWriter,
  subject: PoeSubject,
  id: string,
  epoch: number,
  done: { readonly usage: ResourceUsage; readonly work: bigint },
): void {
  if (!tables[subject].has(state, id)) sweep.push(state, { subject, id });
  const record = poeRecord(state, subject, id, epoch);
  const usage = addResources(record.usage, done.usage);
  tables[subject].set(state, { ...record, usage, work: record.work + done.work }, id);
}

/** An epoch begins: all records of now are due for a sweep. */
export function beginSweep(state: StateWriter): void {
  sweepEnd.set(state, sweep.range(state).tail);
}

/** Brings the records that have waited for longest up to date, at most a block's bound, and forgets what is nothing. */
export function sweepRecords(state: StateWriter, epoch: number): void {
  const end = sweepEnd.get(state) ?? 0;
  for (let done = 0; done < LIMITS.maxPoeRecordsSweptPerBlock; done++) {
    if (sweep.range(state).head >= end) return;
    const entry = sweep.shift(state)?.value;
    if (entry === undefined) return;
    const { subject, id } = entry;
    const record = poeRecord(state, subject, id, epoch);
    if (isNothing(record)) {
      tables[subject].delete(state, id);
      continue;
    }
    tables[subject].set(state, record, id);
    sweep.push(state, entry);
  }
}

function isNothing({ phi, work, usage }: PoeRecord): boolean {
  return phi === 0n && work === 0n && Object.values(usage).every((amount) => amount === 0n);
}
