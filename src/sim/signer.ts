import type { OwnMessage, UnsignedMessage } from '../consensus/contract.ts';
import { fieldsOf } from '../consensus/message-fields.ts';
import type { ChainKeeper } from './chain-keeper.ts';
import { distort } from './faults/adversary.ts';
import type { Strategy } from './faults/faults.ts';
import type { Witness } from './invariants.ts';
import type { SimJournal } from './journal.ts';
import type { NextCrash } from './next-crash.ts';
import type { World } from './world.ts';

/** The node that signs. */
export interface SigningNode extends Witness {
  readonly strategy: Strategy | undefined;
  readonly chain: ChainKeeper;
  readonly journal: SimJournal;
  readonly nextCrash: NextCrash;
}

/**
 * What a node does with its messages: sign, write to the journal, sync, send. The process may end at each of these
 * steps. A Byzantine node sends what its strategy makes of the message.
 */
export class SimSigner {
  readonly #node: SigningNode;
  readonly #world: World;

  constructor(node: SigningNode, world: World) {
    this.#node = node;
    this.#world = world;
  }

  /** Signs and writes; the sync takes its time and comes back as an input of this life. */
  sign(unsigned: UnsignedMessage, life: number): void {
    const { random, settings, signatures, validators } = this.#world;
    const { id, index, journal, nextCrash } = this.#node;
    const signer = validators.at(unsigned.height).get(id);
    if (signer === undefined || nextCrash.strikesAt('before-write')) return;
    const message = signatures.sign(unsigned, signer);
    journal.write(message, unsigned);
    if (nextCrash.strikesAt('before-sync')) return;
    const input = { kind: 'synced' as const, life, message };
    this.#world.schedule(index, random.between(0, settings.maxSyncMs), input);
  }

  /** The sync is done: the message leaves. False if the process ended on the way. */
  sendSynced(message: OwnMessage): boolean {
    const { journal, nextCrash } = this.#node;
    journal.sync(message);
    if (nextCrash.strikesAt('before-send')) return false;
    this.send(message, nextCrash.isArmedAt('half-sent'));
    return !nextCrash.strikesAt('half-sent') && !nextCrash.strikesAt('before-count');
  }

  /** Sends to all, or, where the process ends in the midst of it, to some. */
  send(message: OwnMessage, isCut = false): void {
    const { validators, random, invariants } = this.#world;
    const { index, journal, strategy } = this.#node;
    if (strategy === undefined) {
      // A height may end between signing and sync; its messages are then worth nothing to anybody.
      if (!journal.isDurable(message)) return;
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
