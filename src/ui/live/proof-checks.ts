import type { MethodResult } from '../../rpc/schema/methods.ts';

export type Proof = MethodResult<'chain_getTransactionProof'>;

/** The parts of a proof in which a byte can be flipped, to see that it is noticed. */
export const FLIPPABLE = ['transaction', 'receipt path', 'state root', 'seal'] as const;
export type Flippable = (typeof FLIPPABLE)[number];

/** The hex text with one bit of its middle byte flipped. */
export function flippedByte(hex: string): string {
  const at = 2 + 2 * Math.floor((hex.length - 2) / 4);
  const byte = Number.parseInt(hex.slice(at, at + 2), 16) ^ 1;
  return `${hex.slice(0, at)}${byte.toString(16).padStart(2, '0')}${hex.slice(at + 2)}`;
}

/** The proof with one byte of a part changed. */
export function flipped(proof: Proof, part: Flippable): Proof {
  const { header, certificate, receiptPath, ledgerPath } = proof;
  switch (part) {
    case 'transaction':
      return { ...proof, transaction: flippedByte(proof.transaction) };
    case 'receipt path': {
      const [first, ...rest] = receiptPath;
      if (first !== undefined)
        return { ...proof, receiptPath: [{ ...first, hash: flippedByte(first.hash) }, ...rest] };
      return { ...proof, ledgerPath: ledgerPath.map((hash, i) => (i === 0 ? flippedByte(hash) : hash)) };
    }
    case 'state root':
      return { ...proof, header: { ...header, stateRoot: flippedByte(header.stateRoot) } };
    case 'seal':
      return {
        ...proof,
        certificate: {
          ...certificate,
          seals: certificate.seals.map((seal, i) => (i === 0 ? flippedByte(seal) : seal)),
        },
      };
  }
}

/** What each check of the verifier establishes, by its name and in its order. */
export const CHECK_MEANINGS = {
  FORM: 'the proof is in canonical form, every field in its bounds',
  VERSION: 'the proof is of a version that is known here',
  GENESIS: 'it is of the chain whose genesis is held here',
  TRANSACTION: 'the bytes are a transaction of this chain',
  TX_ID: 'the receipt is of exactly these bytes',
  SIGNATURE: 'the sender signed them',
  RECEIPT: 'receipt, transaction and header name one ledger and one height',
  RECEIPT_PATH: 'the receipt leads to the receipts root of the header',
  ANCHOR: 'the walk starts at genesis',
  LINK: 'each change of validators was sealed by those before',
  HEADER: 'the header names this chain and the validators of its height',
  CERTIFICATE: 'a quorum of them sealed the header',
} as const;

export type CheckName = keyof typeof CHECK_MEANINGS;
export type CheckState = 'passed' | 'failed' | 'not-reached';

/** How each check went, given the one that failed, if any: they are made in order, and end with the first failure. */
export function checkStates(failed: CheckName | undefined): { name: CheckName; state: CheckState }[] {
  const names = Object.keys(CHECK_MEANINGS) as CheckName[];
  const at = failed === undefined ? names.length : names.indexOf(failed);
  return names.map((name, i) => ({ name, state: i < at ? 'passed' : i === at ? 'failed' : 'not-reached' }));
}
