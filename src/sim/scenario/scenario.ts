import { createConsensus } from '../../consensus/consensus.ts';
import type { ConsensusEffect, ProposedBlock } from '../../consensus/contract.ts';
import type { ConsensusMessage } from '../../types/consensus-message.ts';
import { NodeError } from '../../util/errors.ts';
import { describeEffect } from '../describe-effect.ts';
import { EventQueue } from '../event-queue.ts';
import type { CoreFactory } from '../world.ts';
import { ScenarioCast } from './scenario-cast.ts';
import { ScenarioCore, type Stage } from './scenario-core.ts';
import type { Scenario, ScenarioErrorCode, ScenarioStep } from './scenario-schema.ts';

/** What happened in a scenario, step by step: the effects as lines of text. */
export interface ScenarioResult {
  readonly id: string;
  readonly title: string;
  readonly steps: readonly {
    readonly atMs: number;
    readonly what: string;
    readonly effects: readonly string[];
  }[];
  readonly decisions: readonly {
    readonly node: number;
    readonly height: number;
    readonly block: string;
    readonly round: number;
  }[];
}

/**
 * Plays a scenario and compares what comes of it with what it says.
 * @throws NodeError SCENARIO_INVALID where it names what does not exist, SCENARIO_FAILED where cores do otherwise
 */
export function playScenario(scenario: Scenario, createCore: CoreFactory = createConsensus): ScenarioResult {
  return new Play(scenario, createCore).run();
}

class Play implements Stage {
  readonly scenario: Scenario;
  readonly cast: ScenarioCast;
  readonly createCore: CoreFactory;
  nowMs = 0;
  readonly #cores: readonly ScenarioCore[];
  readonly #queue = new EventQueue<() => void>();
  #groups: readonly (readonly number[])[] | undefined;
  #lines: string[] = [];

  constructor(scenario: Scenario, createCore: CoreFactory) {
    this.scenario = scenario;
    this.cast = new ScenarioCast(scenario);
    this.createCore = createCore;
    this.#cores = scenario.underTest.map((index) => new ScenarioCore(index, this));
  }

  run(): ScenarioResult {
    const done: { atMs: number; what: string; effects: string[] }[] = [];
    for (const core of this.#cores) core.boot();
    this.#settle(0);
    const { steps } = this.scenario;
    for (const [index, step] of steps.entries()) {
      const atMs = step.at ?? this.nowMs;
      if (atMs < this.nowMs) throw invalid(`step ${index} lies before the step in front of it`, { index });
      this.#lines = [];
      this.#advanceTo(atMs);
      this.#perform(step);
      this.#settle(atMs);
      const effects = [...this.#lines];
      done.push({ atMs, what: describeStep(step), effects });
      check(step, effects, index);
    }
    const decisions = this.#decisions();
    this.#checkDecisions(decisions);
    return { id: this.scenario.id, title: this.scenario.title, steps: done, decisions };
  }

  after(delayMs: number, action: () => void): void {
    this.#queue.push(this.nowMs + delayMs, action);
  }

  broadcast(from: number, message: ConsensusMessage): void {
    for (const core of this.#cores) if (core.index !== from) this.#deliver(from, core, message);
  }

  send(from: number, to: string, message: ConsensusMessage): void {
    const core = this.#cores.find(({ index }) => this.cast.validator(index).id === to);
    if (core !== undefined && core.index !== from) this.#deliver(from, core, message);
  }

  fetch(from: number, blockHash: string, of: readonly string[]): ProposedBlock | undefined {
    for (const core of this.#cores) {
      const isAsked = of.includes(this.cast.validator(core.index).id);
      if (isAsked && core.index !== from && this.#hear(from, core.index)) {
        const block = core.block(blockHash);
        if (block !== undefined) return block;
      }
    }
    return undefined;
  }

  onEffect(from: number, effect: ConsensusEffect): void {
    this.#note(from, describeEffect(effect, this.cast.names));
  }

  #note(core: number, line: string): void {
    this.#lines.push(this.#cores.length === 1 ? line : `v${core}: ${line}`);
  }

  #deliver(from: number, core: ScenarioCore, message: ConsensusMessage): void {
    // What is on its way when the link is cut is lost.
    this.after(this.scenario.host.latencyMs, () => {
      if (this.#hear(from, core.index)) this.#receive(core, message);
    });
  }

  #receive(core: ScenarioCore, message: ConsensusMessage): void {
    const fault = core.receive(message);
    if (fault !== undefined) this.#note(core.index, `refused ${fault}`);
  }

  #hear(a: number, b: number): boolean {
    const group = this.#groups?.find((members) => members.includes(a));
    return this.#groups === undefined || (group?.includes(b) ?? false);
  }

  /** Everything that is due before this time. */
  #advanceTo(atMs: number): void {
    while (this.#queue.nextAtMs < atMs) this.#runNext();
    this.nowMs = atMs;
  }

  /** Everything that is due at this time, and what comes of it in the same instant. */
  #settle(atMs: number): void {
    while (this.#queue.nextAtMs <= atMs) this.#runNext();
  }

  #runNext(): void {
    const next = this.#queue.pop();
    if (next === undefined) return;
    this.nowMs = next.atMs;
    next.event();
  }

  #core(node: number | undefined): ScenarioCore {
    const core = node === undefined ? this.#cores[0] : this.#cores.find(({ index }) => index === node);
    if (core === undefined || (node === undefined && this.#cores.length > 1))
      throw invalid(`which core under test: ${node ?? 'none is named'}`, { node });
    return core;
  }

  #perform(step: ScenarioStep): void {
    const { cast } = this;
    if (step.inject !== undefined) {
      const receivers = step.to?.map((node) => this.#core(node)) ?? this.#cores;
      for (const template of [step.inject].flat()) {
        const message = cast.message(template);
        for (const core of receivers) this.#receive(core, message);
        this.#settle(this.nowMs);
      }
    }
    if (step.timeout !== undefined) {
      const { timer, node } = step.timeout;
      const core = this.#core(node);
      const { round = core.roundState?.round ?? 0, height = core.roundState?.height ?? 1 } = step.timeout;
      core.feed({ kind: 'timeout', timer, height, round });
    }
    if (step.work !== undefined) {
      const cores = step.work === true ? this.#cores : step.work.map((node) => this.#core(node));
      for (const core of cores) core.feed({ kind: 'work-available' });
    }
    this.#performHost(step);
    if (step.crash !== undefined) this.#core(step.crash === true ? undefined : step.crash).crash();
    if (step.restart !== undefined) {
      const core = this.#core(step.restart.node);
      if (step.restart.journal === 'lost') core.loseJournal();
      core.boot();
    }
    if (step.partition !== undefined) this.#groups = step.partition;
    if (step.heal !== undefined) this.#groups = undefined;
    if (step.signer !== undefined) this.#core(step.signer.node).signerWorks = step.signer.works;
  }

  /** What the host of one core has done. */
  #performHost({ built, fetched, validated, certificate }: ScenarioStep): void {
    const { cast } = this;
    if (built !== undefined) {
      const block = cast.block(built.block);
      const { height = block.proposal.header.height, round } = built;
      this.#core(built.node).feed({ kind: 'block-built', height, round, block });
    }
    if (fetched !== undefined) {
      const block = cast.block(fetched.block);
      this.#core(fetched.node).feed({ kind: 'block-fetched', height: block.proposal.header.height, block });
    }
    if (validated !== undefined) {
      const { hash, proposal } = cast.block(validated.block);
      const { valid, undetermined } = validated;
      this.#core(validated.node).feed({
        kind: 'block-validated',
        height: proposal.header.height,
        blockHash: hash,
        valid,
        ...(undetermined === undefined ? {} : { undetermined }),
      });
    }
    if (certificate !== undefined) {
      const block = cast.block(certificate.block);
      const sealed = cast.certificate(block, certificate.round, certificate.by);
      this.#core(certificate.node).feed({ kind: 'certificate', certificate: sealed, block });
    }
  }

  #decisions(): ScenarioResult['decisions'] {
    return this.#cores.flatMap((core) =>
      core.decisions.map(({ block, certificate }) => ({
        node: core.index,
        height: certificate.height,
        block: this.cast.names.blocks.get(block.hash) ?? block.hash,
        round: certificate.round,
      })),
    );
  }

  #checkDecisions(decisions: ScenarioResult['decisions']): void {
    for (const core of this.#cores) {
      const expected = this.scenario.decisions.filter(({ node = core.index }) => node === core.index);
      const actual = decisions.filter(({ node }) => node === core.index);
      const isSame =
        expected.length === actual.length &&
        expected.every(({ height, block, round }) =>
          actual.some(
            (other) =>
              other.height === height &&
              other.block === block &&
              (round === undefined || other.round === round),
          ),
        );
      if (!isSame) throw failed(`v${core.index} decided otherwise`, { node: core.index, expected, actual });
    }
  }
}

function check(step: ScenarioStep, effects: readonly string[], index: number): void {
  const data = { step: index, what: describeStep(step), actual: effects };
  const { expect, includes = [], never = [] } = step;
  if (expect !== undefined && expect.join('\n') !== effects.join('\n'))
    throw failed(`step ${index} has other effects`, { ...data, expected: expect });
  let from = 0;
  for (const line of includes) {
    const at = effects.indexOf(line, from);
    if (at < 0) throw failed(`step ${index} lacks an effect: ${line}`, { ...data, expected: includes });
    from = at + 1;
  }
  for (const start of never)
    if (effects.some((line) => line.startsWith(start)))
      throw failed(`step ${index} has an effect that it must not have: ${start}`, { ...data, never });
}

function describeStep(step: ScenarioStep): string {
  const { at: _at, note, expect: _expect, includes: _includes, never: _never, to: _to, ...action } = step;
  return note ?? Object.keys(action)[0] ?? 'wait';
}

function invalid(message: string, data: Record<string, unknown>): NodeError<ScenarioErrorCode> {
  return new NodeError<ScenarioErrorCode>('SCENARIO_INVALID', message, { data });
}

function failed(message: string, data: Record<string, unknown>): NodeError<ScenarioErrorCode> {
  return new NodeError<ScenarioErrorCode>('SCENARIO_FAILED', message, { data });
}
