import { type Genesis, hashGenesis } from '../types/genesis.ts';
import type { Hash } from '../types/ssz-bytes.ts';
import { ValidatorSet } from '../types/validator.ts';
import { registerGenesisValidators } from './bpci/membership.ts';
import { LEDGER_RULES } from './ledgers.ts';
import type { LedgerRules } from './rules.ts';
import { State } from './state/state.ts';
import { initChainFacts } from './system/chain-facts.ts';
import { initValidators } from './system/validator-sets.ts';

/** The state before block 1, and what follows from genesis with it. */
export interface GenesisState {
  readonly state: State;
  readonly stateRoot: Hash;
  readonly genesisHash: Hash;
  /** V(1) = V(2). */
  readonly validators: ValidatorSet;
}

/** @throws RangeError if the validators of genesis are no set; genesis files are validated before */
export function genesisState(genesis: Genesis, rules: LedgerRules = LEDGER_RULES): GenesisState {
  const genesisHash = hashGenesis(genesis);
  const validators = new ValidatorSet(
    genesis.validators.map(({ id, consensusKey, vrfKey }) => ({ id, consensusKey, vrfKey })),
  );
  const state = new State();
  const view = state.extend();
  initChainFacts(view.writer('system'), genesis, genesisHash);
  initValidators(view.writer('system'), validators);
  registerGenesisValidators(view.writer('bpci'), genesis.validators);
  rules.settlement.applyGenesis(view.writer('economy'), genesis);
  state.commit(view);
  return { state, stateRoot: state.stateRoot(), genesisHash, validators };
}
