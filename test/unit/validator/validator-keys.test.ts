import assert from 'node:assert/strict';
import type { BlockProducer } from '../../../src/chain/build-block.ts';
import { vrfKeyPairFromSeed } from '../../../src/crypto/vrf.ts';
import { type Validator, ValidatorSet } from '../../../src/types/validator.ts';
import { errorCode } from '../../../src/util/errors.ts';
import { silentLogger } from '../../../src/util/logger.ts';
import { ChainKeys } from '../../../src/validator/validator-keys.ts';
import { deriveValidator } from '../../../testnet/identities.ts';

describe('The keys that the chain names', () => {
  const { address: id } = deriveValidator('keys', 'v1').account;
  const producerOf = (generation: number): BlockProducer => {
    const { consensus, vrf } = deriveValidator('keys', 'v1', generation);
    return { id, consensusKey: consensus, vrfKey: vrfKeyPairFromSeed(vrf.seed) };
  };
  const validatorOf = ({ consensusKey, vrfKey }: BlockProducer): Validator => ({
    id,
    consensusKey: consensusKey.publicKey,
    vrfKey: vrfKey.publicKey,
  });
  const setOf = (...members: Validator[]) => new ValidatorSet([...members, strangerOf()]);
  const strangerOf = (): Validator => {
    const { account, consensus, vrf } = deriveValidator('keys', 'v2');
    return { id: account.address, consensusKey: consensus.publicKey, vrfKey: vrf.publicKey };
  };
  const [old, next] = [producerOf(0), producerOf(1)];

  let atHand: BlockProducer[];
  let loads: number;
  let chain: { head: { height: number }; validators: ValidatorSet; nextValidators: ValidatorSet };
  let keys: ChainKeys;

  beforeEach(() => {
    atHand = [old, next];
    loads = 0;
    chain = {
      head: { height: 9 },
      validators: setOf(validatorOf(old)),
      nextValidators: setOf(validatorOf(old)),
    };
    keys = new ChainKeys({
      id,
      chain: chain as ConstructorParameters<typeof ChainKeys>[0]['chain'],
      load: (named) => {
        loads++;
        const found = atHand.find(({ consensusKey }) => consensusKey.publicKey === named.consensusKey);
        return found === undefined ? Promise.reject(new Error('not at hand')) : Promise.resolve(found);
      },
      logger: silentLogger,
    });
  });

  const commit = (nextValidators: ValidatorSet) => {
    chain.head = { height: chain.head.height + 1 };
    chain.validators = chain.nextValidators;
    chain.nextValidators = nextValidators;
  };

  it('N09 are the old ones up to the last height where they are in the set, and from the next one on the new ones', async () => {
    assert.equal(await keys.at(10), old);
    commit(setOf(validatorOf(next))); // the rotation stands in block 10
    assert.equal(await keys.at(11), old);
    assert.equal(await keys.follow(), next, 'peers hear of the new key one height ahead');
    commit(setOf(validatorOf(next)));
    assert.equal(await keys.at(12), next);
    assert.equal(loads, 2, 'each pair is loaded once');
  });

  it('are given for the height above the head alone', async () => {
    for (const height of [8, 9, 11])
      await assert.rejects(keys.at(height), (error) => errorCode(error) === 'HEIGHT_NOT_NEXT');
  });

  it('are none where the validator is not in the set', async () => {
    commit(setOf());
    commit(setOf());
    await assert.rejects(keys.at(12), (error) => errorCode(error) === 'NOT_A_VALIDATOR');
    assert.equal(await keys.follow(), undefined);
    assert.equal(keys.isMissing, false);
  });

  it('are said to be missing as long as they are not at hand, and found without a restart when they come', async () => {
    atHand = [old];
    commit(setOf(validatorOf(next)));
    assert.equal(await keys.follow(), old);
    assert.equal(keys.isMissing, false, 'the old ones still sign');
    commit(setOf(validatorOf(next)));
    await assert.rejects(keys.at(chain.head.height + 1));
    assert.equal(keys.isMissing, true);
    atHand = [old, next];
    assert.equal(await keys.at(chain.head.height + 1), next);
    assert.equal(keys.isMissing, false);
  });
});
