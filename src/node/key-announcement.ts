import type { BlockProducer } from '../chain/build-block.ts';
import type { Chain } from '../chain/chain.ts';
import type { Network, ValidatorIdentity } from '../network/contract.ts';
import type { Logger } from '../util/logger.ts';
import type { ChainKeys } from '../validator/validator-keys.ts';

/** What a node shows its peers of the keys of its validator. */
export function identityOf({ id, consensusKey }: BlockProducer): ValidatorIdentity {
  return { id, keyPair: consensusKey };
}

/**
 * Shows peers a new key as soon as the chain names it for one of the next two heights: until the height where it takes
 * effect they know the validator by both. Returns how to stop it.
 */
export function announceRotations(
  { keys, chain, network, logger }: { keys: ChainKeys; chain: Chain; network: Network; logger: Logger },
  first: BlockProducer | undefined,
): () => void {
  let announced = first?.consensusKey.publicKey;
  return chain.onCommitted(() => {
    void keys.follow().then((newest) => {
      if (newest === undefined || newest.consensusKey.publicKey === announced) return;
      announced = newest.consensusKey.publicKey;
      network.setValidatorKey(identityOf(newest));
      logger.info({ consensusKey: announced }, 'this validator has another key now');
    });
  });
}
