import { nextNonce } from '../../../src/ledger/nonces.ts';
import type { LedgerRules } from '../../../src/ledger/rules.ts';
import { DEFAULT_PARAMETERS, type Genesis } from '../../../src/types/genesis.ts';
import { LEDGERS, type LedgerName } from '../../../src/types/names.ts';
import type { EncodedTransaction } from '../../../src/types/transaction.ts';
import {
  type Actor,
  actor,
  LedgerChain,
  type TransactionOptions,
  testGenesis,
  unsignedTransaction,
} from '../ledger-chain.ts';
import { bpciFixture, validators } from './bpci.ts';
import { bpiFixture } from './bpi.ts';
import { clusterFixture } from './cluster.ts';
import { docklockFixture } from './docklock.ts';
import { economyFixture } from './economy.ts';
import type { LedgerFixture, Plan } from './fixture.ts';

/** What the compliance suite knows of each ledger. A new ledger is under the suite when it has a fixture here. */
export const FIXTURES: Readonly<Record<LedgerName, LedgerFixture>> = {
  docklock: docklockFixture,
  cluster: clusterFixture,
  bpi: bpiFixture,
  bpci: bpciFixture,
  economy: economyFixture,
};
const fixtures = LEDGERS.map((ledger) => FIXTURES[ledger]);

function complianceGenesis(): Genesis {
  const accounts = new Map<string, Actor>();
  for (const who of [SENDER, ...fixtures.flatMap(({ actors }) => actors)]) accounts.set(who.address, who);
  const parameters = Object.assign(
    { ...DEFAULT_PARAMETERS },
    ...fixtures.map((fixture) => fixture.parameters),
  );
  const plain = testGenesis({ validators, accounts: [...accounts.values()], parameters });
  return fixtures.reduce((genesis, fixture) => fixture.extendGenesis?.(genesis) ?? genesis, plain);
}

/** An account without a role on any ledger. */
export const SENDER = actor('anyone');

let prepared: LedgerChain | undefined;

/** A chain on which every case of every ledger can succeed; each caller gets its own. */
export function preparedChain(rules?: LedgerRules): LedgerChain {
  if (prepared === undefined) {
    const chain = new LedgerChain(complianceGenesis());
    for (const fixture of fixtures) fixture.setUp?.(chain);
    prepared = chain;
  }
  return new LedgerChain(prepared.genesis, rules ?? prepared.rules, prepared);
}

export function successes(chain: LedgerChain, ledger: LedgerName): Plan[] {
  return Object.values(FIXTURES[ledger].cases).map((one) => one.succeeding(chain));
}

export function failures(chain: LedgerChain, ledger: LedgerName): Plan[] {
  return Object.values(FIXTURES[ledger].cases).map((one) => one.failing(chain));
}

/** The plans as transactions of the next block, each with its sender's next nonce. */
export function transactionsOf(
  chain: LedgerChain,
  ledger: LedgerName,
  plans: readonly Plan[],
  options: TransactionOptions = {},
): EncodedTransaction[] {
  const counts = new Map<string, bigint>();
  return plans.map(({ sender, operation }) => {
    const nonce = counts.get(sender.address) ?? nextNonce(chain.state.reader(ledger), sender.address);
    counts.set(sender.address, nonce + 1n);
    return unsignedTransaction(sender, ledger, [operation], {
      nonce,
      maxFee: 2_000_000n,
      validUntilMs: chain.timeMs + 600_000,
      ...options,
    });
  });
}

/** The successes of all kinds of a ledger: what one section can hold. */
export function fullSection(chain: LedgerChain, ledger: LedgerName): EncodedTransaction[] {
  return transactionsOf(chain, ledger, successes(chain, ledger));
}

export function otherLedger(ledger: LedgerName): LedgerName {
  return LEDGERS[(LEDGERS.indexOf(ledger) + 1) % LEDGERS.length] as LedgerName;
}
