import { signHeartbeat, signNodeJoin, signRefute } from '../../client/cluster-node.ts';
import type { Receipt, TransactionSender } from '../../client/transaction-sender.ts';
import type { KeyPair } from '../../crypto/ed25519.ts';
import type { MethodResult } from '../../rpc/schema/methods.ts';
import { addressToText } from '../../types/address.ts';
import { encodeOperation } from '../../types/operations/catalog.ts';
import { CLUSTER } from '../../types/operations/cluster.ts';
import type { Operation } from '../../types/transaction.ts';
import { NodeError } from '../../util/errors.ts';
import { VERSION } from '../../util/version.ts';

type Member = MethodResult<'cluster_members'>['items'][number];

/** A lease that ends sooner is renewed first: the report of a container takes a block or two. */
const LEASE_MARGIN_MS = 25_000;
/**
 * What a node of the command line offers to the cluster: nothing that a workload could use, because it runs only what
 * is asked for there. A node must have something to join.
 */
export const NO_CAPACITY = { cpuMilli: 0, memoryMib: 0, diskMib: 1 };
const REGION = 'local';

/**
 * Sees to it that a node may report what its containers do: it joins the cluster, or renews its lease.
 * @returns the receipt, or undefined if nothing was to be done
 * @throws NodeError NODE_OF_ANOTHER, REFUSED, FAILED_RECEIPT
 */
export async function ensureLease(sender: TransactionSender, node: KeyPair): Promise<Receipt | undefined> {
  const { items } = await sender.client.call('cluster_members', { node: `0x${node.publicKey}` });
  const [member] = items;
  if (member !== undefined && member.operator !== addressToText(sender.address))
    throw new NodeError('NODE_OF_ANOTHER', 'the key of the node belongs to another account', {
      data: { node: member.node, operator: member.operator },
      hint: 'use a node key of your own: metanode keys new <name> --type node',
    });
  const operation = renewal(sender, node, member);
  return operation === undefined ? undefined : await sender.send('cluster', [operation]);
}

function renewal(
  sender: TransactionSender,
  node: KeyPair,
  member: Member | undefined,
): Operation | undefined {
  const { operations } = CLUSTER;
  const { genesisHash } = sender.chain;
  if (member === undefined || member.status === 'DEAD' || member.status === 'LEFT') {
    const fields = {
      capacity: NO_CAPACITY,
      region: REGION,
      asn: 0,
      implementation: `metanode/${VERSION}`,
      bondRef: [],
    };
    return encodeOperation(operations.NodeJoin, signNodeJoin(node, genesisHash, sender.address, fields));
  }
  const { status, incarnation, sequence, capacity, leaseUntil } = member;
  if (status === 'SUSPECT')
    return encodeOperation(operations.Refute, signRefute(node, genesisHash, incarnation + 1));
  if (Date.parse(leaseUntil) - Date.now() > LEASE_MARGIN_MS) return undefined;
  const beat = { sequence: sequence + 1, incarnation, free: capacity, suspects: [] };
  return encodeOperation(operations.Heartbeat, signHeartbeat(node, genesisHash, beat));
}
