import type { OwnMessage } from '../consensus/contract.ts';
import type { RoundState } from '../types/round-state.ts';
import { ChainKeeper } from './chain-keeper.ts';
import type { Strategy } from './faults/faults.ts';
import { SimJournal } from './journal.ts';
import { NextCrash } from './next-crash.ts';
import { type HostSpeed, NodeLife } from './node-life.ts';
import { GENESIS, type NodeInput, type World } from './world.ts';

/** One node over all its lives: chain and journal survive a crash, and so does what is wrong with its machine. */
export class SimNode {
  readonly index: number;
  readonly id: string;
  readonly strategy: Strategy | undefined;
  readonly chain: ChainKeeper;
  readonly journal = new SimJournal();
  readonly nextCrash = new NextCrash();
  readonly normalSpeed: Readonly<HostSpeed>;
  speed: HostSpeed;
  /** Error of the wall clock. */
  clockOffsetMs = 0;
  pausedUntilMs = 0;

  readonly #world: World;
  #life: NodeLife | undefined;
  #livesEnded = 0;

  constructor(index: number, world: World, strategy: Strategy | undefined) {
    this.index = index;
    this.#world = world;
    this.id = world.validators.ids[index] as string;
    this.strategy = strategy;
    this.chain = new ChainKeeper(index, world);
    const { maxBuildMs, maxValidateMs } = world.settings;
    this.normalSpeed = { maxBuildMs, maxValidateMs };
    this.speed = { ...this.normalSpeed };
  }

  get isUp(): boolean {
    return this.#life !== undefined;
  }

  get headHeight(): number {
    return this.chain.height;
  }

  get wallMs(): number {
    return GENESIS.timeMs + this.#world.nowMs + this.clockOffsetMs;
  }

  /** Undefined while the node is down. */
  get roundState(): RoundState | undefined {
    return this.#life?.roundState;
  }

  /** Whether the journal allows signing at the next height. */
  get maySign(): boolean {
    return this.journal.maySign(this.headHeight + 1);
  }

  /** How many journal records a crash now would tear. */
  get unsyncedRecords(): number {
    return this.journal.unsynced;
  }

  isDurable(message: OwnMessage): boolean {
    return this.journal.isDurable(message);
  }

  boot(): void {
    this.#life = new NodeLife(this, this.#world, this.#livesEnded);
    this.#life.begin();
  }

  /** What nodes do whose connection was made anew: they tell their heads. */
  greet(): void {
    if (this.isUp) this.chain.tellStatus(true);
  }

  /** Loses everything but chain and journal; of the records not yet synced the first `kept` survive. */
  crash(kept = 0): void {
    this.#life?.end();
    this.#life = undefined;
    this.#livesEnded++;
    this.chain.crash();
    this.journal.crash(kept);
    this.#world.invariants.onRestart(this);
  }

  /** The journal is gone: what was signed at the next height is not known any more. */
  loseJournal(): void {
    this.journal.lose(this.headHeight + 1);
  }

  /** Ends everything that is wrong with this node itself. */
  repair(): void {
    this.pausedUntilMs = 0;
    this.clockOffsetMs = 0;
    this.nextCrash.disarm();
    this.speed = { ...this.normalSpeed };
    if (!this.isUp) this.boot();
  }

  handle(input: NodeInput): void {
    if (input.kind === 'packet' || input.life === this.#livesEnded) this.#life?.handle(input);
  }
}
