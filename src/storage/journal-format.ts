import { crc32 } from 'node:zlib';
import { type JournalRecord, JournalRecordType } from '../types/journal.ts';
import { decode, encode } from '../types/ssz.ts';
import type { Address, Hash } from '../types/ssz-bytes.ts';
import { concatBytes, fromHex, toHex, utf8 } from '../util/bytes.ts';
import { NodeError } from '../util/errors.ts';
import { LIMITS } from '../util/limits.ts';
import type { StorageErrorCode } from './errors.ts';
import { readUint64, uint64 } from './keys.ts';

/**
 * The bytes of a vote journal: a head, then records.
 *
 *   head    magic[8] ‖ version u16 ‖ flags u16 ‖ genesisHash[32] ‖ validator[32] ‖ signableFrom u64 ‖ firstSequence u64 ‖ crc32
 *   record  mark[4] ‖ length u32 ‖ sequence u64 ‖ crc32 of these 16 bytes ‖ crc32 of the payload ‖ payload
 *
 * Integers are big-endian. The length has a checksum of its own, so that a damaged length is never taken for a record
 * that was cut off; the mark lets a reader find the next record behind damage.
 */
const MAGIC = utf8('MNJOURN\n');
const VERSION = 1;
const FLAG_FRESH = 1;
const MARK = utf8('\u007fREC');
export const HEAD_BYTES = 96;
export const RECORD_HEAD_BYTES = 24;
/** Disks write whole sectors, so fewer zeros at the end of a record may as well be its content. */
const SECTOR_BYTES = 512;

/** Whose votes a journal holds. */
export interface JournalOwner {
  readonly genesisHash: Hash;
  /** Id of the validator: it stays when the validator changes its key. */
  readonly validator: Address;
}

export interface JournalHead extends JournalOwner {
  /** Written by `node init`: nothing was ever signed before this journal. Otherwise a lost journal was accepted. */
  readonly fresh: boolean;
  /** No height below may be signed. */
  readonly signableFrom: number;
  readonly firstSequence: number;
}

export interface NumberedRecord {
  readonly sequence: number;
  readonly record: JournalRecord;
  /** Size in the file. */
  readonly bytes: number;
}

/** What can be read of a journal's records. */
export interface JournalScan {
  readonly records: NumberedRecord[];
  /** The end of the last good record. */
  readonly end: number;
  /** A write that was cut off stands behind `end`; it was never acknowledged, so nothing depends on it. */
  readonly torn: boolean;
  /**
   * Damage to records that were synced: what they held is unknown. `before` is the height of the next good record,
   * undefined if there is none.
   */
  readonly damage: { readonly before: number | undefined } | undefined;
}

export function encodeHead(head: JournalHead): Uint8Array {
  const flags = head.fresh ? FLAG_FRESH : 0;
  const body = concatBytes(
    MAGIC,
    Uint8Array.of(0, VERSION, 0, flags),
    fromHex(head.genesisHash),
    fromHex(head.validator),
    uint64(head.signableFrom),
    uint64(head.firstSequence),
  );
  return concatBytes(body, uint32(crc32(body)));
}

/** @throws NodeError JOURNAL_DAMAGED */
export function decodeHead(bytes: Uint8Array): JournalHead {
  const body = bytes.subarray(0, HEAD_BYTES - 4);
  const isWhole = bytes.length >= HEAD_BYTES && readUint32(bytes, HEAD_BYTES - 4) === crc32(body);
  if (!isWhole || toHex(body.subarray(0, 10)) !== toHex(concatBytes(MAGIC, Uint8Array.of(0, VERSION))))
    throw new NodeError<StorageErrorCode>('JOURNAL_DAMAGED', 'the head of the vote journal cannot be read', {
      data: { bytes: bytes.length },
      hint: 'start with --accept-lost-journal <height> if you are sure that this validator signed nothing from that height on',
    });
  return {
    genesisHash: toHex(body.subarray(12, 44)),
    validator: toHex(body.subarray(44, 76)),
    fresh: body[11] === FLAG_FRESH,
    signableFrom: readUint64(body, 76),
    firstSequence: readUint64(body, 84),
  };
}

/** @throws NodeError JOURNAL_RECORD_TOO_LARGE */
export function encodePayload(record: JournalRecord): Uint8Array {
  const payload = encode(JournalRecordType, record);
  if (payload.length > LIMITS.maxJournalRecordBytes)
    throw new NodeError<StorageErrorCode>(
      'JOURNAL_RECORD_TOO_LARGE',
      `a journal record has at most ${LIMITS.maxJournalRecordBytes} bytes`,
      { data: { bytes: payload.length, step: record.step, height: record.height } },
    );
  return payload;
}

export function frameRecord(sequence: number, payload: Uint8Array): Uint8Array {
  const front = concatBytes(MARK, uint32(payload.length), uint64(sequence));
  return concatBytes(front, uint32(crc32(front)), uint32(crc32(payload)), payload);
}

/** Reads the records of a whole file, whose head was already read. Never throws for any bytes. */
export function scanRecords(file: Uint8Array, firstSequence: number): JournalScan {
  const records: NumberedRecord[] = [];
  let damage: JournalScan['damage'];
  let sequence = firstSequence;
  let offset = HEAD_BYTES;
  while (offset < file.length) {
    const found = recordAt(file, offset);
    if (found !== undefined && found.sequence === sequence) {
      records.push(found);
      offset += found.bytes;
      sequence += 1;
      continue;
    }
    const next = findRecord(file, offset, sequence);
    if (next === undefined) {
      if (isTorn(file.subarray(offset), sequence)) return { records, end: offset, torn: true, damage };
      return { records, end: offset, torn: false, damage: { before: undefined } };
    }
    damage = { before: next.record.record.height };
    offset = next.offset;
    sequence = next.record.sequence;
  }
  return { records, end: offset, torn: false, damage };
}

function recordAt(file: Uint8Array, offset: number): NumberedRecord | undefined {
  const front = frontAt(file, offset);
  if (front === undefined) return undefined;
  const start = offset + RECORD_HEAD_BYTES;
  const end = start + front.length;
  if (end > file.length) return undefined;
  const payload = file.subarray(start, end);
  if (readUint32(file, offset + 20) !== crc32(payload)) return undefined;
  try {
    const record = decode(JournalRecordType, payload, 'journal record');
    return { sequence: front.sequence, record, bytes: end - offset };
  } catch {
    return undefined;
  }
}

function frontAt(file: Uint8Array, offset: number): { length: number; sequence: number } | undefined {
  if (offset + RECORD_HEAD_BYTES > file.length) return undefined;
  const front = file.subarray(offset, offset + 16);
  if (MARK.some((byte, i) => front[i] !== byte)) return undefined;
  if (readUint32(file, offset + 16) !== crc32(front)) return undefined;
  return { length: readUint32(front, 4), sequence: readUint64(front, 8) };
}

/** The first good record from `offset` on whose sequence is at least `sequence`. */
function findRecord(
  file: Uint8Array,
  offset: number,
  sequence: number,
): { offset: number; record: NumberedRecord } | undefined {
  const buffer = Buffer.from(file.buffer, file.byteOffset, file.length);
  for (let at = buffer.indexOf(MARK, offset); at >= 0; at = buffer.indexOf(MARK, at + 1)) {
    const record = recordAt(file, at);
    if (record !== undefined && record.sequence >= sequence) return { offset: at, record };
  }
  return undefined;
}

/**
 * Whether the end of a file is a write that was cut off: the beginning of one record, possibly followed by zeros
 * where the disk had made room but written nothing. Whatever else stands there was once complete, and is damage.
 */
function isTorn(tail: Uint8Array, sequence: number): boolean {
  let written = tail.length;
  while (written > 0 && tail[written - 1] === 0) written -= 1;
  if (written === 0) return true;
  const isZeroFilled = tail.length - written >= SECTOR_BYTES;
  const front = frontAt(tail, 0);
  if (front !== undefined) {
    const size = RECORD_HEAD_BYTES + front.length;
    return front.sequence === sequence && (tail.length < size || (isZeroFilled && written < size));
  }
  if (tail.length >= RECORD_HEAD_BYTES && !(isZeroFilled && written < RECORD_HEAD_BYTES)) return false;
  const expected = concatBytes(MARK, tail.subarray(4, 8), uint64(sequence));
  return tail.subarray(0, Math.min(written, 16)).every((byte, i) => byte === expected[i]);
}

function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

function readUint32(bytes: Uint8Array, offset: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint32(offset);
}
