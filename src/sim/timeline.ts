import type { ConsensusEffect } from '../consensus/contract.ts';
import { fieldsOf } from '../consensus/message-fields.ts';
import { describeEffect, describeMessage } from './describe-effect.ts';
import type { NodeInput, Observer } from './world.ts';

/** More than anybody reads of one run. */
const MAX_LINES = 200_000;

/**
 * A run as text: one line per thing that happened, with virtual time, node, height and round. What nodes only repeat
 * (re-sends, other timers than those of rounds, messages that are not used) is left out.
 */
export class Timeline implements Observer {
  readonly #lines: string[] = [];
  readonly #names = { blocks: new Map<string, string>(), validators: new Map<string, string>() };
  #isCut = false;

  /** All lines; the earliest ones when there are too many. */
  get lines(): readonly string[] {
    return this.#isCut ? [...this.#lines, `… cut off after ${MAX_LINES} lines`] : this.#lines;
  }

  onStart({ ids, faults, liars }: Parameters<Observer['onStart']>[0]): void {
    for (const [index, id] of ids.entries()) this.#names.validators.set(id, `v${index}`);
    this.#push(`${ids.length} nodes; faults: ${faults.join(' ') || 'none'}`);
    for (const [node, strategy] of liars) this.#push(`v${node} is Byzantine: ${strategy}`);
  }

  onInput(atMs: number, node: number, input: NodeInput): void {
    if (input.kind === 'forget') this.#add(atMs, node, undefined, 'forgets what it signed');
    if (input.kind !== 'packet' || input.packet.kind !== 'consensus') return;
    const { message } = input.packet;
    const from = `from v${input.from}`;
    this.#add(atMs, node, fieldsOf(message), `gets ${describeMessage(message, this.#names)} ${from}`);
  }

  onEffect(atMs: number, node: number, effect: ConsensusEffect): void {
    const place = placeOf(effect);
    if (place === undefined) return;
    const what = describeEffect(effect, this.#names);
    this.#add(atMs, node, place, effect.kind === 'commit' ? `DECIDED: ${what}` : what);
  }

  onFault(atMs: number, what: string): void {
    this.#push(`${time(atMs)}  ----  ${what}`);
  }

  #add(atMs: number, node: number, place: Place | undefined, what: string): void {
    const where = `h${place?.height ?? '-'} r${place?.round ?? '-'}`;
    this.#push(`${time(atMs)}  ${`v${node}`.padEnd(4)}  ${where.padEnd(9)}  ${what}`);
  }

  #push(line: string): void {
    if (this.#lines.length < MAX_LINES) this.#lines.push(line);
    else this.#isCut = true;
  }
}

interface Place {
  readonly height: number;
  readonly round?: number;
}

/** Where an effect belongs; undefined for those that a timeline leaves out. */
function placeOf(effect: ConsensusEffect): Place | undefined {
  switch (effect.kind) {
    case 'build-block':
    case 'fetch-block':
    case 'send-decided':
    case 'behind':
    case 'halt':
      return effect;
    case 'sign-and-broadcast':
      return effect.message;
    case 'schedule':
      return effect.timer === 'round' ? effect : undefined;
    case 'commit':
      return effect.certificate;
    case 'evidence':
      return fieldsOf(effect.second);
    default:
      return undefined;
  }
}

function time(atMs: number): string {
  return `${(atMs / 1000).toFixed(3)} s`.padStart(12);
}
