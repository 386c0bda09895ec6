import { ContainerType, type ValueOf } from '@chainsafe/ssz';
import { initialBeacon } from '../../crypto/beacon.ts';
import { type Genesis, type Parameters, ParametersType } from '../../types/genesis.ts';
import { type Hash, Hash32, Height, SafeU64 } from '../../types/ssz.ts';
import { InvariantViolation, type StateReader, type StateWriter } from '../seam.ts';
import { Table } from '../state/table.ts';

const IdentityType = new ContainerType({ chainId: SafeU64, genesisHash: Hash32 });
const identity = new Table('identity', IdentityType);
const parameters = new Table('parameters', ParametersType);
const lastHeight = new Table('height', Height);

const BeaconsType = new ContainerType({ previous: Hash32, last: Hash32 });
/** The beacon values of the last two blocks. */
export type Beacons = ValueOf<typeof BeaconsType>;
const beacons = new Table('beacons', BeaconsType);

function required<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new InvariantViolation(`the state holds no ${what}`);
  return value;
}

/** Which chain this state belongs to. */
export function chainIdentity(system: StateReader): ValueOf<typeof IdentityType> {
  return required(identity.get(system), 'chain identity');
}

/** The parameters in force. */
export function chainParameters(system: StateReader): Parameters {
  return required(parameters.get(system), 'parameters');
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
