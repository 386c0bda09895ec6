import type { OwnMessage, ProposedBlock, UnsignedMessage } from '../../consensus/contract.ts';
import type { SignedContent } from '../../consensus/signed-parts.ts';
import type { ConsensusMessage } from '../../types/consensus-message.ts';
import { type Validator, ValidatorSet } from '../../types/validator.ts';
import { makeBlock } from '../blocks.ts';
import { Signatures, TokenScheme } from '../signatures.ts';
import { GENESIS } from '../world.ts';

/** Tokens as in the simulator, but the same content gives the same token: equal messages are then equal bytes. */
class RepeatableTokens extends TokenScheme {
  readonly #known = new Map<string, string>();

  override sign(publicKey: string, content: SignedContent): string {
    const key = `${publicKey} ${content.tag} ${JSON.stringify(content.body)}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const token = super.sign(publicKey, content);
    this.#known.set(key, token);
    return token;
  }
}

/** The height that is explored: the first, with everybody awake and a block due at once. */
export const HEIGHT = 1;

/**
 * The validators of an exploration and everything that one of them has ever said, each message once and under a
 * number, so that states can be compared and inputs named.
 */
export class MessagePool {
  readonly validators: ValidatorSet;
  readonly signatures: Signatures;
  readonly blocks = new Map<string, ProposedBlock>();
  readonly #messages: ConsensusMessage[] = [];
  readonly #byKey = new Map<string, number>();
  readonly #numbers = new Map<ConsensusMessage, number>();
  readonly #built = new Map<string, ProposedBlock>();

  constructor(n: number) {
    const scheme = new RepeatableTokens();
    this.signatures = new Signatures(GENESIS.hash, scheme);
    this.validators = new ValidatorSet(
      Array.from({ length: n }, (_, index) => ({
        id: (index + 1).toString(16).padStart(64, '0'),
        consensusKey: scheme.publicKeyOf(`validator ${index}`),
        vrfKey: scheme.publicKeyOf(`vrf ${index}`),
      })),
    );
  }

  get size(): number {
    return this.#messages.length;
  }

  at(number: number): ConsensusMessage {
    return this.#messages[number] as ConsensusMessage;
  }

  validator(index: number): Validator {
    return this.validators.at(index) as Validator;
  }

  /**
   * The number of a message that an honest core made. Two that claim the same and differ only in which quorum proves
   * it have one number: any valid proof is as good as another, and the first one stands for all.
   */
  numberOf(message: ConsensusMessage): number {
    return this.#numbers.get(message) ?? this.#number(message, claimOf(message));
  }

  /** The number of a message made by a liar: every difference counts. */
  numberOfForged(message: ConsensusMessage): number {
    const key = JSON.stringify(message, (_, value) => (value instanceof Uint8Array ? [...value] : value));
    return this.#number(message, key);
  }

  #number(message: ConsensusMessage, key: string): number {
    let number = this.#byKey.get(key);
    if (number === undefined) {
      number = this.#messages.push(message) - 1;
      this.#byKey.set(key, number);
      this.#numbers.set(message, number);
    }
    return number;
  }

  sign(unsigned: UnsignedMessage, validator: number): { number: number; message: OwnMessage } {
    const number = this.numberOf(this.signatures.sign(unsigned, this.validator(validator)));
    return { number, message: this.at(number) as OwnMessage };
  }

  /** What a builder builds in a round; another `variant` gives another block. */
  build(validator: number, round: number, variant: number): ProposedBlock {
    const key = `${validator} ${round} ${variant}`;
    const known = this.#built.get(key);
    if (known !== undefined) return known;
    const block = makeBlock({
      parent: GENESIS,
      proposer: this.validator(validator).id,
      timeMs: GENESIS.timeMs + 1000 * (round + 1),
      validators: this.validators,
      salt: 16 * round + variant,
    });
    this.#built.set(key, block);
    this.blocks.set(block.hash, block);
    return block;
  }
}

function claimOf(message: ConsensusMessage): string {
  switch (message.kind) {
    case 'prepare':
      return message.prepare.signature;
    case 'commit':
      return message.commit.signature;
    case 'round-change':
      return `${message.roundChange.signature} ${message.prepares.length}`;
    case 'proposal': {
      const { proposal, roundChanges, prepares } = message;
      if (prepares.length > 0) return `${proposal.signature} proved`;
      const claims = roundChanges.map(({ body }) => `${body.preparedRound} ${body.preparedHash}`);
      return `${proposal.signature} ${roundChanges.length} ${[...new Set(claims)].sort()}`;
    }
    case 'decided':
      return `decided ${message.certificate.blockHash}`;
  }
}
