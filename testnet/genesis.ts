import {
  DEFAULT_PARAMETERS,
  GENESIS_VERSION,
  type Genesis,
  type GenesisValidator,
  type Parameters,
} from '../src/types/genesis.ts';
import { LEDGERS, type LedgerName, MICRO, type TokenName } from '../src/types/names.ts';
import { toHex } from '../src/util/bytes.ts';
import { bankIdentifierCode, legalEntityIdentifier } from './bank-codes.ts';
import {
  type Account,
  deriveAuthorityKeys,
  deriveDemoAccounts,
  deriveFounder,
  deriveLane,
  deriveSalt,
  deriveSenders,
  deriveValidators,
  LANES,
  type ValidatorIdentity,
} from './identities.ts';

/** What a testnet's genesis depends on. `timeMs` is the only part that does not follow from the manifest. */
export interface TestnetGenesisOptions {
  readonly seed: string;
  readonly validators: number;
  readonly chainId: number;
  readonly timeMs: number;
  readonly blockTimeMs: number;
  readonly emptyBlocksMs: number;
  /** Funded accounts beside those of the lanes; none if undefined. */
  readonly senders?: number | undefined;
}

/** All GEN that there ever is, in micro-units: balances, bonds and meters together. */
const GEN_TOTAL = 100_000n * MICRO;
export const TESTNET_BOND = 100n * MICRO;

/** Banks of each lane that genesis registers, one abroad; the others register themselves. */
const GENESIS_BANKS = [
  { tier: 1, country: 'CH' },
  { tier: 2, country: 'LI' },
  { tier: 3, country: 'CH' },
] as const;

/** Windows that are hours on a real chain are seconds here, so that a short load can pass through them. */
function testnetParameters(options: TestnetGenesisOptions): Parameters {
  return {
    ...DEFAULT_PARAMETERS,
    targetBlockIntervalMs: options.blockTimeMs,
    minBlockIntervalMs: Math.min(DEFAULT_PARAMETERS.minBlockIntervalMs, options.blockTimeMs),
    emptyBlockIntervalMs: options.emptyBlocksMs,
    attestationIntervalMs: 5_000,
    priceReportIntervalMs: 5_000,
    unbondingMs: 5_000,
    epochMs: 120_000,
    // A load reports seconds of work of a few containers, where a real epoch has a day of many.
    nexMintThreshold: 1_000n,
    ownerMonthMs: 20_000,
    ownerVestingMonths: 3,
    billingWindowMs: 60_000,
  };
}

/** Collects what each account starts with and keeps count of GEN. */
class Endowment {
  readonly allocations: Genesis['allocations'] = [];
  readonly meters: Genesis['meters'] = [];
  #genSpent = 0n;

  give({ address }: Account, token: TokenName, coins: bigint): void {
    this.allocations.push({ address, token, amount: coins * MICRO });
    if (token === 'GEN') this.#genSpent += coins * MICRO;
  }

  fillMeter({ address }: Account, ledger: LedgerName, token: TokenName, coins: bigint): void {
    this.meters.push({ payer: address, ledger, token, amount: coins * MICRO });
    if (token === 'GEN') this.#genSpent += coins * MICRO;
  }

  /** Economy operations are paid out of the balance, all others out of the ledger's meter, storage of jobs in NEX. */
  fillMeters(account: Account, coins: bigint): void {
    for (const ledger of LEDGERS) if (ledger !== 'economy') this.fillMeter(account, ledger, 'FLX', coins);
    this.fillMeter(account, 'docklock', 'NEX', coins);
  }

  /** Validator operations cost GEN on top. */
  endowValidator({ account }: ValidatorIdentity): void {
    this.give(account, 'FLX', 100n);
    this.fillMeters(account, 20n);
    this.fillMeter(account, 'bpci', 'GEN', 5n);
  }

  /** Gives all GEN that is left to one account. */
  giveRest({ address }: Account, bonds: bigint): void {
    this.allocations.push({ address, token: 'GEN', amount: GEN_TOTAL - bonds - this.#genSpent });
  }
}

/** Number of a bank of a lane, for its codes. */
export function bankNumber(lane: number, index: number): number {
  return lane * 100 + index + 1;
}

/** The genesis of a testnet: all accounts that its load generators use are funded, all authorities have known keys. */
export function createTestnetGenesis(options: TestnetGenesisOptions): Genesis {
  const { seed } = options;
  const lanes = Array.from({ length: LANES }, (_, lane) => deriveLane(seed, lane));
  const identities = deriveValidators(seed, options.validators);
  const founder = deriveFounder(seed);
  const endowment = new Endowment();
  for (const identity of identities) endowment.endowValidator(identity);
  for (const lane of lanes) {
    for (const account of [...lane.payers, ...lane.banks, ...lane.oracles]) {
      endowment.give(account, 'FLX', 1_000n);
      endowment.fillMeters(account, 1_000n);
    }
    for (const account of lane.payers) {
      endowment.give(account, 'NEX', 500n);
      endowment.give(account, 'GEN', 10n);
    }
    for (const candidate of lane.candidates) {
      endowment.endowValidator(candidate);
      endowment.give(candidate.account, 'GEN', 1_000n);
    }
  }
  for (const account of deriveSenders(seed, options.senders ?? 0)) endowment.give(account, 'FLX', 1_000n);
  for (const account of deriveDemoAccounts(seed)) {
    endowment.give(account, 'FLX', 10_000n);
    endowment.give(account, 'NEX', 1_000n);
    endowment.give(account, 'GEN', 100n);
    endowment.fillMeters(account, 100n);
  }
  endowment.give(founder, 'FLX', 10_000n);
  endowment.giveRest(founder, TESTNET_BOND * BigInt(options.validators));

  const validators: GenesisValidator[] = identities.map(({ account, consensus, vrf }) => ({
    id: account.address,
    consensusKey: consensus.publicKey,
    vrfKey: vrf.publicKey,
    bond: TESTNET_BOND,
  }));
  return {
    version: GENESIS_VERSION,
    salt: toHex(deriveSalt(seed)),
    chainId: options.chainId,
    testnet: true,
    timeMs: options.timeMs,
    parameters: testnetParameters(options),
    validators: validators.sort((a, b) => (a.id < b.id ? -1 : 1)),
    allocations: endowment.allocations,
    meters: endowment.meters,
    banks: lanes.flatMap((lane, laneNumber) =>
      GENESIS_BANKS.map(({ tier, country }, index) => ({
        lei: legalEntityIdentifier(bankNumber(laneNumber, index)),
        bic: bankIdentifierCode(bankNumber(laneNumber, index), country),
        tier,
        account: (lane.banks[index] as Account).address,
        licenseHash: 'ab'.repeat(32),
      })),
    ),
    authorities: testnetAuthorities(
      seed,
      lanes.flatMap((lane) => lane.oracles),
    ),
    forks: [],
  };
}

function testnetAuthorities(seed: string, oracles: readonly Account[]): Genesis['authorities'] {
  const keys = deriveAuthorityKeys(seed);
  const authority = (name: string, keySet: readonly { publicKey: string }[]) => ({
    name,
    threshold: 2,
    keys: keySet.map(({ publicKey }) => publicKey).sort(),
  });
  return [
    authority('bank-approval', keys.bankApproval),
    authority(
      'oracles',
      oracles.map((account) => account.keys),
    ),
    authority('auditors', keys.auditors),
    authority('image-signers', keys.imageSigners),
    authority('treasury', keys.treasury),
    authority('owner', keys.owner),
  ];
}
