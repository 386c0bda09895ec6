import { ContainerType, type ValueOf } from '@chainsafe/ssz';
import { Hash32, Key32 } from '../../types/ssz-bytes.ts';
import { SafeU64, U8, U32 } from '../../types/ssz-numbers.ts';
import { ContainerStateType, UsageType } from '../../types/step-receipt.ts';
import { Table } from './table.ts';

/**
 * What the docklock sub-tree says about containers. It stands here because cluster reads it too: only a running
 * container can be the endpoint of a service.
 */
const ContainerRecordType = new ContainerType({
  node: Key32,
  generation: U32,
  state: ContainerStateType,
  exitCode: U8,
  sequence: SafeU64,
  tip: Hash32,
  /** Credited since the replica first ran. */
  usage: UsageType,
  /** Rule time of the first batch and of the last one. */
  sinceMs: SafeU64,
  lastBatchMs: SafeU64,
});
export type ContainerRecord = ValueOf<typeof ContainerRecordType>;
/** container/<app>/<replica>; a replica that no node has reported is PENDING and has no record. */
export const containers = new Table('container', ContainerRecordType);
