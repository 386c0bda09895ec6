import { ContainerType } from '@chainsafe/ssz';
import type { TokenName } from '../../../types/names.ts';
import type { Address } from '../../../types/ssz-bytes.ts';
import { U128 } from '../../../types/ssz-numbers.ts';
import type { StateReader, StateWriter } from '../../seam.ts';
import { Table } from '../../state/table.ts';

/** What an account was paid out of the pools of sections since genesis, by what it did for them. */
export const EARNING_KINDS = ['miner', 'provider', 'proposer', 'signer'] as const;
export type EarningKind = (typeof EARNING_KINDS)[number];
export type Earnings = Readonly<Record<EarningKind, bigint>>;

/** earned/<address>/<token> */
const earned = new Table(
  'earned',
  new ContainerType({ miner: U128, provider: U128, proposer: U128, signer: U128 }),
);

const NOTHING: Earnings = { miner: 0n, provider: 0n, proposer: 0n, signer: 0n };

export function earningsOf(economy: StateReader, address: Address, token: TokenName): Earnings {
  return earned.get(economy, address, token) ?? NOTHING;
}

export function addEarning(
  economy: StateWriter,
  address: Address,
  token: TokenName,
  kind: EarningKind,
  amount: bigint,
): void {
  const before = earningsOf(economy, address, token);
  earned.set(economy, { ...before, [kind]: before[kind] + amount }, address, token);
}
