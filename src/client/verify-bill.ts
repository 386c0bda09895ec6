import { rootFromPlace, rootOfPath, verifyMerklePath } from '../crypto/merkle.ts';
import {
  BILL_PROOF_VERSION,
  type BillingProof,
  type BillProof,
  billProofFromJson,
  type ProvenLine,
} from '../types/bill-proof.ts';
import { BilledBlockType, BillLineType, type ClassSum, sumLines } from '../types/billing.ts';
import {
  type CheckFailure,
  checkFinality,
  during,
  ensure,
  type TrustedBlock,
} from '../types/check-finality.ts';
import { type Genesis, hashGenesis } from '../types/genesis.ts';
import { LEDGERS } from '../types/names.ts';
import { ECONOMY_SYSTEM_RECEIPTS } from '../types/operations/economy-receipts.ts';
import { encodeSystemReceipt } from '../types/receipt.ts';
import { encode } from '../types/ssz.ts';
import type { Address } from '../types/ssz-bytes.ts';
import { systemReceipt } from '../types/system-receipt.ts';
import { fromHex, toHex } from '../util/bytes.ts';

/** The checks of a bill, in the order in which they are made. The first that fails is named. */
export const BILL_CHECKS = [
  'FORM',
  'VERSION',
  'GENESIS',
  'ANCHOR',
  'LINK',
  'HEADER',
  'CERTIFICATE',
  'COMMITMENT',
  'LINE',
  'ORDER',
  'LINE_PATH',
] as const;
export type BillCheck = (typeof BILL_CHECKS)[number];

export interface ValidBill {
  readonly valid: true;
  readonly payer: Address;
  readonly window: number;
  readonly fromHeight: number;
  readonly toHeight: number;
  readonly lines: number;
  readonly sums: readonly ClassSum[];
  /** The block that holds the commitment. */
  readonly height: number;
  readonly blockHash: string;
  readonly seals: number;
  readonly quorum: number;
  readonly validators: number;
}

export interface InvalidBill {
  readonly valid: false;
  readonly check: BillCheck;
  readonly message: string;
}

/**
 * Checks the parsed content of a bill file with nothing but the genesis file. Never throws. A valid bill shows that
 * every line of it was charged; it cannot show that there are no others.
 */
export function verifyBillJson(
  json: unknown,
  genesis: Genesis,
  trusted?: TrustedBlock,
): ValidBill | InvalidBill {
  try {
    return during('FORM', () => verify(billProofFromJson(json), genesis, trusted));
  } catch (error) {
    const { check, message } = error as CheckFailure<BillCheck>;
    return { valid: false, check, message };
  }
}

/** Leaves under receiptsRoot: five sections and the system receipts. */
const RECEIPT_ROOTS = LEDGERS.length + 1;

function verify(
  { payer, window, lines }: BillProof,
  genesis: Genesis,
  trusted: TrustedBlock | undefined,
): ValidBill {
  const { header, certificate, commitment } = window;
  ensure(window.version === BILL_PROOF_VERSION, 'VERSION', `unknown version ${window.version} of the bill`);
  const genesisHash = during('GENESIS', () => hashGenesis(genesis));
  ensure(window.genesisHash === genesisHash, 'GENESIS', 'the bill is of another chain than the genesis file');
  const { blockHash, validators } = checkFinality({ ...window, anchor: [] }, genesis, genesisHash, trusted);
  checkCommitment(window);
  ensure(lines.length > 0, 'LINE', 'a bill without lines shows nothing');
  let last: ProvenLine | undefined;
  for (const [number, proven] of lines.entries()) {
    checkLine(proven, payer, window, `line ${number}`);
    ensure(
      last === undefined || isAfter(proven, last),
      'ORDER',
      `line ${number} does not come after the one before`,
    );
    last = proven;
  }
  return {
    valid: true,
    payer,
    window: commitment.window,
    fromHeight: commitment.fromHeight,
    toHeight: commitment.toHeight,
    lines: lines.length,
    sums: sumLines(lines.map(({ line }) => line)),
    height: header.height,
    blockHash,
    seals: certificate.seals.length,
    quorum: validators.quorum,
    validators: validators.size,
  };
}

/** Places ascend, so that no line is counted twice. */
function isAfter(line: ProvenLine, previous: ProvenLine): boolean {
  return line.block > previous.block || (line.block === previous.block && line.index > previous.index);
}

function checkCommitment({ commitment, index, receiptPath, rootsPath, header }: BillingProof): void {
  const body = systemReceipt(ECONOMY_SYSTEM_RECEIPTS.BillingCommitment, commitment);
  const systemRoot = rootOfPath(
    encodeSystemReceipt({ ...body, height: header.height, index }),
    receiptPath.map(({ side, hash }) => ({ side, hash: fromHex(hash) })),
  );
  ensure(
    verifyMerklePath(
      systemRoot,
      LEDGERS.length,
      RECEIPT_ROOTS,
      rootsPath.map(fromHex),
      fromHex(header.receiptsRoot),
    ),
    'COMMITMENT',
    'the commitment does not lead to the receipts root of the header',
  );
}

function checkLine(proven: ProvenLine, payer: Address, { commitment }: BillingProof, name: string): void {
  const { line, index, lines, linePath, block, blockPath } = proven;
  ensure(line.payer === payer, 'LINE', `${name} is of another payer`);
  const root = rootFromPlace(encode(BillLineType, line), index, lines, linePath.map(fromHex));
  ensure(root !== undefined, 'LINE_PATH', `${name} has no place ${index} among ${lines} lines`);
  const leaf = encode(BilledBlockType, { height: line.height, lines, root: toHex(root) });
  ensure(
    verifyMerklePath(leaf, block, commitment.blocks, blockPath.map(fromHex), fromHex(commitment.root)),
    'LINE_PATH',
    `${name} does not lead to the root of window ${commitment.window}`,
  );
}
