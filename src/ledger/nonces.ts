import type { Address } from '../types/ssz-bytes.ts';
import { U64 } from '../types/ssz-numbers.ts';
import type { StateReader, StateWriter } from './seam.ts';
import { Table } from './state/table.ts';

/** Nonces count per (sender, ledger) and stand in the ledger's own sub-tree. */
const nonces = new Table('nonce', U64);

/** The only nonce with which the sender's next transaction on this ledger can be executed. */
export function nextNonce(ledger: StateReader, sender: Address): bigint {
  return nonces.get(ledger, sender) ?? 0n;
}

export function useNonce(ledger: StateWriter, sender: Address): void {
  nonces.set(ledger, nextNonce(ledger, sender) + 1n, sender);
}
