import type { OwnMessage, UnsignedMessage } from '../consensus/contract.ts';
import { fieldsOf } from '../consensus/message-fields.ts';
import { distort } from './faults/adversary.ts';
import type { SimNode } from './host.ts';
import type { SimJournal } from './journal.ts';
import type { World } from './world.ts';

/** Where on the way of a message or of a block a process may end. */
export const CRASH_STEPS = [
  'before-write',
  'before-sync',
  'before-send',
  'half-sent',
  'before-count',
  'before-commit',
  'after-commit',
] as const;
export type CrashStep = (typeof CRASH_STEPS)[number];

/**
 * What a node does with its messages: sign, write to the journal, sync, send. The process may end at each of these
 * steps. A Byzantine node sends what its strategy makes of the message.
 */
export class SimSigner {
  readonly #node: SimNode;
  readonly #world: World;
  readonly #journal: SimJournal;

  constructor(node: SimNode, world: World, journal: SimJournal) {
    this.#node = node;
    this.#world = world;
    this.#journal = journal;
  }

  /** Signs and writes; the sync takes its time and comes back as an input of this life. */
  sign(unsigned: UnsignedMessage, life: number): void {
    const { random, settings, signatures, validators } = this.#world;
    const signer = validators.at(unsigned.height).get(this.#node.id);
    if (signer === undefined || this.#node.crashesAt('before-write')) return;
    const message = signatures.sign(unsigned, signer);
    this.#journal.write(message, unsigned);
    if (this.#node.crashesAt('before-sync')) return;
    const input = { kind: 'synced' as const, life, message };
    this.#world.schedule(this.#node.index, random.between(0, settings.maxSyncMs), input);
  }

  /** The sync is done: the message leaves. False if the process ended on the way. */
  sendSynced(message: OwnMessage): boolean {
    this.#journal.sync(message);
    if (this.#node.crashesAt('before-send')) return false;
    this.send(message, this.#node.armedCrash?.step === 'half-sent');
    return !this.#node.crashesAt('half-sent') && !this.#node.crashesAt('before-count');
  }

  /** Sends to all, or, where the process ends in the midst of it, to some. */
  send(message: OwnMessage, isCut = false): void {
    const { validators, random, invariants } = this.#world;
    const { index, strategy } = this.#node;
    if (strategy === undefined) {
      // A height may end between signing and sync; its messages are then worth nothing to anybody.
      if (!this.#journal.isDurable(message)) return;
      invariants.onSend(this.#node, message);
    }
    for (let to = 0; to < validators.ids.length; to++) {
      if (to === index || (isCut && random.chance(0.5))) continue;
      for (const copy of strategy === undefined ? [message] : this.#distorted(message, to))
        this.#world.transmit(index, to, { kind: 'consensus', message: copy });
    }
  }

  #distorted(message: OwnMessage, to: number): OwnMessage[] {
    const { validators, random, signatures, twins, counts } = this.#world;
    const { strategy, id, chain } = this.#node;
    const set = validators.at(fieldsOf(message).height);
    const validator = set.get(id);
    if (strategy === undefined || validator === undefined) return [message];
    const context = { validator, validators: set, signatures, random, twins, parent: chain.head };
    const messages = distort(strategy, message, to, context);
    if (messages.length !== 1 || messages[0] !== message) counts.note(strategy);
    return messages;
  }
}
