import { ContainerType } from '@chainsafe/ssz';
import { BPCI } from '../../types/operations/bpci.ts';
import type { Anchor } from '../../types/operations/bpci-records.ts';
import { AddressType, Hash32, Text } from '../../types/ssz-bytes.ts';
import { Height, SafeU64, U16 } from '../../types/ssz-numbers.ts';
import { LIMITS } from '../../util/limits.ts';
import type { OperationContext } from '../seam.ts';
import { Table } from '../state/table.ts';
import { failure } from './failure.ts';
import { finalityRecord } from './participation.ts';

const AnchorRecordType = new ContainerType({
  height: Height,
  blockHash: Hash32,
  target: Text(63),
  reference: Text(128),
  by: AddressType,
  seals: U16,
  validators: U16,
  /** Rule time at which it was recorded. */
  atMs: SafeU64,
});
/** anchor/<height>/<target>/<sender>: nobody can take a place that another one needs. */
export const anchors = new Table('anchor', AnchorRecordType);

const TARGET = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** A header may be anchored once the certificate that counts for it is in the state: two blocks after it. */
export function executeAnchor(anchor: Anchor, context: OperationContext): void {
  const { own, sender, timeMs } = context;
  const { height, blockHash, target, reference } = anchor;
  if (!TARGET.test(target)) throw failure('ANCHOR_TARGET_INVALID', 'the target is no DNS label');
  if (reference === '') throw failure('ANCHOR_REFERENCE_EMPTY', 'nobody could find the anchor');
  const final = finalityRecord(own, height);
  if (final === undefined) {
    if (height + LIMITS.certificateWindow <= context.height - 2)
      throw failure('ANCHOR_TOO_OLD', `only the last ${LIMITS.certificateWindow} headers are known here`);
    throw failure('ANCHOR_NOT_FINAL', 'no certificate of this header counts yet');
  }
  if (final.blockHash !== blockHash)
    throw failure('ANCHOR_WRONG_HASH', 'this is not the header of the height');
  if (anchors.has(own, height, target, sender))
    throw failure('ANCHOR_EXISTS', 'the sender has recorded this anchor before');
  const { seals, validators } = final;
  const value = { height, blockHash, target, reference, by: sender, seals, validators };
  anchors.set(own, { ...value, atMs: timeMs }, height, target, sender);
  context.emit(BPCI.events.Anchored, value);
}
