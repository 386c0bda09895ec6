import { ContainerType, ListCompositeType, type ValueOf } from '@chainsafe/ssz';
import { type BlockHeader, hashHeader } from '../../types/block.ts';
import { AddressType, type Hash, Hash32 } from '../../types/ssz-bytes.ts';
import { Height, SafeU64 } from '../../types/ssz-numbers.ts';
import { LIMITS } from '../../util/limits.ts';
import { InvariantViolation, type StateReader, type StateWriter } from '../seam.ts';
import { Table } from '../state/table.ts';

/** What the bpci sub-tree holds of other chains. */

const ConflictType = new ContainerType({ height: Height, first: Hash32, second: Hash32 });
const ClientType = new ContainerType({
  creator: AddressType,
  chainId: SafeU64,
  genesisHash: Hash32,
  trustingPeriodMs: SafeU64,
  createdAtMs: SafeU64,
  /** Heights of the headers that are kept, ascending; never empty. */
  heights: new ListCompositeType(new ContainerType({ height: Height }), LIMITS.maxClientHeaders),
  /** The two headers that froze the client. */
  conflict: new ListCompositeType(ConflictType, 1),
});
export type Client = ValueOf<typeof ClientType>;
export const clients = new Table('client', ClientType);

const ClientHeaderType = new ContainerType({
  blockHash: Hash32,
  stateRoot: Hash32,
  receiptsRoot: Hash32,
  timeMs: SafeU64,
  validatorsHash: Hash32,
  nextValidatorsHash: Hash32,
});
/** What is kept of a header of the other chain: what proofs against it need, and what the next one is checked by. */
export type ClientHeader = ValueOf<typeof ClientHeaderType>;
/** client-header/<client>/<height> */
const clientHeaders = new Table('client-header', ClientHeaderType);

export function clientHeader(bpci: StateReader, id: Hash, height: number): ClientHeader {
  const header = clientHeaders.get(bpci, id, height);
  if (header === undefined) throw new InvariantViolation(`client ${id} has no header ${height}`);
  return header;
}

export function latestHeight({ heights }: Client): number {
  const last = heights.at(-1);
  if (last === undefined) throw new InvariantViolation('a client has no header');
  return last.height;
}

/** Whether a header is still a ground of trust at this rule time. */
export function isTrusted(
  { trustingPeriodMs }: Pick<Client, 'trustingPeriodMs'>,
  header: Pick<ClientHeader, 'timeMs'>,
  timeMs: number,
): boolean {
  return timeMs < header.timeMs + trustingPeriodMs;
}

/** Adds a header above all that the client has; the oldest gives way where there are too many. */
export function addHeader(own: StateWriter, id: Hash, client: Client, header: BlockHeader): void {
  const heights = [...client.heights, { height: header.height }];
  while (heights.length > LIMITS.maxClientHeaders) {
    const oldest = heights.shift() as { height: number };
    clientHeaders.delete(own, id, oldest.height);
  }
  const { stateRoot, receiptsRoot, timeMs, validatorsHash, nextValidatorsHash } = header;
  const kept = { stateRoot, receiptsRoot, timeMs, validatorsHash, nextValidatorsHash };
  clientHeaders.set(own, { blockHash: hashHeader(header), ...kept }, id, header.height);
  clients.set(own, { ...client, heights }, id);
}
