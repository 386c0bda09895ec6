import { ContainerType, ListCompositeType, type ValueOf } from '@chainsafe/ssz';
import { drawOf, rankByRendezvous } from '../../crypto/weighted-rendezvous.ts';
import {
  CLUSTER,
  type Endpoint,
  EndpointType,
  SERVICE_PROTOCOLS,
  type SvcDeregister,
  type SvcRegister,
  type SvcUpdate,
} from '../../types/operations/cluster.ts';
import { AddressType } from '../../types/ssz-bytes.ts';
import { NameOf, U16, U32 } from '../../types/ssz-numbers.ts';
import { concatBytes, fromHex, utf8 } from '../../util/bytes.ts';
import { LIMITS } from '../../util/limits.ts';
import type { OperationContext, StateReader } from '../seam.ts';
import { nodes } from '../state/cluster-records.ts';
import { containers } from '../state/container-records.ts';
import { Table } from '../state/table.ts';
import { assertLabel, failure } from './failure.ts';
import { clusterState } from './registry.ts';

/** Services by name, first come first served, and which endpoint serves whom. */

const ServiceRecordType = new ContainerType({
  owner: AddressType,
  version: U32,
  port: U16,
  protocol: NameOf(SERVICE_PROTOCOLS),
  endpoints: new ListCompositeType(EndpointType, LIMITS.maxServiceEndpoints),
});
export type ServiceRecord = ValueOf<typeof ServiceRecordType>;
/** service/<name> */
export const services = new Table('service', ServiceRecordType);

const endpointId = ({ app, replica }: Endpoint): string => `${app}/${replica}`;

/** Endpoints are different containers that run, as of S, on the node that is named. */
function assertEndpoints(endpoints: readonly Endpoint[], context: OperationContext): void {
  const docklock = context.at('docklock');
  const seen = new Set<string>();
  for (const endpoint of endpoints) {
    const { app, replica, node, weight } = endpoint;
    if (weight === 0) throw failure('ENDPOINT_WEIGHTLESS', 'an endpoint without load is none');
    if (seen.has(endpointId(endpoint))) throw failure('ENDPOINT_REPEATED', 'one container twice');
    seen.add(endpointId(endpoint));
    const container = containers.get(docklock, app, replica);
    if (container?.state !== 'running' || container.node !== node)
      throw failure('ENDPOINT_NOT_RUNNING', `replica ${replica} does not run on that node`);
  }
}

function requireOwned(name: string, context: OperationContext): ServiceRecord {
  const service = services.get(context.own, name);
  if (service === undefined) throw failure('SERVICE_UNKNOWN', 'no such service');
  if (service.owner !== context.sender)
    throw failure('NOT_SERVICE_OWNER', 'the service belongs to another account');
  return service;
}

export function executeSvcRegister(register: SvcRegister, context: OperationContext): void {
  const { name, port, protocol, endpoints } = register;
  const { own, sender } = context;
  assertLabel(name, 'the name of the service');
  if (port === 0) throw failure('INVALID_PORT', 'ports begin at 1');
  if (services.has(own, name)) throw failure('SERVICE_EXISTS', 'the name is taken');
  assertEndpoints(endpoints, context);
  services.set(own, { owner: sender, version: 1, port, protocol, endpoints }, name);
  const state = clusterState(own);
  context.emit(CLUSTER.events.ServiceRegistered, { name, version: 1, endpoints: endpoints.length, state });
}

export function executeSvcUpdate(update: SvcUpdate, context: OperationContext): void {
  const { name, port, protocol, endpoints, expectedVersion } = update;
  const { own, sender } = context;
  assertLabel(name, 'the name of the service');
  const service = requireOwned(name, context);
  if (service.version !== expectedVersion)
    throw failure('SERVICE_CHANGED', `the service has version ${service.version}`);
  if (port === 0) throw failure('INVALID_PORT', 'ports begin at 1');
  assertEndpoints(endpoints, context);
  const version = service.version + 1;
  services.set(own, { owner: sender, version, port, protocol, endpoints }, name);
  const state = clusterState(own);
  context.emit(CLUSTER.events.ServiceUpdated, { name, version, endpoints: endpoints.length, state });
}

export function executeSvcDeregister({ name }: SvcDeregister, context: OperationContext): void {
  assertLabel(name, 'the name of the service');
  requireOwned(name, context);
  services.delete(context.own, name);
  context.emit(CLUSTER.events.ServiceDeregistered, { name, state: clusterState(context.own) });
}

/** An endpoint is healthy as long as its node takes part and its container runs there. */
export function isHealthy(
  { app, replica, node }: Endpoint,
  cluster: StateReader,
  docklock: StateReader,
): boolean {
  const status = nodes.get(cluster, node)?.status;
  if (status !== 'ALIVE' && status !== 'DRAINING') return false;
  const container = containers.get(docklock, app, replica);
  return container?.state === 'running' && container.node === node;
}

/**
 * The healthy endpoints of a service in the order in which a client with this key tries them: proportional to their
 * weights over many keys, and when an endpoint fails only its own clients move.
 */
export function rankEndpoints(
  cluster: StateReader,
  docklock: StateReader,
  name: string,
  clientKey: string,
): Endpoint[] {
  const endpoints = services.get(cluster, name)?.endpoints ?? [];
  const contenders = endpoints
    .filter((endpoint) => isHealthy(endpoint, cluster, docklock))
    .map((endpoint) => ({
      endpoint,
      id: endpointId(endpoint),
      weight: BigInt(endpoint.weight),
      draw: drawOf(
        'placement',
        concatBytes(
          fromHex(endpoint.app),
          Uint8Array.of(endpoint.replica & 255, endpoint.replica >> 8),
          utf8(clientKey),
        ),
      ),
    }));
  return rankByRendezvous(contenders).map(({ endpoint }) => endpoint);
}
