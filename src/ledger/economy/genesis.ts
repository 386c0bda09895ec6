import type { Genesis } from '../../types/genesis.ts';
import { GEN_SUPPLY } from '../../types/genesis-check.ts';
import type { TokenName } from '../../types/names.ts';
import { BOND_PURPOSE, genesisBondRef } from '../../types/operations/settlement-messages.ts';
import { NodeError } from '../../util/errors.ts';
import { OperationFailure, type StateWriter } from '../seam.ts';
import { type Account, balanceAccount, ISSUE, lockAccount, meterAccount, TREASURY } from './account.ts';
import { addBank, findBankFault } from './banks.ts';
import { move, setReserve, supplyOf } from './books.ts';
import { addLockEntry } from './locks.ts';
import { isMeterAllowed } from './meters.ts';

export type EconomyGenesisErrorCode = 'INVALID_GENESIS';

function invalid(message: string, data: Record<string, unknown> = {}): never {
  throw new NodeError<EconomyGenesisErrorCode>('INVALID_GENESIS', message, { data });
}

/**
 * Fills the economy's sub-tree: allocations, meters, bonds of the validators as locks, banks, reserves. GEN that
 * genesis gives to nobody belongs to the treasury, so that exactly 100 000 GEN exist.
 * @throws NodeError INVALID_GENESIS
 */
export function applyGenesis(economy: StateWriter, genesis: Genesis): void {
  const issue = (credit: Account, token: TokenName, amount: bigint) => {
    if (amount === 0n) return;
    if (token === 'AUR') invalid('AUR exists only against attested gold, never from the start');
    move(economy, { debit: ISSUE, credit, token, amount });
  };
  try {
    for (const { address, token, amount } of genesis.allocations)
      issue(balanceAccount(address), token, amount);
    for (const { payer, ledger, token, amount } of genesis.meters) {
      if (!isMeterAllowed(ledger, token)) invalid(`there is no meter in ${token} on ${ledger}`, { payer });
      issue(meterAccount(ledger, payer), token, amount);
    }
    for (const { id, bond } of genesis.validators) {
      if (bond === 0n) continue;
      const ref = genesisBondRef(id);
      issue(lockAccount('bpci', ref), 'GEN', bond);
      addLockEntry(economy, { owner: id, ledger: 'bpci', purpose: BOND_PURPOSE, ref, token: 'GEN' });
    }
  } catch (error) {
    if (error instanceof OperationFailure) invalid(`the amounts add up to too much: ${error.message}`);
    throw error;
  }
  const given = supplyOf(economy, 'GEN');
  if (given > GEN_SUPPLY) invalid('more than 100 000 GEN are given away', { given: given.toString() });
  issue(TREASURY, 'GEN', GEN_SUPPLY - given);
  for (const bank of genesis.banks) {
    const fault = findBankFault(economy, bank);
    if (fault !== undefined) invalid(`bank ${bank.lei}: ${fault}`, { lei: bank.lei, fault });
    addBank(economy, bank);
  }
  setReserve(economy, 'NEX', genesis.parameters.nexReserve);
  setReserve(economy, 'FLX', genesis.parameters.flxReserve);
}
