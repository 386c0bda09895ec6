import type { ConsensusEffect, ParentBlock, ProposedBlock } from '../consensus/contract.ts';
import { fieldsOf } from '../consensus/message-fields.ts';
import { hashOf } from '../crypto/hash.ts';
import { type Validator, ValidatorSet } from '../types/validator.ts';
import { utf8 } from '../util/bytes.ts';
import { NodeError } from '../util/errors.ts';
import { STRATEGIES, type Strategy } from './adversary.ts';
import { isValidBlock } from './blocks.ts';
import { EventQueue } from './event-queue.ts';
import {
  FAULT_INTERVAL_MS,
  type FaultMix,
  injectFault,
  NO_FAULTS,
  randomFaultMix,
  restart,
} from './faults.ts';
import { Invariants, type SimulationErrorCode } from './invariants.ts';
import { GOOD_LINKS, type Packet, SimNetwork } from './network.ts';
import { type HostSettings, type NodeInput, SimNode, type World } from './node.ts';
import { Random } from './random.ts';
import { type SimulationReport, TraceHash } from './report.ts';
import { SignatureTokens } from './tokens.ts';

export interface SimulationOptions {
  readonly seed: number | string;
  readonly n: number;
  /** `random`: drawn from the seed. Default: none. */
  readonly faults?: FaultMix | 'random';
  /** How many validators are Byzantine, and with which strategies (default: drawn from the seed). */
  readonly byzantine?: number;
  readonly strategies?: readonly Strategy[];
  readonly settings?: Partial<HostSettings>;
}

export const DEFAULT_SETTINGS: HostSettings = {
  core: {
    baseTimeoutMs: 1500,
    timeoutCapMs: 8000,
    resendIntervalMs: 1000,
    targetBlockIntervalMs: 1000,
    emptyBlockIntervalMs: 10_000,
    maxClockDriftMs: 2000,
  },
  minBlockIntervalMs: 200,
  maxBuildMs: 30,
  maxValidateMs: 30,
  maxSyncMs: 10,
  workChance: 0.7,
};

const GENESIS: ParentBlock = {
  height: 0,
  hash: hashOf('genesis', utf8('simulation')),
  timeMs: 1_700_000_000_000,
  proposer: undefined,
};

type SimulationEvent = { readonly node: number; readonly input: NodeInput } | { readonly run: () => void };

/**
 * N consensus cores on one virtual clock with a seeded adversary. Everything random comes from the seed, everything
 * that happens is one event of one queue; the invariants are checked at every step and the first violation throws a
 * NodeError that names seed and step.
 */
export class Simulation {
  readonly nodes: SimNode[];
  readonly network: SimNetwork;
  readonly validators: ValidatorSet;
  readonly random: Random;
  readonly faults: FaultMix;
  readonly evidence: { effect: Extract<ConsensusEffect, { kind: 'evidence' }>; reporter: number }[] = [];

  readonly #options: SimulationOptions;
  readonly #queue = new EventQueue<SimulationEvent>();
  readonly #trace = new TraceHash();
  readonly #invariants: Invariants;
  readonly #strategies: (Strategy | undefined)[];
  #nowMs = 0;
  #steps = 0;
  #areFaultsOn = true;

  constructor(options: SimulationOptions) {
    this.#options = options;
    const random = new Random(options.seed);
    this.random = random;
    this.faults = options.faults === 'random' ? randomFaultMix(random) : (options.faults ?? NO_FAULTS);
    this.network = new SimNetwork(this.faults.links, random);
    this.validators = new ValidatorSet(Array.from({ length: options.n }, (_, index) => simValidator(index)));
    const settings = { ...DEFAULT_SETTINGS, ...options.settings };
    const tokens = new SignatureTokens(GENESIS.hash);
    this.#invariants = new Invariants(tokens, this.validators, (block) => this.#isValid(block, settings));
    this.#strategies = this.#drawStrategies();
    const simulation = this;
    const world: World = {
      get nowMs() {
        return simulation.#nowMs;
      },
      genesis: GENESIS,
      random,
      tokens,
      validators: this.validators,
      settings,
      invariants: this.#invariants,
      twins: new Map(),
      schedule: (node, afterMs, input) => this.#queue.push(this.#nowMs + afterMs, { node, input }),
      transmit: (from, to, packet) => this.#transmit(from, to, packet),
      onEvidence: (effect, reporter) => this.#onEvidence(effect, reporter),
    };
    const maxOffset = this.faults.maxClockOffsetMs;
    this.nodes = this.validators.members.map((_, index) => {
      const clockOffsetMs = maxOffset === 0 ? 0 : random.between(-maxOffset, maxOffset);
      return new SimNode(index, world, { strategy: this.#strategies[index], clockOffsetMs });
    });
    for (const node of this.nodes) this.at(random.between(0, 50), () => restart(node));
    if (options.faults !== undefined) this.#scheduleFault();
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
      if (!(error instanceof NodeError)) throw error;
      const data = {
        ...error.data,
        seed: this.#options.seed,
        n: this.#options.n,
        step: this.#steps,
        atMs: this.#nowMs,
      };
      throw new NodeError(error.code, `${error.message} (seed ${this.#options.seed})`, {
        data,
        hint: 'run the simulation again with this seed',
        cause: error,
      });
    }
  }

  /** Runs until each of `nodes` has `height`, or throws SIMULATION_STALLED at the deadline. */
  expectHeight(height: number, nodes: readonly SimNode[], deadlineMs: number): void {
    if (this.runUntil(() => nodes.every((node) => node.headHeight >= height), deadlineMs)) return;
    const { seed, n } = this.#options;
    const heads = nodes.map(
      (node) => `${node.index}: ${node.headHeight} round ${node.roundState?.round ?? 'none, it is down'}`,
    );
    throw new NodeError<SimulationErrorCode>(
      'SIMULATION_STALLED',
      `no progress to height ${height} (seed ${seed})`,
      {
        data: { seed, n, atMs: this.#nowMs, heads },
      },
    );
  }

  /**
   * The liveness mode: from now on `core` nodes and the links between them are healthy, and everybody else stays
   * broken for good: crashed, or deaf to the core. Faults that all heal would never show a livelock.
   */
  healOnly(core: readonly SimNode[]): void {
    this.#areFaultsOn = false;
    this.network.heal();
    this.network.quality = GOOD_LINKS;
    const members = new Set(core);
    for (const node of this.nodes) {
      if (members.has(node)) {
        node.pausedUntilMs = 0;
        restart(node);
      } else if (node.strategy === undefined && this.random.chance(0.5)) {
        if (node.isUp) node.crash();
      } else
        for (const member of core) if (this.random.chance(0.7)) this.network.cut(member.index, node.index);
    }
  }

  /** n − f honest nodes, chosen by the seed. */
  drawCore(): SimNode[] {
    return this.random.sample(this.honest, this.validators.size - this.validators.faultTolerance);
  }

  report(): SimulationReport {
    const heights = this.honest.map((node) => node.headHeight);
    const longest = this.honest.reduce((best, node) => (node.headHeight > best.headHeight ? node : best));
    const decisionsByRound: Record<number, number> = {};
    for (const { certificate } of longest.chain)
      decisionsByRound[certificate.round] = (decisionsByRound[certificate.round] ?? 0) + 1;
    const evidence: Record<string, number> = {};
    for (const { effect } of this.evidence) evidence[effect.offence] = (evidence[effect.offence] ?? 0) + 1;
    return {
      seed: String(this.#options.seed),
      n: this.#options.n,
      minHeight: Math.min(...heights),
      maxHeight: Math.max(...heights),
      decisionsByRound,
      evidence,
      faults: this.faults,
      byzantine: this.#strategies.filter((strategy) => strategy !== undefined),
      virtualMs: this.#nowMs,
      steps: this.#steps,
      traceHash: this.#trace.hex,
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
    this.#trace.add(atMs);
    this.#trace.add(event.node);
    this.#trace.add(kindCode(event.input));
    this.#trace.add(node.headHeight);
    node.handle(event.input);
  }

  #transmit(from: number, to: number, packet: Packet): void {
    for (const delayMs of this.network.deliveries(from, to))
      this.#queue.push(this.#nowMs + delayMs, { node: to, input: { kind: 'packet', from, packet } });
  }

  #scheduleFault(): void {
    this.at(this.random.between(FAULT_INTERVAL_MS.min, FAULT_INTERVAL_MS.max), () => {
      if (!this.#areFaultsOn) return;
      for (const repair of injectFault(this.faults, this.nodes, this.network, this.random, this.#nowMs))
        this.at(repair.afterMs, () => {
          if (this.#areFaultsOn) repair.undo();
        });
      this.#scheduleFault();
    });
  }

  #drawStrategies(): (Strategy | undefined)[] {
    const { byzantine = 0, strategies = STRATEGIES } = this.#options;
    const drawn: (Strategy | undefined)[] = this.validators.members.map(() => undefined);
    const indexes = this.random.sample([...drawn.keys()], byzantine);
    for (const index of indexes) drawn[index] = this.random.pick(strategies);
    return drawn;
  }

  /** Only liars may be accused. */
  #onEvidence(effect: Extract<ConsensusEffect, { kind: 'evidence' }>, reporter: number): void {
    const accused = this.validators.indexOf(fieldsOf(effect.first).signer ?? '');
    if (accused === undefined || this.#strategies[accused] === undefined)
      throw new NodeError<SimulationErrorCode>('INVARIANT_VIOLATED', 'evidence against an honest node', {
        data: { accused, offence: effect.offence, reporter },
      });
    this.evidence.push({ effect, reporter });
  }

  #isValid(block: ProposedBlock, settings: HostSettings): boolean {
    const { height, parentHash } = block.proposal.header;
    const agreed = height === 1 ? GENESIS.hash : this.#invariants.decided.get(height - 1);
    const parent = { ...GENESIS, height: height - 1, hash: agreed ?? parentHash, timeMs: 0 };
    return isValidBlock(block, parent, this.validators, settings.minBlockIntervalMs);
  }
}

const INPUT_KINDS = ['packet', 'core-event', 'timer', 'synced', 'start-height', 'catch-up'] as const;

function kindCode(input: NodeInput): number {
  const code = INPUT_KINDS.indexOf(input.kind);
  if (input.kind !== 'packet' || input.packet.kind !== 'consensus') return code;
  const { height, round } = fieldsOf(input.packet.message);
  return code + 8 * height + 131 * round + 7 * input.packet.message.kind.length;
}

function simValidator(index: number): Validator {
  const id = hashOf('address', utf8(`simulated validator ${index}`));
  return { id, consensusKey: id, vrfKey: id };
}
