import type { Chain } from '../chain/chain.ts';
import type { StoredBlock } from '../chain/history.ts';
import { fieldsOf } from '../consensus/message-fields.ts';
import type { CachedVerifier } from '../crypto/cached-verifier.ts';
import type { InboundMessage, Verdict } from '../network/inbound-message.ts';
import { type ConsensusMessage, decodeConsensusMessage } from '../types/consensus-message.ts';
import type { ValidatorSet } from '../types/validator.ts';
import { errorCode, errorMessage } from '../util/errors.ts';
import type { Logger } from '../util/logger.ts';
import { Contradictions } from './contradictions.ts';
import { verifyMessage } from './message-verifier.ts';

export interface IntakeDeps {
  readonly chain: Chain;
  readonly verifier: CachedVerifier;
  readonly logger: Logger;
  /** A message that the core can use, and the bytes that it came as. */
  readonly onMessage: (message: ConsensusMessage, bytes: Uint8Array) => void;
  /** One that is not used, and why. */
  readonly onUnused: (reason: string) => void;
}

/** Decides what of the messages of peers goes to the core: what is of a height at hand, and signed. */
export class MessageIntake {
  readonly #deps: IntakeDeps;
  readonly #contradictions: Contradictions;

  constructor(deps: IntakeDeps) {
    this.#deps = deps;
    this.#contradictions = new Contradictions(deps.chain.evidence);
  }

  /** A block is on the chain: its seals are statements of their signers, too. */
  async onCommitted({ certificate }: StoredBlock): Promise<void> {
    await this.#contradictions.onCommitted(certificate, this.#deps.chain.previousValidators);
  }

  /** The verdict for the carriers: reject only what is provably bad, ignore what cannot be used now. */
  async judge(inbound: InboundMessage): Promise<Verdict> {
    const { chain, verifier, onMessage, onUnused } = this.#deps;
    const message = this.#decode(inbound);
    if (message === undefined) return 'reject';
    const { height } = fieldsOf(message);
    const current = chain.head.height + 1;
    if (height < current - 1) {
      onUnused('PAST_HEIGHT');
      return await this.#judgeLate(message);
    }
    // Votes beyond the quorum come late in every round: they change nothing, so nobody pays for their signatures.
    if (height === current - 1 && message.kind !== 'round-change') {
      onUnused('DECIDED');
      return await this.#judgeLate(message);
    }
    const result = await verifyMessage(message, chain.genesisHash, this.#validatorsAt(height), verifier);
    if (result === 'invalid') {
      onUnused('BAD_SIGNATURE');
      // A later height may have another set with other keys: only for the heights whose set is known is it proof.
      return height <= current + 1 ? 'reject' : 'ignore';
    }
    if (result === 'stranger') return 'ignore';
    if (height <= current + 1) await this.#contradictions.heard(message);
    onMessage(message, inbound.bytes);
    return 'accept';
  }

  /** A message for a decided height is of no use, but it may contradict another one of its signer. */
  async #judgeLate(message: ConsensusMessage): Promise<Verdict> {
    return (await this.#contradictions.heardLate(message)) ? 'ignore' : 'reject';
  }

  #decode({ bytes, from }: InboundMessage): ConsensusMessage | undefined {
    try {
      return decodeConsensusMessage(bytes);
    } catch (error) {
      this.#deps.logger.debug({ from, code: errorCode(error), reason: errorMessage(error) }, 'bad message');
      return undefined;
    }
  }

  /** The set of a height, or of the highest height whose set is known. */
  #validatorsAt(height: number): ValidatorSet {
    const { head, previousValidators, validators, nextValidators } = this.#deps.chain;
    if (height <= head.height) return previousValidators;
    return height === head.height + 1 ? validators : nextValidators;
  }
}
