import { createConsensus } from '../consensus/consensus.ts';
import type { ConsensusEffect, ProposedBlock } from '../consensus/contract.ts';
import { fieldsOf } from '../consensus/message-fields.ts';
import { NodeError } from '../util/errors.ts';
import { isValidBlock } from './blocks.ts';
import { EventQueue } from './event-queue.ts';
import { FaultInjector, restart } from './faults/fault-injector.ts';
import { type FaultClass, FaultCounts } from './faults/faults.ts';
import { drawExpendable, drawLiars, setClocks } from './faults/faulty-nodes.ts';
import { SimNode } from './host.ts';
import { Invariants, type SimulationErrorCode } from './invariants.ts';
import { drawLinks, GOOD_LINKS, type LinkQuality, type Packet, SimNetwork } from './network.ts';
import { Random } from './random.ts';
import { type SimulationReport, TraceHash } from './report.ts';
import { Ed25519Scheme, Signatures, TokenScheme } from './signatures.ts';
import { type SetPlan, ValidatorSchedule } from './validator-schedule.ts';
import {
  type CoreFactory,
  DEFAULT_SETTINGS,
  GENESIS,
  type HostSettings,
  type NodeInput,
  type Observer,
  type World,
} from './world.ts';

export interface SimulationOptions {
  readonly seed: number | string;
  /** Validators at genesis. */
  readonly n: number;
  /** Fault classes that are on. Default: none. */
  readonly faults?: readonly FaultClass[];
  /** How many validators are Byzantine. Default: one or more per strategy that is on, at most f. */
  readonly byzantine?: number;
  /** Links as they are while faults last. Default: drawn by the classes that are on. */
  readonly links?: Partial<LinkQuality>;
  /** Largest error of a wall clock, either way. Default: drawn by the class `clock-offset`. */
  readonly maxClockOffsetMs?: number;
  /** Validators of every height, by index; `n` then counts the nodes. Default: the first set, or as the seed has it. */
  readonly plan?: SetPlan;
  /** How long a packet takes beyond what links need, for adversaries that look into packets. */
  readonly extraDelayMs?: (packet: Packet, nowMs: number) => number;
  readonly settings?: Partial<HostSettings>;
  readonly signatures?: 'tokens' | 'ed25519';
  readonly createCore?: CoreFactory;
  readonly observer?: Observer;
}

/** Nodes beside the first validators that may join where the set changes. */
const RESERVE = 2;

type SimulationEvent = { readonly node: number; readonly input: NodeInput } | { readonly run: () => void };

/**
 * N consensus cores on one virtual clock with a seeded adversary. Everything random comes from the seed, everything
 * that happens is one event of one queue; the invariants are checked at every step and the first violation throws a
 * NodeError that names seed and step.
 */
export class Simulation {
  readonly nodes: SimNode[];
  readonly network: SimNetwork;
  readonly validators: ValidatorSchedule;
  readonly random: Random;
  readonly faults: ReadonlySet<FaultClass>;
  readonly counts = new FaultCounts();
  readonly evidence: { effect: Extract<ConsensusEffect, { kind: 'evidence' }>; reporter: number }[] = [];

  readonly #options: SimulationOptions;
  readonly #queue = new EventQueue<SimulationEvent>();
  readonly #trace = new TraceHash();
  readonly #invariants: Invariants;
  readonly #injector: FaultInjector;
  /** Honest nodes that may lose their journals. */
  readonly #expendable: readonly SimNode[];
  #nowMs = 0;
  #steps = 0;

  constructor(options: SimulationOptions) {
    this.#options = options;
    const random = new Random(options.seed);
    this.random = random;
    this.faults = new Set(options.faults);
    const settings = { ...DEFAULT_SETTINGS, ...options.settings };
    const scheme = options.signatures === 'ed25519' ? new Ed25519Scheme(GENESIS.hash) : new TokenScheme();
    const isChanging = this.faults.has('validator-change');
    this.validators = new ValidatorSchedule(
      { n: options.n, reserve: isChanging ? RESERVE : 0, isChanging, plan: options.plan },
      scheme,
      random,
      this.counts,
    );
    const links = { ...drawLinks(random, this.faults), ...options.links };
    this.network = new SimNetwork(links, random, this.validators.ids.length, this.counts);
    const strategies = drawLiars(random, this.faults, this.validators.at(1), options.byzantine);
    const byzantine = new Set(strategies.keys());
    const signatures = new Signatures(GENESIS.hash, scheme);
    this.#invariants = new Invariants(
      signatures,
      {
        validatorsAt: (height) => this.validators.at(height),
        isValid: (block) => this.#isValid(block, settings),
      },
      byzantine,
    );
    const world = this.#createWorld(signatures, settings);
    this.nodes = this.validators.ids.map((id, index) => new SimNode(index, world, strategies.get(id)));
    this.#expendable = drawExpendable(random, this.faults, this.validators.at(1), this.nodes);
    this.validators.faulty = new Set([...byzantine, ...this.#expendable.map((node) => node.id)]);
    setClocks(this.nodes, this.faults, random, this.counts, options.maxClockOffsetMs);
    options.observer?.onStart({
      ids: this.validators.ids,
      faults: [...this.faults],
      liars: new Map(
        [...strategies].map(([id, strategy]) => [this.validators.indexOf(id) as number, strategy]),
      ),
    });
    for (const node of this.nodes) this.at(random.between(0, 50), () => restart(node));
    this.#injector = new FaultInjector(this.faults, {
      nodes: this.nodes,
      expendable: this.#expendable,
      network: this.network,
      random,
      counts: this.counts,
      baseTimeoutMs: settings.core.baseTimeoutMs,
      nowMs: () => this.#nowMs,
      at: (afterMs, action) => this.at(afterMs, action),
      onFault: (what) => options.observer?.onFault(this.#nowMs, what),
    });
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  get honest(): SimNode[] {
    return this.nodes.filter((node) => node.strategy === undefined);
  }

  /** Runs `action` so many virtual milliseconds from now. */
  at(afterMs: number, action: () => void): void {
    this.#queue.push(this.#nowMs + afterMs, { run: action });
  }

  /** Runs until `isDone` or the deadline; says which. Throws at the first violated invariant. */
  runUntil(isDone: () => boolean, deadlineMs: number): boolean {
    try {
      while (!isDone()) {
        if (this.#queue.nextAtMs > deadlineMs) {
          this.#nowMs = Math.max(this.#nowMs, deadlineMs);
          return false;
        }
        const next = this.#queue.pop() as { atMs: number; event: SimulationEvent };
        this.#step(next.atMs, next.event);
      }
      return true;
    } catch (error) {
      throw error instanceof NodeError ? this.#located(error) : error;
    }
  }

  /** Runs until each of `nodes` has `height`, or throws SIMULATION_STALLED at the deadline. */
  expectHeight(height: number, nodes: readonly SimNode[], deadlineMs: number): void {
    if (this.runUntil(() => nodes.every((node) => node.headHeight >= height), deadlineMs)) return;
    const heads = nodes.map(
      (node) => `v${node.index}: ${node.headHeight} round ${node.roundState?.round ?? 'none, it is down'}`,
    );
    throw this.#located(
      new NodeError<SimulationErrorCode>('SIMULATION_STALLED', `no progress to height ${height}`, {
        data: { heads },
      }),
    );
  }

  /** Ends all faults but the lies of Byzantine validators, and repairs what they broke. */
  healAll(): void {
    this.#endFaults();
    for (const node of this.nodes) node.repair();
    for (const node of this.nodes) node.greet();
  }

  /**
   * The liveness mode: from now on `core` nodes and the links between them are healthy, and everybody else stays
   * broken for good: crashed, or deaf, or mute, or lying. Faults that all heal would never show a livelock.
   */
  healOnly(core: readonly SimNode[]): void {
    this.#endFaults();
    const members = new Set(core);
    for (const node of this.nodes) {
      if (members.has(node)) node.repair();
      else if (node.strategy === undefined && this.random.chance(0.5)) {
        if (node.isUp) node.crash();
      } else
        for (const { index } of core) {
          if (this.random.chance(0.6)) this.network.cut(index, node.index);
          if (this.random.chance(0.3)) this.network.cut(node.index, index);
        }
    }
    for (const node of core) node.greet();
  }

  report(): SimulationReport {
    const heights = this.honest.map((node) => node.headHeight);
    const longest = this.honest.reduce((best, node) => (node.headHeight > best.headHeight ? node : best));
    const decisionsByRound: Record<number, number> = {};
    for (const { certificate } of longest.chain.blocks)
      decisionsByRound[certificate.round] = (decisionsByRound[certificate.round] ?? 0) + 1;
    const evidence: Record<string, number> = {};
    for (const { effect } of this.evidence) evidence[effect.offence] = (evidence[effect.offence] ?? 0) + 1;
    return {
      seed: String(this.#options.seed),
      n: this.#options.n,
      maxHeight: Math.max(...heights),
      decisionsByRound,
      evidence,
      faults: [...this.faults],
      struck: this.counts.toRecord(),
      virtualMs: this.#nowMs,
      steps: this.#steps,
      traceHash: this.#trace.hex,
    };
  }

  /** An error of this run, with what it takes to find the place again. */
  #located(error: NodeError): NodeError {
    const { seed, n } = this.#options;
    return new NodeError(error.code, `${error.message} (seed ${seed})`, {
      data: { ...error.data, seed, n, step: this.#steps, atMs: this.#nowMs },
      hint: 'run the simulation again with this seed',
      cause: error,
    });
  }

  #createWorld(signatures: Signatures, settings: HostSettings): World {
    const simulation = this;
    return {
      get nowMs() {
        return simulation.#nowMs;
      },
      random: this.random,
      signatures,
      validators: this.validators,
      settings,
      invariants: this.#invariants,
      counts: this.counts,
      createCore: this.#options.createCore ?? createConsensus,
      observer: this.#options.observer,
      twins: new Map(),
      schedule: (node, afterMs, input) => this.#queue.push(this.#nowMs + afterMs, { node, input }),
      transmit: (from, to, packet) => this.#transmit(from, to, packet),
      onEvidence: (effect, reporter) => this.#onEvidence(effect, reporter),
    };
  }

  #step(atMs: number, event: SimulationEvent): void {
    this.#nowMs = atMs;
    this.#steps++;
    if ('run' in event) {
      event.run();
      return;
    }
    const node = this.nodes[event.node] as SimNode;
    if (node.pausedUntilMs > atMs) {
      this.#queue.push(node.pausedUntilMs, event);
      return;
    }
    this.#trace.note(atMs, node, event.input);
    this.#options.observer?.onInput(atMs, event.node, event.input);
    node.handle(event.input);
  }

  #transmit(from: number, to: number, packet: Packet): void {
    const extraMs = this.#options.extraDelayMs?.(packet, this.#nowMs) ?? 0;
    for (const delayMs of this.network.deliveries(from, to))
      this.#queue.push(this.#nowMs + delayMs + extraMs, {
        node: to,
        input: { kind: 'packet', from, packet },
      });
  }

  #endFaults(): void {
    this.#injector.stop();
    this.validators.freeze();
    this.network.heal();
    this.network.quality = GOOD_LINKS;
  }

  /** Only liars may be accused. */
  #onEvidence(effect: Extract<ConsensusEffect, { kind: 'evidence' }>, reporter: number): void {
    const accused = this.validators.indexOf(fieldsOf(effect.first).signer ?? '');
    if (accused === undefined || this.nodes[accused]?.strategy === undefined)
      throw new NodeError<SimulationErrorCode>('INVARIANT_VIOLATED', 'evidence against an honest node', {
        data: { accused, offence: effect.offence, reporter },
      });
    this.evidence.push({ effect, reporter });
  }

  #isValid(block: ProposedBlock, { minBlockIntervalMs }: HostSettings): boolean {
    const { height, parentHash } = block.proposal.header;
    const agreed = height === 1 ? GENESIS.hash : this.#invariants.decided.get(height - 1);
    return isValidBlock(block, {
      parent: { ...GENESIS, height: height - 1, hash: agreed ?? parentHash, timeMs: 0 },
      validators: this.validators.at(height),
      nextValidators: this.validators.at(height + 1),
      minBlockIntervalMs,
    });
  }
}
