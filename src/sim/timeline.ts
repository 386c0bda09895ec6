import type { ConsensusEffect, UnsignedMessage } from '../consensus/contract.ts';
import { fieldsOf } from '../consensus/message-fields.ts';
import { type ConsensusMessage, NOT_PREPARED } from '../types/consensus-message.ts';
import type { NodeInput, Observer } from './world.ts';

/** More than anybody reads of one run. */
const MAX_LINES = 200_000;

/**
 * A run as text: one line per thing that happened, with virtual time, node, height and round. What nodes only repeat
 * (re-sends, timers being set, messages that are not used) is left out.
 */
export class Timeline implements Observer {
  readonly #lines: string[] = [];
  #ids: readonly string[] = [];
  #isCut = false;

  /** All lines; the earliest ones when there are too many. */
  get lines(): readonly string[] {
    return this.#isCut ? [...this.#lines, `… cut off after ${MAX_LINES} lines`] : this.#lines;
  }

  onStart({ ids, faults, liars }: Parameters<Observer['onStart']>[0]): void {
    this.#ids = ids;
    this.#push(`${ids.length} nodes; faults: ${faults.join(' ') || 'none'}`);
    for (const [node, strategy] of liars) this.#push(`v${node} is Byzantine: ${strategy}`);
  }

  onInput(atMs: number, node: number, input: NodeInput): void {
    if (input.kind === 'timer' && input.timer === 'round')
      this.#add(atMs, node, input.height, input.round, 'time-out of the round, if it still lasts');
    else if (input.kind === 'forget') this.#add(atMs, node, undefined, undefined, 'forgets what it signed');
    else if (input.kind === 'packet' && input.packet.kind === 'consensus') {
      const { message } = input.packet;
      const { height, round } = fieldsOf(message);
      this.#add(atMs, node, height, round, `gets ${describeMessage(message)} from v${input.from}`);
    }
  }

  onEffect(atMs: number, node: number, effect: ConsensusEffect): void {
    switch (effect.kind) {
      case 'build-block':
        this.#add(atMs, node, effect.height, effect.round, 'builds a block');
        break;
      case 'fetch-block':
        this.#add(atMs, node, effect.height, undefined, `fetches block ${short(effect.blockHash)}`);
        break;
      case 'sign-and-broadcast':
        this.#add(
          atMs,
          node,
          effect.message.height,
          effect.message.round,
          `signs ${describeUnsigned(effect.message)}`,
        );
        break;
      case 'schedule':
        if (effect.timer === 'round')
          this.#add(
            atMs,
            node,
            effect.height,
            effect.round,
            `has ${Math.round(effect.afterMs)} ms for this round`,
          );
        break;
      case 'commit': {
        const { height, round, signers } = effect.certificate;
        const seals = signers.getTrueBitIndexes().length;
        this.#add(atMs, node, height, round, `DECIDES block ${short(effect.block.hash)} with ${seals} seals`);
        break;
      }
      case 'evidence':
        this.#add(
          atMs,
          node,
          fieldsOf(effect.first).height,
          undefined,
          `has evidence (${effect.offence}) against ${this.#name(fieldsOf(effect.first).signer)}`,
        );
        break;
      case 'behind':
        this.#add(atMs, node, undefined, undefined, `is behind: others have height ${effect.height}`);
        break;
      case 'halt':
        this.#add(atMs, node, effect.height, undefined, `HALTS: ${effect.reason}`);
        break;
      default:
    }
  }

  onFault(atMs: number, what: string): void {
    this.#push(`${time(atMs)}  ----  ${what}`);
  }

  #name(id: string | undefined): string {
    const index = id === undefined ? -1 : this.#ids.indexOf(id);
    return index < 0 ? 'a stranger' : `v${index}`;
  }

  #add(
    atMs: number,
    node: number,
    height: number | undefined,
    round: number | undefined,
    what: string,
  ): void {
    const place = `h${height ?? '-'} r${round ?? '-'}`;
    this.#push(`${time(atMs)}  ${`v${node}`.padEnd(4)}  ${place.padEnd(9)}  ${what}`);
  }

  #push(line: string): void {
    if (this.#lines.length < MAX_LINES) this.#lines.push(line);
    else this.#isCut = true;
  }
}

function time(atMs: number): string {
  return `${(atMs / 1000).toFixed(3)} s`.padStart(12);
}

function short(hash: string): string {
  return hash.slice(0, 8);
}

function describeUnsigned(message: UnsignedMessage): string {
  switch (message.kind) {
    case 'proposal':
      return `proposal ${short(message.block.hash)}${message.prepares.length > 0 ? ' again' : ''}`;
    case 'prepare':
    case 'commit':
      return `${message.kind} ${short(message.blockHash)}`;
    case 'round-change':
      return describeClaim(message.preparedRound, message.preparedHash);
  }
}

function describeMessage(message: ConsensusMessage): string {
  switch (message.kind) {
    case 'proposal':
      return `proposal ${short(message.proposal.body.blockHash)}`;
    case 'prepare':
      return `prepare ${short(message.prepare.body.blockHash)}`;
    case 'commit':
      return `commit ${short(message.commit.body.blockHash)}`;
    case 'round-change':
      return describeClaim(message.roundChange.body.preparedRound, message.roundChange.body.preparedHash);
    case 'decided':
      return `decided block ${short(message.certificate.blockHash)}`;
  }
}

function describeClaim(preparedRound: number, preparedHash: string): string {
  return preparedRound === NOT_PREPARED
    ? 'round change, not prepared'
    : `round change, prepared ${short(preparedHash)} in round ${preparedRound}`;
}
