import { LEDGERS, type LedgerName } from '../types/names.ts';
import { readUint64 } from './keys.ts';

/** Where a transaction stands in the chain: `index` counts within its section. */
export interface TransactionPlace {
  readonly height: number;
  readonly ledger: LedgerName;
  readonly index: number;
}

/** u64 height ‖ u8 ledger ‖ u32 index. */
export function encodePlace({ height, ledger, index }: TransactionPlace): Uint8Array {
  const value = new Uint8Array(13);
  const view = new DataView(value.buffer);
  view.setBigUint64(0, BigInt(height));
  view.setUint8(8, LEDGERS.indexOf(ledger));
  view.setUint32(9, index);
  return value;
}

/** @throws RangeError for a ledger that there is not, or too few bytes */
export function decodePlace(value: Uint8Array): TransactionPlace {
  const view = new DataView(value.buffer, value.byteOffset, value.length);
  const ledger = LEDGERS[view.getUint8(8)];
  if (ledger === undefined) throw new RangeError('no such ledger');
  return { height: readUint64(value), ledger, index: view.getUint32(9) };
}
