import { ContainerType, ListCompositeType, type ValueOf } from '@chainsafe/ssz';
import { hashOf } from '../crypto/hash.ts';
import { LIMITS } from '../util/limits.ts';
import { LedgerNameType, TokenNameType } from './names.ts';
import { encode, fromJson } from './ssz.ts';
import { AddressType, Hash32, Key32, Salt16, Text } from './ssz-bytes.ts';
import { Bool, Height, SafeU64, U8, U16, U32, U128 } from './ssz-numbers.ts';

/**
 * Chain parameters: consensus rules that may differ from chain to chain. Windows are rule time in milliseconds
 * (`timeMs` of the parent header), rates are parts per million, amounts micro-units.
 */
export const ParametersType = new ContainerType({
  // Block rules and proposer policy
  minBlockIntervalMs: U32,
  targetBlockIntervalMs: U32,
  emptyBlockIntervalMs: U32,
  maxClockDriftMs: U32,
  // Bounds of a section and of a block
  maxSectionGas: SafeU64,
  maxBlockGas: SafeU64,
  maxSectionBytes: U32,
  maxSectionOperations: U32,
  maxBlockBytes: U32,
  // Fees; gas costs `gasPrice` at least, and more while blocks use more than `targetBlockGas`
  gasPrice: U128,
  gasPerTransaction: U32,
  gasPerByte: U32,
  validatorOperationFeeGen: U128,
  targetBlockGas: SafeU64,
  // What work is worth: micro-NEX for storage, micro-FLX for all else
  jobPriceCpuMs: U128,
  jobPriceMemoryMbS: U128,
  /** Of a millionth of a GB·day. */
  jobPriceStorage: U128,
  /** Of a million bytes. */
  jobPriceEgressMb: U128,
  /** Of each action of a container that a node reports. */
  jobPriceReceipt: U128,
  // Reference prices of coins in micro-USD; there is no market on the chain that could tell
  usdPriceGen: U128,
  usdPriceNex: U128,
  usdPriceFlx: U128,
  // Pay of the owner, in micro-USD
  ownerMonthMs: SafeU64,
  ownerVestingMonths: U16,
  ownerMonthlyCapUsd: U128,
  /** Below it, the cap is cut in proportion. */
  treasuryTargetUsd: U128,
  // Validator set
  maxValidatorChanges: U32,
  validatorWindowHeights: U32,
  validatorVoteExpiryMs: SafeU64,
  minBond: U128,
  bondAdmits: Bool,
  unbondingMs: SafeU64,
  evidenceMaxAgeHeights: U32,
  slashPpm: U32,
  // Economy
  faucetAmount: U128,
  faucetIntervalMs: SafeU64,
  aurHaircutPpm: U32,
  aurMaxDispersionPpm: U32,
  minOracles: U16,
  minAuditors: U16,
  priceMaxAgeMs: SafeU64,
  priceReportIntervalMs: SafeU64,
  attestationMaxAgeMs: SafeU64,
  attestationIntervalMs: SafeU64,
  nexReserve: U128,
  flxReserve: U128,
  crossBorderFeePpm: U32,
  crossBorderFeeAur: U128,
  billingWindowMs: SafeU64,
  // DockLock and Cluster
  notaryQuorum: U16,
  leaseMs: SafeU64,
  suspectMs: SafeU64,
  heartbeatIntervalMs: SafeU64,
  pohTicks: U32,
  // Epochs and new coins: the PoE index and the money that it brings
  epochMs: SafeU64,
  nexEpochCap: U128,
  nexHalvingEpochs: U32,
  /** Φ of the network in millionths, below which an epoch brings no NEX. */
  nexMintThreshold: U128,
  nexMintKappaPpm: U32,
  flxEpochCap: U128,
  flxSupplyPpm: U32,
});
export type Parameters = ValueOf<typeof ParametersType>;

/** Defaults of a testnet. Reserves are what the founding papers of the tokens set aside for mining and circulation. */
export const DEFAULT_PARAMETERS: Parameters = {
  minBlockIntervalMs: 200,
  targetBlockIntervalMs: 1_000,
  emptyBlockIntervalMs: 10_000,
  maxClockDriftMs: 2_000,
  maxSectionGas: 2_800_000,
  maxBlockGas: 3_000_000,
  maxSectionBytes: 768 * 1024,
  maxSectionOperations: 16_384,
  maxBlockBytes: 1_572_864,
  gasPrice: 1n,
  gasPerTransaction: 1_000,
  gasPerByte: 1,
  validatorOperationFeeGen: 1_000n,
  targetBlockGas: 2_000_000,
  jobPriceCpuMs: 100n,
  jobPriceMemoryMbS: 10n,
  jobPriceStorage: 100n,
  jobPriceEgressMb: 10_000n,
  jobPriceReceipt: 10_000n,
  usdPriceGen: 10_000_000n,
  usdPriceNex: 1_000_000n,
  usdPriceFlx: 1_000_000n,
  ownerMonthMs: 30 * 86_400_000,
  ownerVestingMonths: 6,
  ownerMonthlyCapUsd: 250_000_000_000n,
  treasuryTargetUsd: 100_000_000_000n,
  maxValidatorChanges: 0,
  validatorWindowHeights: 100,
  validatorVoteExpiryMs: 3_600_000,
  minBond: 1_000_000n,
  bondAdmits: false,
  unbondingMs: 60_000,
  evidenceMaxAgeHeights: 10_000,
  slashPpm: 50_000,
  faucetAmount: 100_000_000n,
  faucetIntervalMs: 3_600_000,
  aurHaircutPpm: 50_000,
  aurMaxDispersionPpm: 20_000,
  minOracles: 3,
  minAuditors: 2,
  priceMaxAgeMs: 600_000,
  priceReportIntervalMs: 10_000,
  attestationMaxAgeMs: 30 * 86_400_000,
  attestationIntervalMs: 3_600_000,
  nexReserve: 200_000_000_000n,
  flxReserve: 300_000_000_000n,
  crossBorderFeePpm: 1_000,
  crossBorderFeeAur: 100_000n,
  billingWindowMs: 3_600_000,
  notaryQuorum: 0,
  leaseMs: 60_000,
  suspectMs: 30_000,
  heartbeatIntervalMs: 10_000,
  pohTicks: 256,
  epochMs: 86_400_000,
  nexEpochCap: 1_000_000_000n,
  nexHalvingEpochs: 365,
  nexMintThreshold: 100_000n,
  nexMintKappaPpm: 1_000_000,
  flxEpochCap: 5_000_000_000n,
  flxSupplyPpm: 50_000,
};

export const GenesisValidatorType = new ContainerType({
  id: AddressType,
  consensusKey: Key32,
  vrfKey: Key32,
  bond: U128,
});
export type GenesisValidator = ValueOf<typeof GenesisValidatorType>;

/** Coins that exist from the start; the sum of GEN must be 100 000 GEN. */
export const AllocationType = new ContainerType({ address: AddressType, token: TokenNameType, amount: U128 });

/** A meter that is filled from the start; the coins come on top of the allocations. */
export const MeterAllocationType = new ContainerType({
  payer: AddressType,
  ledger: LedgerNameType,
  token: TokenNameType,
  amount: U128,
});

/** A bank that is registered from the start. `lei` is ISO 17442, `bic` ISO 9362. */
export const GenesisBankType = new ContainerType({
  lei: Text(20),
  bic: Text(11),
  tier: U8,
  account: AddressType,
  licenseHash: Hash32,
});

export const AUTHORITY_NAMES = [
  'bank-approval',
  'oracles',
  'auditors',
  'image-signers',
  'treasury',
  'owner',
] as const;
export type AuthorityName = (typeof AUTHORITY_NAMES)[number];

/** A named key set; an act needs signatures of `threshold` different keys. */
export const AuthorityType = new ContainerType({
  name: Text(32),
  threshold: U16,
  keys: new ListCompositeType(Key32, LIMITS.maxAuthorityKeys),
});
export type Authority = ValueOf<typeof AuthorityType>;

/** A change of rules and schemas from `height` on. */
export const ForkType = new ContainerType({ name: Text(32), height: Height });

const genesisFields = {
  version: U16,
  salt: Salt16,
  chainId: SafeU64,
  testnet: Bool,
  timeMs: SafeU64,
  parameters: ParametersType,
  validators: new ListCompositeType(GenesisValidatorType, LIMITS.maxValidators),
  allocations: new ListCompositeType(AllocationType, LIMITS.maxGenesisAllocations),
  meters: new ListCompositeType(MeterAllocationType, LIMITS.maxGenesisAllocations),
  banks: new ListCompositeType(GenesisBankType, LIMITS.maxGenesisBanks),
  authorities: new ListCompositeType(AuthorityType, LIMITS.maxAuthorities),
};

/** The identity of a chain: genesisHash = H("genesis", SSZ without `forks`), so that a chain can schedule forks later. */
const GenesisIdentityType = new ContainerType(genesisFields);
export const GenesisType = new ContainerType({
  ...genesisFields,
  forks: new ListCompositeType(ForkType, LIMITS.maxForks),
});
export type Genesis = ValueOf<typeof GenesisType>;

export const GENESIS_VERSION = 1;

/**
 * A genesis from its JSON form; whether its rules hold is for `validateGenesis` to say.
 * @throws NodeError MALFORMED_JSON
 */
export function genesisFromJson(json: unknown): Genesis {
  return fromJson(GenesisType, json, 'genesis');
}

export function hashGenesis(genesis: Genesis): string {
  return hashOf('genesis', encode(GenesisIdentityType, genesis));
}
