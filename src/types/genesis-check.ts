/**
 * The rules that a genesis must keep besides its schema. Every node checks them before it starts a chain, so that a
 * slip in the file is found by its author and not by the first block that trips over it.
 */
import { isAcceptableKey } from '../crypto/ed25519.ts';
import { NodeError } from '../util/errors.ts';
import { LIMITS } from '../util/limits.ts';
import { isBic, isLei } from './bank-identifiers.ts';
import { AUTHORITY_NAMES, GENESIS_VERSION, type Genesis, type Parameters } from './genesis.ts';
import { MICRO } from './names.ts';

export type GenesisErrorCode =
  | 'GENESIS_VERSION_UNKNOWN'
  | 'GENESIS_PARAMETER_OUT_OF_BOUNDS'
  | 'GENESIS_NO_VALIDATORS'
  | 'GENESIS_DUPLICATE'
  | 'GENESIS_UNACCEPTABLE_KEY'
  | 'GENESIS_BOND_TOO_SMALL'
  | 'GENESIS_GEN_SUPPLY'
  | 'GENESIS_SUPPLY_TOO_LARGE'
  | 'GENESIS_AUR_ALLOCATED'
  | 'GENESIS_ZERO_AMOUNT'
  | 'GENESIS_BANK_MALFORMED'
  | 'GENESIS_AUTHORITY_MALFORMED'
  | 'GENESIS_FORKS_MALFORMED';

/** The fixed supply of GEN in micro-GEN: allocations, meters and bonds together. */
export const GEN_SUPPLY = 100_000n * MICRO;
/** Greatest supply of NEX or FLX with its reserve, in micro-units: products with ppm rates then stay far below u128. */
export const MAX_COIN_SUPPLY = 10n ** 15n * MICRO;

/** Times any usage that a batch can report (below 2^53) it stays far below u128. */
const MAX_JOB_PRICE = 10n ** 12n;
/** A million million USD in micro-USD. */
const MAX_USD = 10n ** 18n;
const YEAR_MS = 366 * 86_400_000;
const ONE_PPM = 1_000_000;

type NumericParameter = Exclude<keyof Parameters, 'bondAdmits'>;

/** Lowest and highest sane value of each parameter. */
const PARAMETER_BOUNDS: Readonly<
  Record<NumericParameter, readonly [min: number | bigint, max: number | bigint]>
> = {
  minBlockIntervalMs: [1, 60_000],
  targetBlockIntervalMs: [10, 600_000],
  emptyBlockIntervalMs: [10, 3_600_000],
  maxClockDriftMs: [1, 60_000],
  maxSectionGas: [1000, 10 ** 12],
  maxBlockGas: [1000, 10 ** 13],
  maxSectionBytes: [1024, LIMITS.maxBlockTransferBytes],
  maxSectionOperations: [1, LIMITS.maxTransactionsPerSection * LIMITS.maxOperationsPerTransaction],
  maxBlockBytes: [4096, LIMITS.maxBlockTransferBytes],
  gasPrice: [0n, 10n ** 12n],
  gasPerTransaction: [0, 100_000_000],
  gasPerByte: [0, 1_000_000],
  validatorOperationFeeGen: [0n, GEN_SUPPLY],
  targetBlockGas: [1000, 10 ** 13],
  jobPriceCpuMs: [0n, MAX_JOB_PRICE],
  jobPriceMemoryMbS: [0n, MAX_JOB_PRICE],
  jobPriceStorage: [0n, MAX_JOB_PRICE],
  jobPriceEgressMb: [0n, MAX_JOB_PRICE],
  jobPriceReceipt: [0n, MAX_JOB_PRICE],
  usdPriceGen: [0n, MAX_USD],
  usdPriceNex: [0n, MAX_USD],
  usdPriceFlx: [0n, MAX_USD],
  ownerMonthMs: [1000, YEAR_MS],
  ownerVestingMonths: [0, LIMITS.maxOwnerVestingMonths],
  ownerMonthlyCapUsd: [0n, MAX_USD],
  treasuryTargetUsd: [0n, MAX_USD],
  maxValidatorChanges: [0, LIMITS.maxValidators],
  validatorWindowHeights: [1, 10_000_000],
  validatorVoteExpiryMs: [1, YEAR_MS],
  minBond: [0n, GEN_SUPPLY],
  unbondingMs: [0, 10 * YEAR_MS],
  evidenceMaxAgeHeights: [1, 10_000_000],
  // A bond is never slashed to nothing: a lock ends only when it is released.
  slashPpm: [0, ONE_PPM - 1],
  faucetAmount: [0n, MAX_COIN_SUPPLY],
  faucetIntervalMs: [1, YEAR_MS],
  aurHaircutPpm: [0, ONE_PPM],
  aurMaxDispersionPpm: [0, ONE_PPM],
  minOracles: [1, LIMITS.maxAuthorityKeys],
  minAuditors: [1, LIMITS.maxAuthorityKeys],
  priceMaxAgeMs: [1, YEAR_MS],
  priceReportIntervalMs: [1, YEAR_MS],
  attestationMaxAgeMs: [1, YEAR_MS],
  attestationIntervalMs: [1, YEAR_MS],
  nexReserve: [0n, MAX_COIN_SUPPLY],
  flxReserve: [0n, MAX_COIN_SUPPLY],
  crossBorderFeePpm: [0, ONE_PPM],
  crossBorderFeeAur: [0n, MAX_COIN_SUPPLY],
  billingWindowMs: [1, YEAR_MS],
  notaryQuorum: [0, LIMITS.maxAuthorityKeys],
  leaseMs: [1, YEAR_MS],
  suspectMs: [1, YEAR_MS],
  heartbeatIntervalMs: [1, YEAR_MS],
  pohTicks: [1, 65_536],
  epochMs: [1000, YEAR_MS],
  nexEpochCap: [0n, MAX_COIN_SUPPLY],
  nexHalvingEpochs: [1, 1_000_000],
  nexMintThreshold: [0n, 10n ** 12n],
  // New coins are never worth more than what they cost in fees, or work for oneself would pay.
  nexMintKappaPpm: [0, ONE_PPM],
  flxEpochCap: [0n, MAX_COIN_SUPPLY],
  flxSupplyPpm: [0, ONE_PPM],
};

function refuse(
  code: GenesisErrorCode,
  message: string,
  data: Record<string, unknown> = {},
  hint = 'correct the genesis file',
): NodeError<GenesisErrorCode> {
  return new NodeError<GenesisErrorCode>(code, message, { data, hint });
}

function assertUnique(what: string, values: readonly string[]): void {
  const seen = new Set<string>();
  for (const value of values) {
    if (seen.has(value)) throw refuse('GENESIS_DUPLICATE', `${what} ${value} stands twice`, { what, value });
    seen.add(value);
  }
}

function assertParameter(
  parameter: NumericParameter | 'chainId' | 'timeMs',
  isInBounds: boolean,
  rule: string,
  value: number | bigint,
): void {
  if (isInBounds) return;
  const data = { parameter, value: value.toString() };
  throw refuse('GENESIS_PARAMETER_OUT_OF_BOUNDS', `${parameter} is ${value}: ${rule}`, data);
}

function checkParameters({ parameters, chainId, timeMs }: Genesis): void {
  assertParameter('chainId', chainId >= 1, 'a chain id is at least 1', chainId);
  assertParameter('timeMs', timeMs >= 1, 'the time of genesis is milliseconds since 1970', timeMs);
  for (const [name, [min, max]] of Object.entries(PARAMETER_BOUNDS)) {
    const value = parameters[name as NumericParameter];
    assertParameter(
      name as NumericParameter,
      value >= min && value <= max,
      `expected ${min} to ${max}`,
      value,
    );
  }
  const { minBlockIntervalMs, targetBlockIntervalMs, emptyBlockIntervalMs, maxSectionBytes, maxBlockBytes } =
    parameters;
  const ordered = (name: NumericParameter, low: number, high: number, rule: string) =>
    assertParameter(name, low <= high, rule, parameters[name]);
  ordered('targetBlockIntervalMs', minBlockIntervalMs, targetBlockIntervalMs, 'at least minBlockIntervalMs');
  ordered(
    'emptyBlockIntervalMs',
    targetBlockIntervalMs,
    emptyBlockIntervalMs,
    'at least targetBlockIntervalMs',
  );
  ordered('maxSectionGas', parameters.maxSectionGas, parameters.maxBlockGas, 'at most maxBlockGas');
  ordered('maxSectionBytes', maxSectionBytes, maxBlockBytes, 'at most maxBlockBytes');
  ordered('suspectMs', parameters.suspectMs, parameters.leaseMs, 'at most leaseMs');
}

function assertAcceptableKey(owner: string, key: string): void {
  if (isAcceptableKey(key)) return;
  throw refuse('GENESIS_UNACCEPTABLE_KEY', `a key of ${owner} is no acceptable Ed25519 key`, { owner, key });
}

function checkValidators({ validators, parameters }: Genesis): void {
  if (validators.length === 0) throw refuse('GENESIS_NO_VALIDATORS', 'a chain needs at least one validator');
  assertUnique(
    'validator',
    validators.map(({ id }) => id),
  );
  // A consensus key that is also a VRF key would sign under two schemes, so all of them must differ.
  assertUnique(
    'validator key',
    validators.flatMap(({ consensusKey, vrfKey }) => [consensusKey, vrfKey]),
  );
  for (const { id, consensusKey, vrfKey, bond } of validators) {
    assertAcceptableKey(`validator ${id}`, consensusKey);
    assertAcceptableKey(`validator ${id}`, vrfKey);
    if (bond < parameters.minBond)
      throw refuse('GENESIS_BOND_TOO_SMALL', `the bond of validator ${id} is below minBond`, {
        validator: id,
        bond: bond.toString(),
        minBond: parameters.minBond.toString(),
      });
  }
}

function checkSupply({ allocations, meters, validators, parameters }: Genesis): void {
  assertUnique(
    'allocation',
    allocations.map(({ address, token }) => `${address} ${token}`),
  );
  assertUnique(
    'meter',
    meters.map(({ payer, ledger, token }) => `${payer} ${ledger} ${token}`),
  );
  const supply = {
    GEN: validators.reduce((sum, { bond }) => sum + bond, 0n),
    NEX: parameters.nexReserve,
    FLX: parameters.flxReserve,
    AUR: 0n,
  };
  for (const { token, amount } of [...allocations, ...meters]) {
    if (amount === 0n) throw refuse('GENESIS_ZERO_AMOUNT', `an allocation of no ${token}`, { token });
    supply[token] += amount;
  }
  if (supply.AUR > 0n)
    throw refuse('GENESIS_AUR_ALLOCATED', 'AUR comes into being only when a bank mints it against reserves');
  if (supply.GEN !== GEN_SUPPLY)
    throw refuse(
      'GENESIS_GEN_SUPPLY',
      `allocations, meters and bonds sum up to ${supply.GEN} micro-GEN, not ${GEN_SUPPLY}`,
      {
        sum: supply.GEN.toString(),
        expected: GEN_SUPPLY.toString(),
        missing: (GEN_SUPPLY - supply.GEN).toString(),
      },
      'GEN is fixed at 100 000, all of it given to somebody by the genesis: genesis new --alloc GEN:<address>=<rest>',
    );
  for (const token of ['NEX', 'FLX'] as const)
    if (supply[token] > MAX_COIN_SUPPLY)
      throw refuse('GENESIS_SUPPLY_TOO_LARGE', `more than ${MAX_COIN_SUPPLY} micro-${token}`, { token });
}

function checkBanks({ banks }: Genesis): void {
  assertUnique(
    'LEI',
    banks.map(({ lei }) => lei),
  );
  assertUnique(
    'BIC',
    banks.map(({ bic }) => bic),
  );
  assertUnique(
    'bank account',
    banks.map(({ account }) => account),
  );
  for (const { lei, bic, tier } of banks) {
    const malformed = (field: string) =>
      refuse('GENESIS_BANK_MALFORMED', `bank ${lei}: ${field}`, { lei, field });
    if (!isLei(lei)) throw malformed('lei');
    if (!isBic(bic)) throw malformed('bic');
    if (tier < 1 || tier > 3) throw malformed('tier');
  }
}

function checkAuthorities({ authorities }: Genesis): void {
  assertUnique(
    'authority',
    authorities.map(({ name }) => name),
  );
  for (const { name, threshold, keys } of authorities) {
    const malformed = (reason: string) =>
      refuse('GENESIS_AUTHORITY_MALFORMED', `authority ${name}: ${reason}`, { authority: name });
    if (!(AUTHORITY_NAMES as readonly string[]).includes(name)) throw malformed('unknown name');
    if (threshold < 1 || threshold > keys.length)
      throw malformed(`a threshold of ${threshold} of ${keys.length} keys`);
    assertUnique(`key of ${name}`, keys);
    for (const key of keys) assertAcceptableKey(`authority ${name}`, key);
  }
}

function checkForks({ forks }: Genesis): void {
  assertUnique(
    'fork',
    forks.map(({ name }) => name),
  );
  let previous = 0;
  for (const { name, height } of forks) {
    if (name === '' || height <= previous)
      throw refuse('GENESIS_FORKS_MALFORMED', 'forks have names and strictly ascending heights', {
        fork: name,
        height,
      });
    previous = height;
  }
}

/** @throws NodeError with a GenesisErrorCode for the first rule that the genesis breaks */
export function validateGenesis(genesis: Genesis): void {
  if (genesis.version !== GENESIS_VERSION)
    throw refuse('GENESIS_VERSION_UNKNOWN', `unknown version ${genesis.version}`, {
      version: genesis.version,
    });
  checkParameters(genesis);
  checkValidators(genesis);
  checkSupply(genesis);
  checkBanks(genesis);
  checkAuthorities(genesis);
  checkForks(genesis);
}
