import { BitArray } from '@chainsafe/ssz';
import { hashOf } from '../../src/crypto/hash.ts';
import { type Block, encodeBlock, hashHeader } from '../../src/types/block.ts';
import type { Certificate } from '../../src/types/certificate.ts';
import { LEDGERS } from '../../src/types/names.ts';
import type { BlockProofItems } from '../../src/types/proof-items.ts';
import { type BlockReceipts, NO_FAILED_OPERATION, type Receipt } from '../../src/types/receipt.ts';

/** A hash that is only told apart by its number. */
export function hashNumber(number: number): string {
  return number.toString(16).padStart(64, '0');
}

export interface StoredParts {
  readonly height: number;
  readonly hash: string;
  readonly block: Block;
  readonly bytes: Uint8Array;
  readonly receipts: BlockReceipts;
  readonly proofItems: BlockProofItems;
  readonly certificate: Certificate;
}

/** A block that has the right form and nothing else: storage does not look into it. One list of bytes per ledger. */
export function storedParts(
  height: number,
  transactions: readonly (readonly Uint8Array[])[] = [],
): StoredParts {
  const lists = LEDGERS.map((_, i) => [...(transactions[i] ?? [])]);
  const block: Block = {
    header: {
      version: 1,
      chainId: 7,
      height,
      timeMs: 1_700_000_000_000 + height,
      parentHash: hashNumber(height - 1),
      proposer: hashNumber(99),
      beacon: { proof: '00'.repeat(80), output: hashNumber(height) },
      sectionsRoot: hashNumber(1),
      receiptsRoot: hashNumber(2),
      stateRoot: hashNumber(3),
      validatorsHash: hashNumber(4),
      nextValidatorsHash: hashNumber(5),
      lastCertificateHash: hashNumber(6),
      evidenceRoot: hashNumber(7),
    },
    body: { sections: [], lastCertificate: [], evidence: [] },
    transactions: lists,
  };
  const hash = hashHeader(block.header);
  return {
    height,
    hash,
    block,
    bytes: encodeBlock(block),
    receipts: {
      sections: lists.map((list, i) =>
        list.map((bytes, index) => receiptOf(LEDGERS[i] ?? 'economy', height, index, bytes)),
      ),
      system: [],
    },
    proofItems: lists.map((list) => list.map((bytes) => bytes.subarray(0, 8))),
    certificate: { height, round: 0, blockHash: hash, signers: BitArray.fromBitLen(4), seals: [] },
  };
}

function receiptOf(ledger: Receipt['ledger'], height: number, index: number, bytes: Uint8Array): Receipt {
  return {
    ledger,
    txId: hashOf('transaction', bytes),
    height,
    index,
    status: 0,
    failedOperation: NO_FAILED_OPERATION,
    gas: 1,
    charges: [],
    events: [],
    proofCommitment: hashNumber(8),
  };
}
