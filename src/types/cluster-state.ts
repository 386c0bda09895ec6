import { ContainerType, type ValueOf } from '@chainsafe/ssz';
import { SafeU64, U32 } from './ssz-numbers.ts';

/** What a node has, or a replica asks for: thousandths of a core, and mebibytes of memory and of disk. */
export const ResourcesType = new ContainerType({ cpuMilli: U32, memoryMib: U32, diskMib: U32 });
export type Resources = ValueOf<typeof ResourcesType>;
export const RESOURCE_NAMES = ['cpuMilli', 'memoryMib', 'diskMib'] as const;

const TotalsType = new ContainerType({ cpuMilli: SafeU64, memoryMib: SafeU64, diskMib: SafeU64 });
/**
 * The cluster in numbers: nodes that are ALIVE, what the nodes that may carry replicas have and what replicas reserve
 * of it, and the share of ALIVE nodes among all that joined and have not left.
 */
export const ClusterStateType = new ContainerType({
  alive: U32,
  capacity: TotalsType,
  used: TotalsType,
  healthPpm: U32,
});
export type ClusterState = ValueOf<typeof ClusterStateType>;
