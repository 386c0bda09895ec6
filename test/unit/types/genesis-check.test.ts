import assert from 'node:assert/strict';
import { keyPairFromSeed } from '../../../src/crypto/ed25519.ts';
import { DEFAULT_PARAMETERS, type Genesis, GenesisType } from '../../../src/types/genesis.ts';
import {
  GEN_SUPPLY,
  type GenesisErrorCode,
  MAX_COIN_SUPPLY,
  validateGenesis,
} from '../../../src/types/genesis-check.ts';
import { fromJson } from '../../../src/types/ssz.ts';

const BOND = 100_000_000n;

function key(number: number): string {
  return keyPairFromSeed(new Uint8Array(32).fill(number)).publicKey;
}

function hash(number: number): string {
  return number.toString(16).padStart(2, '0').repeat(32);
}

/** A small genesis that keeps every rule, with the changes of a test on top. */
function genesis(change: (genesis: Genesis) => void = () => {}): Genesis {
  const value: Genesis = {
    version: 1,
    salt: '00'.repeat(16),
    chainId: 7,
    testnet: true,
    timeMs: 1_700_000_000_000,
    parameters: { ...DEFAULT_PARAMETERS },
    validators: [1, 2].map((n) => ({ id: hash(n), consensusKey: key(n), vrfKey: key(100 + n), bond: BOND })),
    allocations: [
      { address: hash(9), token: 'GEN', amount: GEN_SUPPLY - 2n * BOND - 5n },
      { address: hash(9), token: 'FLX', amount: 1_000n },
    ],
    meters: [{ payer: hash(9), ledger: 'bpci', token: 'GEN', amount: 5n }],
    banks: [
      { lei: 'HWUPKR0MPOU8FGXBT394', bic: 'CHASUS33XXX', tier: 1, account: hash(20), licenseHash: hash(0) },
    ],
    authorities: [{ name: 'treasury', threshold: 2, keys: [key(30), key(31)] }],
    forks: [
      { name: 'first', height: 10 },
      { name: 'second', height: 11 },
    ],
  };
  change(value);
  return value;
}

/** A public key of small order: the identity. */
const IDENTITY_KEY = `01${'00'.repeat(31)}`;

const FAULTS: readonly [title: string, code: GenesisErrorCode, change: (genesis: Genesis) => void][] = [
  ['an unknown version', 'GENESIS_VERSION_UNKNOWN', (g) => (g.version = 2)],
  ['chain id 0', 'GENESIS_PARAMETER_OUT_OF_BOUNDS', (g) => (g.chainId = 0)],
  ['no validators', 'GENESIS_NO_VALIDATORS', (g) => (g.validators = [])],
  ['a repeated validator id', 'GENESIS_DUPLICATE', (g) => (at(g.validators, 1).id = hash(1))],
  ['a repeated consensus key', 'GENESIS_DUPLICATE', (g) => (at(g.validators, 1).consensusKey = key(1))],
  [
    'a consensus key that is also a VRF key',
    'GENESIS_DUPLICATE',
    (g) => (at(g.validators, 1).vrfKey = key(1)),
  ],
  [
    'a consensus key of small order',
    'GENESIS_UNACCEPTABLE_KEY',
    (g) => (at(g.validators, 0).consensusKey = IDENTITY_KEY),
  ],
  [
    'a VRF key off the curve',
    'GENESIS_UNACCEPTABLE_KEY',
    (g) => (at(g.validators, 0).vrfKey = `02${'00'.repeat(31)}`),
  ],
  ['a bond below the least', 'GENESIS_BOND_TOO_SMALL', (g) => (g.parameters.minBond = BOND + 1n)],
  ['one micro-GEN too much', 'GENESIS_GEN_SUPPLY', (g) => (at(g.allocations, 0).amount += 1n)],
  ['one micro-GEN too little in a meter', 'GENESIS_GEN_SUPPLY', (g) => (at(g.meters, 0).amount -= 1n)],
  [
    'a larger bond that no allocation pays for',
    'GENESIS_GEN_SUPPLY',
    (g) => (at(g.validators, 0).bond += 1n),
  ],
  [
    'FLX beyond its bound together with the reserve',
    'GENESIS_SUPPLY_TOO_LARGE',
    (g) => (at(g.allocations, 1).amount = MAX_COIN_SUPPLY),
  ],
  ['allocated AUR', 'GENESIS_AUR_ALLOCATED', (g) => (at(g.allocations, 1).token = 'AUR')],
  ['an allocation of nothing', 'GENESIS_ZERO_AMOUNT', (g) => (at(g.allocations, 1).amount = 0n)],
  ['a repeated allocation', 'GENESIS_DUPLICATE', (g) => g.allocations.push(at(g.allocations, 1))],
  ['a repeated meter', 'GENESIS_DUPLICATE', (g) => g.meters.push(at(g.meters, 0))],
  ['a wrong LEI', 'GENESIS_BANK_MALFORMED', (g) => (at(g.banks, 0).lei = 'HWUPKR0MPOU8FGXBT395')],
  ['a wrong BIC', 'GENESIS_BANK_MALFORMED', (g) => (at(g.banks, 0).bic = 'CHAS')],
  ['a bank of tier 4', 'GENESIS_BANK_MALFORMED', (g) => (at(g.banks, 0).tier = 4)],
  ['a repeated bank', 'GENESIS_DUPLICATE', (g) => g.banks.push(at(g.banks, 0))],
  ['an unknown authority', 'GENESIS_AUTHORITY_MALFORMED', (g) => (at(g.authorities, 0).name = 'king')],
  ['a threshold of 0', 'GENESIS_AUTHORITY_MALFORMED', (g) => (at(g.authorities, 0).threshold = 0)],
  [
    'a threshold above the number of keys',
    'GENESIS_AUTHORITY_MALFORMED',
    (g) => (at(g.authorities, 0).threshold = 3),
  ],
  [
    'an authority that repeats a key',
    'GENESIS_DUPLICATE',
    (g) => (at(g.authorities, 0).keys = [key(30), key(30)]),
  ],
  [
    'an authority with a key of small order',
    'GENESIS_UNACCEPTABLE_KEY',
    (g) => (at(g.authorities, 0).keys = [key(30), IDENTITY_KEY]),
  ],
  ['a repeated authority', 'GENESIS_DUPLICATE', (g) => g.authorities.push(at(g.authorities, 0))],
  ['two forks at one height', 'GENESIS_FORKS_MALFORMED', (g) => (at(g.forks, 1).height = 10)],
  ['a fork at height 0', 'GENESIS_FORKS_MALFORMED', (g) => (at(g.forks, 0).height = 0)],
  ['a fork without a name', 'GENESIS_FORKS_MALFORMED', (g) => (at(g.forks, 0).name = '')],
];

function at<T>(list: readonly T[], index: number): T {
  return list[index] as T;
}

describe('validateGenesis', () => {
  it('accepts a genesis that keeps every rule, also after a trip through JSON', () => {
    validateGenesis(genesis());
    const json: unknown = JSON.parse(JSON.stringify(GenesisType.toJson(genesis())));
    const read = fromJson(GenesisType, json, 'genesis');
    assert.deepEqual(read, genesis());
    validateGenesis(read);
  });

  for (const [title, code, change] of FAULTS)
    it(`refuses ${title}`, () => {
      assert.throws(() => validateGenesis(genesis(change)), { code });
    });

  const OUT_OF_BOUNDS = {
    minBlockIntervalMs: 0,
    targetBlockIntervalMs: 199,
    emptyBlockIntervalMs: 999,
    maxSectionBytes: 1_572_865,
    aurHaircutPpm: 1_000_001,
    aurMaxDispersionPpm: 1_000_001,
    minOracles: 0,
    minAuditors: 0,
    evidenceMaxAgeHeights: 0,
    slashPpm: 1_000_000,
    suspectMs: 60_001,
    pohTicks: 0,
    maxValidatorChanges: 129,
    nexReserve: 2n ** 127n,
  };
  for (const [parameter, value] of Object.entries(OUT_OF_BOUNDS))
    it(`refuses ${parameter} = ${value} and names the parameter`, () => {
      const faulty = genesis((g) => Object.assign(g.parameters, { [parameter]: value }));
      assert.throws(
        () => validateGenesis(faulty),
        (error: { code: string; data: { parameter: string } }) =>
          error.code === 'GENESIS_PARAMETER_OUT_OF_BOUNDS' && error.data.parameter === parameter,
      );
    });
});
