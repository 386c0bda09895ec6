import { ContainerType, ListCompositeType, type ValueOf } from '@chainsafe/ssz';
import { LIMITS } from '../util/limits.ts';
import { BlockHeaderType } from './block.ts';
import { CertificateType } from './certificate.ts';
import { FinalityLinkType } from './finality-proof.ts';
import { SUBTREES } from './names.ts';
import { Bytes, Hash32, Text } from './ssz-bytes.ts';
import { Height, NameOf, U16 } from './ssz-numbers.ts';

export const SNAPSHOT_VERSION = 1;
export const BLOCKS_VERSION = 1;

/**
 * The first record of a snapshot: of which chain and block it is, and what shows that this block is final, from
 * genesis on. The state that follows makes `stateRoot` of the header.
 */
export const SnapshotHeadType = new ContainerType({
  version: U16,
  genesisHash: Hash32,
  header: BlockHeaderType,
  certificate: CertificateType,
  links: new ListCompositeType(FinalityLinkType, LIMITS.maxProofLinks),
});
export type SnapshotHead = ValueOf<typeof SnapshotHeadType>;

/** Each further record: leaves in the order of sub-trees and, within one, of the bytes of their paths. */
export const SnapshotPageType = new ListCompositeType(
  new ContainerType({
    subtree: NameOf(SUBTREES),
    path: Text(LIMITS.maxLeafPathBytes),
    value: Bytes(LIMITS.maxRecordBytes),
  }),
  LIMITS.maxLeavesPerRecord,
);

/** The first record of exported blocks; one record for each block follows, `CertifiedBlockBytes`. */
export const ExportHeadType = new ContainerType({
  version: U16,
  genesisHash: Hash32,
  fromHeight: Height,
  toHeight: Height,
});
export type ExportHead = ValueOf<typeof ExportHeadType>;
