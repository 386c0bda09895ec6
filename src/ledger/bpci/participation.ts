import { BitVectorType, ContainerType, type ValueOf } from '@chainsafe/ssz';
import type { Certificate } from '../../types/certificate.ts';
import { BPCI_SYSTEM_RECEIPTS, PARTICIPANTS_PER_RECEIPT } from '../../types/operations/bpci-records.ts';
import { type Address, Hash32 } from '../../types/ssz-bytes.ts';
import { Height, SafeU64, U16, U32 } from '../../types/ssz-numbers.ts';
import { type SystemReceiptBody, systemReceipt } from '../../types/system-receipt.ts';
import type { ValidatorSet } from '../../types/validator.ts';
import { LIMITS } from '../../util/limits.ts';
import { InvariantViolation, type StateReader, type StateWriter } from '../seam.ts';
import { Table } from '../state/table.ts';

/**
 * Who took part in finality, by the certificates that count: those that stand in the bodies of blocks. Nobody sends a
 * transaction for it.
 */

const FinalityRecordType = new ContainerType({
  height: Height,
  round: U32,
  blockHash: Hash32,
  seals: U16,
  validators: U16,
});
/** What the certificate that counts says of a block. */
export type FinalityRecord = ValueOf<typeof FinalityRecordType>;
/** finality/<height modulo the window>: later blocks take the place of old ones. */
const finality = new Table('finality', FinalityRecordType);

const ParticipationType = new ContainerType({
  /** Since the validator's first block. */
  seals: SafeU64,
  missed: SafeU64,
  /** A ring over the last blocks; bit (seals + missed) modulo the window is that of the next one, 1 is a miss. */
  recentMisses: new BitVectorType(LIMITS.certificateWindow),
});
const participation = new Table('participation', ParticipationType);

/** How often the seal of a validator counted and was missing, since it began and of late. */
export interface Participation {
  readonly seals: number;
  readonly missed: number;
  /** The last blocks of the window that it was in the set for, and how many of them it missed. */
  readonly recentBlocks: number;
  readonly recentMissed: number;
}

/** What counts of a block within the window, or undefined for one that is older or not counted yet. */
export function finalityRecord(bpci: StateReader, height: number): FinalityRecord | undefined {
  const record = finality.get(bpci, height % LIMITS.certificateWindow);
  return record?.height === height ? record : undefined;
}

/** Undefined for an account that never was in a set whose block was counted. */
export function participationOf(bpci: StateReader, validator: Address): Participation | undefined {
  const record = participation.get(bpci, validator);
  if (record === undefined) return undefined;
  const { seals, missed, recentMisses } = record;
  return {
    seals,
    missed,
    recentBlocks: Math.min(seals + missed, LIMITS.certificateWindow),
    recentMissed: recentMisses.getTrueBitIndexes().length,
  };
}

/** Books the certificate of a block under its validators, and reports who took part. */
export function bookCertificate(
  own: StateWriter,
  certificate: Certificate,
  validators: ValidatorSet | undefined,
): SystemReceiptBody[] {
  const { height, round, blockHash, signers, seals } = certificate;
  if (validators === undefined || signers.bitLen !== validators.size)
    throw new InvariantViolation(`the certificate of block ${height} is not one of its validators`);
  const record = { height, round, blockHash, seals: seals.length, validators: validators.size };
  finality.set(own, record, height % LIMITS.certificateWindow);
  const participants = validators.members.map(({ id }, index) => countSeal(own, id, signers.get(index)));
  const receipts: SystemReceiptBody[] = [];
  for (let first = 0; first < participants.length; first += PARTICIPANTS_PER_RECEIPT) {
    const part = participants.slice(first, first + PARTICIPANTS_PER_RECEIPT);
    receipts.push(systemReceipt(BPCI_SYSTEM_RECEIPTS.Participation, { height, validators: part }));
  }
  return receipts;
}

function countSeal(own: StateWriter, validator: Address, signed: boolean) {
  const record = participation.get(own, validator) ?? ParticipationType.defaultValue();
  record.recentMisses.set((record.seals + record.missed) % LIMITS.certificateWindow, !signed);
  if (signed) record.seals += 1;
  else record.missed += 1;
  participation.set(own, record, validator);
  return { validator, signed, seals: record.seals, missed: record.missed };
}
