import type { KeyPair } from '../../src/crypto/ed25519.ts';
import { DEFAULT_PARAMETERS } from '../../src/types/genesis.ts';
import type { ChainTip } from '../../src/types/step-receipt.ts';
import { type Account, deriveKeys } from '../identities.ts';
import { SETTLED_MS } from './planning.ts';
import type { PlanContext } from './scenario.ts';

/** Accounts of a lane that own apps; each also operates a node that reports their containers. */
const OWNERS = 4;
/** Time that a transaction may need until its block, on top of what lies between heartbeats. */
const LEASE_MARGIN_MS = 15_000;
/** Apps of a plan at a time; there are no more until some are deleted. */
const MAX_APPS = 12;

/** The node of an owner. */
export interface Worker {
  readonly keys: KeyPair;
  joinedAtMs: number | undefined;
  beatAtMs: number;
  sequence: number;
}

export interface App {
  readonly owner: Account;
  readonly id: string;
  generation: number;
  desired: 'created' | 'running' | 'stopped' | 'deleted';
  replicas: number;
  cpuMilli: number;
  starts: number;
  samples: number;
  /** Of replica 0; undefined before its first report. */
  tip: ChainTip | undefined;
}

/** What one plan has asked of the chain so far. All of an app comes from its owner, so it is executed in this order. */
export class Workshop {
  readonly #workers = new Map<string, Worker>();
  readonly #images = new Map<string, string>();
  #apps: App[] = [];
  #number = 0;

  owner(context: PlanContext): Account {
    return context.lane.payers[this.#number++ % OWNERS] as Account;
  }

  owners({ lane }: PlanContext): readonly Account[] {
    return lane.payers.slice(0, OWNERS);
  }

  worker(context: PlanContext, owner: Account): Worker {
    let worker = this.#workers.get(owner.name);
    if (worker === undefined) {
      // Nodes of an earlier run may still have a lease, so every run brings its own.
      const keys = deriveKeys(context.seed, `docklock-node/${owner.name}/${context.runId}`);
      worker = { keys, joinedAtMs: undefined, beatAtMs: 0, sequence: 0 };
      this.#workers.set(owner.name, worker);
    }
    return worker;
  }

  mayReport(context: PlanContext, owner: Account): boolean {
    const { joinedAtMs, beatAtMs } = this.worker(context, owner);
    if (joinedAtMs === undefined || context.atMs - joinedAtMs < 2 * SETTLED_MS) return false;
    return context.atMs - beatAtMs < DEFAULT_PARAMETERS.leaseMs - LEASE_MARGIN_MS;
  }

  noteImage(owner: Account, digest: string): void {
    this.#images.set(owner.name, digest);
  }

  imageOf(owner: Account): string | undefined {
    return this.#images.get(owner.name);
  }

  add(app: App): void {
    this.#apps.push(app);
  }

  remove(gone: App): void {
    this.#apps = this.#apps.filter((app) => app !== gone);
  }

  /** The first app that fits, which then goes to the end of the list. */
  take(fits: (app: App) => boolean): App | undefined {
    const app = this.#apps.find(fits);
    if (app === undefined) return undefined;
    this.remove(app);
    this.add(app);
    return app;
  }

  get isFull(): boolean {
    return this.#apps.length >= MAX_APPS;
  }
}
