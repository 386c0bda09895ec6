import type { Client } from '../../client/client.ts';
import { signHeartbeat, signNodeJoin, signRefute } from '../../client/cluster-node.ts';
import { operationNamed } from '../../client/transaction-builder.ts';
import type { KeyPair } from '../../crypto/ed25519.ts';
import type { MethodResult } from '../../rpc/schema/methods.ts';
import { addressToText } from '../../types/address.ts';
import type { Resources } from '../../types/cluster-state.ts';
import { encodeOperation } from '../../types/operations/catalog.ts';
import { CLUSTER } from '../../types/operations/cluster.ts';
import type { Operation } from '../../types/transaction.ts';
import { NodeError } from '../../util/errors.ts';
import { usageError } from '../exit-code.ts';
import type { SendSituation } from './send-transaction.ts';

/** What the commands of the cluster ledger send. Nodes stand on the command line as `0x…`, their own keys as key files. */

export type Member = MethodResult<'cluster_members'>['items'][number];

/** @throws NodeError NODE_UNKNOWN */
export async function memberOf(client: Client, node: string): Promise<Member> {
  const { items } = await client.call('cluster_members', { node });
  const [member] = items;
  if (member === undefined)
    throw new NodeError('NODE_UNKNOWN', `no node ${node} ever joined the cluster`, {
      hint: 'metanode cluster members lists them',
    });
  return member;
}

export interface JoinOptions {
  readonly region: string;
  readonly asn: number;
  readonly implementation: string;
  readonly capacity: Resources;
  readonly bondRef: string | undefined;
}

export function joinOperation(
  node: KeyPair,
  { genesisHash, sender }: SendSituation,
  { bondRef, ...fields }: JoinOptions,
): Operation {
  const join = signNodeJoin(node, genesisHash, sender, {
    ...fields,
    bondRef: bondRef === undefined ? [] : [bondRef.replace(/^0x/, '')],
  });
  return encodeOperation(CLUSTER.operations.NodeJoin, join);
}

/** A heartbeat after the last one that the chain knows. `suspects` are nodes that this one does not reach. */
export async function heartbeatOperation(
  node: KeyPair,
  { client, genesisHash }: SendSituation,
  suspects: readonly string[],
): Promise<Operation> {
  const { sequence, incarnation, capacity, used } = await memberOf(client, `0x${node.publicKey}`);
  const observed = await Promise.all(suspects.map((suspect) => observationOf(client, suspect)));
  const heartbeat = signHeartbeat(node, genesisHash, {
    sequence: sequence + 1,
    incarnation,
    free: {
      cpuMilli: capacity.cpuMilli - used.cpuMilli,
      memoryMib: capacity.memoryMib - used.memoryMib,
      diskMib: capacity.diskMib - used.diskMib,
    },
    suspects: observed,
  });
  return encodeOperation(CLUSTER.operations.Heartbeat, heartbeat);
}

/** A node in the incarnation that the chain knows. */
async function observationOf(client: Client, node: string): Promise<{ node: string; incarnation: number }> {
  const { incarnation } = await memberOf(client, node);
  return { node: node.slice(2), incarnation };
}

export async function suspectOperation({ client }: SendSituation, node: string): Promise<Operation> {
  return encodeOperation(CLUSTER.operations.SuspectReport, await observationOf(client, node));
}

/** Refutes in the next incarnation after the one that the chain knows. */
export async function refuteOperation(
  node: KeyPair,
  { client, genesisHash }: SendSituation,
): Promise<Operation> {
  const { incarnation } = await memberOf(client, `0x${node.publicKey}`);
  return encodeOperation(CLUSTER.operations.Refute, signRefute(node, genesisHash, incarnation + 1));
}

const ENDPOINT = /^([a-z0-9-]{1,63})\/(\d{1,5})(?::(\d{1,5}))?$/;

/** Endpoints written as `<app>/<replica>` or `<app>/<replica>:<weight>`, on the nodes where the replicas stand. */
export async function endpointsOf(
  { client, sender }: SendSituation,
  texts: readonly string[],
): Promise<{ app: string; replica: number; node: string; weight: number }[]> {
  const owner = addressToText(sender);
  return await Promise.all(
    texts.map(async (text) => {
      const [, app, number, weight] = ENDPOINT.exec(text) ?? [];
      if (app === undefined)
        throw usageError(`not an endpoint: ${text}`, 'write <app>/<replica> or <app>/<replica>:<weight>');
      const { workload, replicas } = await client.call('cluster_placement', { owner, app });
      const replica = Number(number);
      const node = replicas[replica]?.node ?? undefined;
      if (node === undefined)
        throw new NodeError('REPLICA_NOT_PLACED', `replica ${replica} of ${app} stands nowhere`, {
          hint: `metanode cluster workload placement ${app} --owner ${owner}`,
        });
      return { app: workload, replica, node, weight: Number(weight ?? 1) };
    }),
  );
}

export interface ServiceOptions {
  readonly port: number;
  readonly protocol: string;
  readonly endpoint?: readonly string[];
}

export async function registerServiceOperation(
  situation: SendSituation,
  name: string,
  { port, protocol, endpoint = [] }: ServiceOptions,
): Promise<Operation> {
  const endpoints = await endpointsOf(situation, endpoint);
  return operationNamed('cluster', 'SvcRegister', { name, port, protocol, endpoints });
}

/** Replaces what the sender's service says, in the version that the chain knows. */
export async function updateServiceOperation(
  situation: SendSituation,
  name: string,
  { port, protocol, endpoint = [] }: ServiceOptions,
): Promise<Operation> {
  const { version } = await situation.client.call('cluster_resolve', { service: name, key: name });
  const endpoints = await endpointsOf(situation, endpoint);
  const data = { name, port, protocol, endpoints, expectedVersion: version };
  return operationNamed('cluster', 'SvcUpdate', data);
}
