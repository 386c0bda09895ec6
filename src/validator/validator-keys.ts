import type { BlockProducer } from '../chain/build-block.ts';
import type { Chain } from '../chain/chain.ts';
import type { Address } from '../types/ssz-bytes.ts';
import type { Validator } from '../types/validator.ts';
import { errorCode, errorMessage, NodeError } from '../util/errors.ts';
import type { Logger } from '../util/logger.ts';

export type ValidatorKeysErrorCode = 'HEIGHT_NOT_NEXT' | 'NOT_A_VALIDATOR';

/** The keys with which a validator signs at a height. */
export interface ValidatorKeys {
  readonly id: Address;
  /** @throws NodeError when there are none for this height: then nothing is signed at it */
  at(height: number): Promise<BlockProducer>;
}

export interface ChainKeysDeps {
  readonly id: Address;
  readonly chain: Pick<Chain, 'head' | 'validators' | 'nextValidators'>;
  /** Finds the secrets behind the public keys of a validator. @throws NodeError when one is not at hand */
  readonly load: (validator: Validator) => Promise<BlockProducer>;
  readonly logger: Logger;
}

/**
 * The keys that the chain names: at height h those of V(h), whatever else is at hand. So a rotation takes effect by
 * itself, an old key signs nothing from the height on where it is out, and after a restart the same height has the
 * same key as before.
 */
export class ChainKeys implements ValidatorKeys {
  readonly id: Address;
  readonly #deps: ChainKeysDeps;
  readonly #loaded = new Map<string, Promise<BlockProducer>>();
  readonly #missing = new Set<string>();

  constructor(deps: ChainKeysDeps) {
    this.id = deps.id;
    this.#deps = deps;
  }

  /** @throws NodeError HEIGHT_NOT_NEXT, NOT_A_VALIDATOR, or of `load` */
  async at(height: number): Promise<BlockProducer> {
    const { chain } = this.#deps;
    const next = chain.head.height + 1;
    if (height !== next)
      throw new NodeError<ValidatorKeysErrorCode>('HEIGHT_NOT_NEXT', `only height ${next} may be signed`, {
        data: { height, next },
      });
    const validator = chain.validators.get(this.id);
    if (validator === undefined)
      throw new NodeError<ValidatorKeysErrorCode>('NOT_A_VALIDATOR', `no validator of height ${height}`, {
        data: { height, id: this.id },
      });
    return await this.#load(validator);
  }

  /** Whether the keys of the height above the head were looked for in vain. */
  get isMissing(): boolean {
    const validator = this.#deps.chain.validators.get(this.id);
    return validator !== undefined && this.#missing.has(keyOf(validator));
  }

  /**
   * Loads ahead what the chain names for the two heights above its head, because a key file may take half a second.
   * Returns the newest of these keys that is at hand. Never rejects.
   */
  async follow(): Promise<BlockProducer | undefined> {
    const { validators, nextValidators } = this.#deps.chain;
    const named = [validators, nextValidators].flatMap((set) => set.get(this.id) ?? []);
    const names = new Set(named.map(keyOf));
    for (const key of [...this.#loaded.keys(), ...this.#missing])
      if (!names.has(key)) {
        this.#loaded.delete(key);
        this.#missing.delete(key);
      }
    const found = await Promise.all(named.map((validator) => this.#load(validator).catch(() => undefined)));
    return found.findLast((keys) => keys !== undefined);
  }

  /** A failure is not remembered: the key may be brought later. */
  #load(validator: Validator): Promise<BlockProducer> {
    const key = keyOf(validator);
    const known = this.#loaded.get(key);
    if (known !== undefined) return known;
    const loading = this.#deps.load(validator);
    this.#loaded.set(key, loading);
    loading.then(
      () => this.#missing.delete(key),
      (error: unknown) => {
        this.#loaded.delete(key);
        this.#note(validator, error);
      },
    );
    return loading;
  }

  #note({ consensusKey, vrfKey, ...validator }: Validator, error: unknown): void {
    const key = keyOf({ consensusKey, vrfKey, ...validator });
    if (this.#missing.has(key)) return;
    this.#missing.add(key);
    this.#deps.logger.error(
      { consensusKey, vrfKey, code: errorCode(error), reason: errorMessage(error) },
      'the chain names keys of this validator that cannot be loaded: it watches without voting until they are there',
    );
  }
}

function keyOf({ consensusKey, vrfKey }: Validator): string {
  return `${consensusKey}/${vrfKey}`;
}
