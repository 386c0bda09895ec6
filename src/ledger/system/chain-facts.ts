import { ContainerType, type ValueOf } from '@chainsafe/ssz';
import { initialBeacon } from '../../crypto/beacon.ts';
import { type Genesis, type Parameters, ParametersType } from '../../types/genesis.ts';
import { type Hash, Hash32 } from '../../types/ssz-bytes.ts';
import { Height, SafeU64, U128 } from '../../types/ssz-numbers.ts';
import { InvariantViolation, type StateReader, type StateWriter } from '../seam.ts';
import { Table } from '../state/table.ts';

const IdentityType = new ContainerType({ chainId: SafeU64, genesisHash: Hash32 });
const identity = new Table('identity', IdentityType);
const parameters = new Table('parameters', ParametersType);
/** Only while gas costs something else than genesis says. */
const gasPrice = new Table('gas-price', U128);
const lastHeight = new Table('height', Height);

const BeaconsType = new ContainerType({ previous: Hash32, last: Hash32 });
/** The beacon values of the last two blocks. */
export type Beacons = ValueOf<typeof BeaconsType>;
const beacons = new Table('beacons', BeaconsType);

function required<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new InvariantViolation(`the state holds no ${what}`);
  return value;
}

/**
 * What a table holds under its name, decoded once for the bytes that it was read from: they never change, and every
 * transaction asks for it.
 */
function decodedOnce<T extends object>(table: Table<T>, what: string): (system: StateReader) => T {
  const decoded = new WeakMap<Uint8Array, T>();
  return (system) => {
    const bytes = required(system.get(table.path()), what);
    let value = decoded.get(bytes);
    if (value === undefined) {
      value = table.decode(bytes);
      decoded.set(bytes, value);
    }
    return value;
  };
}

/** Which chain this state belongs to. */
export const chainIdentity = decodedOnce(identity, 'chain identity');

const genesisParameters = decodedOnce(parameters, 'parameters');
/** Parameters of genesis with the last price of gas that was asked for. */
const pricedParameters = new WeakMap<Parameters, Parameters>();

/** The parameters in force: those of genesis, with the price of gas as the last block left it. */
export function chainParameters(system: StateReader): Parameters {
  const fixed = genesisParameters(system);
  const price = gasPrice.get(system);
  if (price === undefined) return fixed;
  let priced = pricedParameters.get(fixed);
  if (priced?.gasPrice !== price) {
    priced = { ...fixed, gasPrice: price };
    pricedParameters.set(fixed, priced);
  }
  return priced;
}

/** Sets what gas costs from the next block on; `floor` is what it costs in genesis. */
export function setGasPrice(system: StateWriter, price: bigint, floor: bigint): void {
  if (price === floor) gasPrice.delete(system);
  else gasPrice.set(system, price);
}

/** Height of the block whose state this is; 0 is genesis. */
export function stateHeight(system: StateReader): number {
  return required(lastHeight.get(system), 'height');
}

export function lastBeacons(system: StateReader): Beacons {
  return required(beacons.get(system), 'beacon');
}

/** Books the end of block `height`, whose header carries the beacon value `beacon`. */
export function advanceChainFacts(system: StateWriter, height: number, beacon: Hash): void {
  lastHeight.set(system, height);
  beacons.set(system, { previous: lastBeacons(system).last, last: beacon });
}

export function initChainFacts(system: StateWriter, genesis: Genesis, genesisHash: Hash): void {
  const beacon = initialBeacon(genesisHash);
  identity.set(system, { chainId: genesis.chainId, genesisHash });
  parameters.set(system, genesis.parameters);
  lastHeight.set(system, 0);
  beacons.set(system, { previous: beacon, last: beacon });
}
