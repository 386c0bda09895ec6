import { signHeartbeat, signNodeJoin, signRefute } from '../../src/client/cluster-node.ts';
import { type KeyPair, keyPairFromSeed } from '../../src/crypto/ed25519.ts';
import { encodeOperation } from '../../src/types/operations/catalog.ts';
import { CLUSTER } from '../../src/types/operations/cluster.ts';
import { fromHex } from '../../src/util/bytes.ts';
import type { Account } from '../identities.ts';
import { freshHash, SETTLED_MS } from './planning.ts';
import type { PlanContext, PlannedTransaction } from './scenario.ts';

const { operations } = CLUSTER;

/** Where the nodes of a load stand, and where its workloads may: others' nodes and workloads are left alone. */
export const LOAD_REGIONS = ['load-a', 'load-b', 'load-c'];
const CAPACITY = { cpuMilli: 16_000, memoryMib: 32_768, diskMib: 65_536 };

/** Nodes of one operator, whose word alone makes a node of somebody else SUSPECT: they have a third of the weight. */
const HOME_NODES = 12;
const HOME_BATCH = 6;
/** Nodes of other operators, which are suspected, refute and leave. */
const GUEST_NODES = 4;
/** Beats that one transaction carries. */
const BEATS = 8;
/** Time between two heartbeats of a node: the quota of genesis, and time for a block to carry one. */
const BEAT_SPACING_MS = 14_000;
/** Past this without a heartbeat a lease may have ended meanwhile: 60 s less what a backlog may cost. */
const LEASE_TRUST_MS = 40_000;
/** A suspected node has 30 s to refute. */
const REFUTE_WITHIN_MS = 20_000;

interface FleetNode {
  readonly keys: KeyPair;
  readonly operator: Account;
  sequence: number;
  incarnation: number;
  /** When what was last planned for it leaves. */
  changedAtMs: number;
  /** When its lease was last renewed. */
  renewedAtMs: number;
  /** When it was reported; nothing else is planned for it until it refutes. */
  suspectedAtMs: number | undefined;
}

/** The nodes that a load has on the cluster, as they are once everything planned so far has happened. */
export class Fleet {
  #home: FleetNode[] = [];
  #guests: FleetNode[] = [];
  /** The payers that may have a guest. */
  #others: readonly Account[] | undefined;
  #region = 0;
  #rebalancedAtMs = Number.NEGATIVE_INFINITY;

  /** The nodes that somebody may speak of: their last change has been recorded, and their lease holds. */
  #settled(nodes: readonly FleetNode[], { atMs }: PlanContext): FleetNode[] {
    return nodes.filter((node) => node.suspectedAtMs === undefined && atMs - node.changedAtMs >= SETTLED_MS);
  }

  /** Forgets nodes whose lease may have ended. */
  #prune({ atMs }: PlanContext): void {
    const isTrusted = ({ renewedAtMs, suspectedAtMs }: FleetNode): boolean =>
      atMs - renewedAtMs < LEASE_TRUST_MS &&
      (suspectedAtMs === undefined || atMs - suspectedAtMs < REFUTE_WITHIN_MS);
    this.#home = this.#home.filter(isTrusted);
    this.#guests = this.#guests.filter(isTrusted);
  }

  #homeOperator({ lane }: PlanContext): Account {
    return lane.payers[0] as Account;
  }

  #newNode(context: PlanContext, operator: Account): FleetNode {
    const { atMs } = context;
    const keys = keyPairFromSeed(fromHex(freshHash(context, 'cluster node')));
    const suspectedAtMs = undefined;
    return {
      keys,
      operator,
      sequence: 0,
      incarnation: 0,
      changedAtMs: atMs,
      renewedAtMs: atMs,
      suspectedAtMs,
    };
  }

  /** Several nodes of the home operator join in one transaction, then one of somebody else at a time. */
  join(context: PlanContext): PlannedTransaction | undefined {
    this.#prune(context);
    const isHomeNext = this.#home.length <= this.#guests.length * HOME_BATCH;
    if (isHomeNext && this.#home.length + HOME_BATCH <= HOME_NODES) {
      const operator = this.#homeOperator(context);
      const batch = Array.from({ length: HOME_BATCH }, () => this.#newNode(context, operator));
      this.#home.push(...batch);
      return this.#joining(context, batch, operator);
    }
    if (this.#guests.length >= GUEST_NODES) return undefined;
    this.#others ??= context.lane.payers.slice(1);
    const guest = this.#newNode(context, context.rotate(this.#others));
    this.#guests.push(guest);
    return this.#joining(context, [guest], guest.operator);
  }

  #joining(context: PlanContext, nodes: readonly FleetNode[], claimant: Account): PlannedTransaction {
    const list = nodes.map(({ keys }) =>
      encodeOperation(
        operations.NodeJoin,
        signNodeJoin(keys, context.genesisHash, claimant.address, {
          capacity: CAPACITY,
          region: LOAD_REGIONS[this.#region++ % LOAD_REGIONS.length] as string,
          asn: 64_512,
          implementation: 'load',
          bondRef: [],
        }),
      ),
    );
    const [{ operator }] = nodes as [FleetNode];
    return { sender: operator, expected: 'OK', operations: list };
  }

  /** Somebody claims a node whose key has signed a claim of somebody else. */
  joinWithoutPossession(context: PlanContext): PlannedTransaction {
    const { payers } = context.lane;
    const stranger = this.#newNode(context, context.rotate(payers));
    const other = payers.find((account) => account !== stranger.operator) as Account;
    return { ...this.#joining(context, [stranger], other), expected: 'NODE_POSSESSION_NOT_PROVED' };
  }

  /** A guest that nothing else is planned for leaves. */
  leave(context: PlanContext): PlannedTransaction | undefined {
    this.#prune(context);
    if (this.#guests.length < GUEST_NODES) return undefined;
    const [leaving] = this.#settled(this.#guests, context);
    if (leaving === undefined) return undefined;
    this.#guests = this.#guests.filter((node) => node !== leaving);
    const { operator, keys } = leaving;
    const operation = encodeOperation(operations.NodeLeave, { node: keys.publicKey });
    return { sender: operator, expected: 'OK', operations: [operation] };
  }

  /** The nodes whose turn it is renew their leases in one transaction, which anybody may send. */
  beat(context: PlanContext): PlannedTransaction | undefined {
    this.#prune(context);
    const { atMs } = context;
    const due = this.#settled([...this.#home, ...this.#guests], context)
      .filter(({ sequence, renewedAtMs }) => sequence === 0 || atMs - renewedAtMs >= BEAT_SPACING_MS)
      .sort((a, b) => a.renewedAtMs - b.renewedAtMs)
      .slice(0, BEATS);
    if (due.length === 0) return undefined;
    const list = due.map((node) => {
      node.sequence++;
      node.changedAtMs = atMs;
      node.renewedAtMs = atMs;
      const { keys, sequence, incarnation } = node;
      const beat = { sequence, incarnation, free: CAPACITY, suspects: [] };
      return encodeOperation(operations.Heartbeat, signHeartbeat(keys, context.genesisHash, beat));
    });
    return { sender: context.rotate(context.lane.payers), expected: 'OK', operations: list };
  }

  /** The home operator reports a guest. */
  suspect(context: PlanContext): PlannedTransaction | undefined {
    this.#prune(context);
    const [guest] = this.#settled(this.#guests, context);
    const [reporter] = this.#settled(this.#home, context);
    if (guest === undefined || reporter === undefined) return undefined;
    guest.suspectedAtMs = context.atMs;
    guest.changedAtMs = context.atMs;
    const report = { node: guest.keys.publicKey, incarnation: guest.incarnation };
    const operation = encodeOperation(operations.SuspectReport, report);
    return { sender: reporter.operator, expected: 'OK', operations: [operation] };
  }

  /** The guest that was reported shows that it lives. */
  refute(context: PlanContext): PlannedTransaction | undefined {
    this.#prune(context);
    const { atMs } = context;
    const guest = this.#guests.find(
      ({ suspectedAtMs, changedAtMs }) => suspectedAtMs !== undefined && atMs - changedAtMs >= SETTLED_MS,
    );
    if (guest === undefined) return undefined;
    guest.incarnation++;
    guest.suspectedAtMs = undefined;
    guest.changedAtMs = atMs;
    guest.renewedAtMs = atMs;
    const refutation = signRefute(guest.keys, context.genesisHash, guest.incarnation);
    const operation = encodeOperation(operations.Refute, refutation);
    return { sender: guest.operator, expected: 'OK', operations: [operation] };
  }

  /** The home operator asks for a rebalance, at most once in a while: a block takes one. */
  rebalance(context: PlanContext): PlannedTransaction | undefined {
    this.#prune(context);
    const [asking] = this.#settled(this.#home, context);
    if (asking === undefined || context.atMs - this.#rebalancedAtMs < SETTLED_MS) return undefined;
    this.#rebalancedAtMs = context.atMs;
    const operation = encodeOperation(operations.Rebalance, { maxMoves: 4 });
    return { sender: asking.operator, expected: 'OK', operations: [operation] };
  }
}
