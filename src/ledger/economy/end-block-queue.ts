import { ContainerType, type ValueOf } from '@chainsafe/ssz';
import { LedgerNameType, TokenNameType } from '../../types/names.ts';
import { AddressType, Hash32 } from '../../types/ssz-bytes.ts';
import { NameOf, U128 } from '../../types/ssz-numbers.ts';
import { Queue } from '../state/queue.ts';

/** A request of an operation that executes in EndBlock, after the charges of the block. */
const QueuedRequestType = new ContainerType({
  action: NameOf(['unlock', 'meter-withdraw']),
  requester: AddressType,
  ledger: LedgerNameType,
  /** Of an unlock; zero for a withdrawal. */
  ref: Hash32,
  token: TokenNameType,
  /** What a withdrawal asks for; zero for an unlock, which is always whole. */
  amount: U128,
});
export type QueuedRequest = ValueOf<typeof QueuedRequestType>;

export const endBlockQueue = new Queue('request', QueuedRequestType);
