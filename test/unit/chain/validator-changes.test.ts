import { strict as assert } from 'node:assert';
import type { BlockProducer } from '../../../src/chain/build-block.ts';
import type { CompleteBlock } from '../../../src/chain/complete-block.ts';
import { MICRO } from '../../../src/types/names.ts';
import { statusName } from '../../../src/types/operations/catalogs.ts';
import type { Operation } from '../../../src/types/transaction.ts';
import { ValidatorSet } from '../../../src/types/validator.ts';
import { type Account, deriveValidator, type ValidatorIdentity } from '../../../testnet/identities.ts';
import { CHAIN_SEED, type ChainNode, ChainWorld, producerOf } from '../../support/chain.ts';
import { remakeBlock } from '../../support/remake-block.ts';
import {
  bondOperation,
  joinOperation,
  leaveOperation,
  rotateOperation,
} from '../../support/validator-operations.ts';

const BOND_REF = 'b0'.repeat(32);

describe('Changes of the validator set on a chain', () => {
  let world: ChainWorld;
  let node: ChainNode;
  const nonces = new Map<string, bigint>();
  const v1 = deriveValidator(CHAIN_SEED, 'v1');
  const v4 = deriveValidator(CHAIN_SEED, 'v4');
  const v4Next = deriveValidator(CHAIN_SEED, 'v4', 1);
  const blocks: CompleteBlock[] = [];

  beforeEach(async () => {
    world = new ChainWorld({ parameters: { bondAdmits: true } });
    world.know(v4Next);
    node = await world.open();
    nonces.clear();
    blocks.length = 0;
  });

  async function extend(proposer: BlockProducer = producerOf(v1)): Promise<CompleteBlock> {
    const block = await world.extend(node, [], proposer);
    blocks.push(block);
    return block;
  }

  function nonceOf({ address }: Account, ledger: string): bigint {
    const key = `${address} ${ledger}`;
    const nonce = nonces.get(key) ?? 0n;
    nonces.set(key, nonce + 1n);
    return nonce;
  }

  /** Puts one bpci transaction into the next block; the status of its receipt. */
  async function include(sender: Account, operation: (nonce: bigint) => Operation): Promise<string> {
    const nonce = nonceOf(sender, 'bpci');
    const draft = { ledger: 'bpci', maxFee: MICRO } as const;
    const transaction = world.sign(sender, nonce, [operation(nonce)], draft);
    await node.pool.submit(transaction.bytes);
    await extend();
    const [receipt] = node.chain.history
      .block(node.chain.head.height)
      ?.receipts.sections.flat()
      .filter(({ txId }) => txId === transaction.id) ?? [undefined];
    assert.ok(receipt !== undefined, 'it stands in the block');
    return statusName('bpci', receipt.status);
  }

  async function lockBond(candidate: ValidatorIdentity): Promise<void> {
    const nonce = nonceOf(candidate.account, 'economy');
    await node.pool.submit(world.sign(candidate.account, nonce, [bondOperation(BOND_REF)]).bytes);
    await extend();
  }

  const rotateV4 = () =>
    include(v4.account, (nonce) => rotateOperation(world.genesisHash, nonce, v4, v4Next));
  const leaveV4 = () => include(v4.account, () => leaveOperation(v4.account.address));

  /** The next block, and whether a quorum of a set in which v4's place holds this key can certify it. */
  async function isCertifiedWith(key: string): Promise<boolean> {
    const { validators } = node.chain;
    const members = validators.members.map((member) =>
      member.id === v4.account.address ? { ...member, consensusKey: key } : member,
    );
    const signing = new ValidatorSet(members);
    const block = node.chain.build(producerOf(v1));
    return await node.chain.isCertified(block.hash, world.certify(block, signing, { seals: signing.size }));
  }

  it('N01 a rotated key seals from two blocks after its transaction on, the old one until then', async () => {
    assert.equal(await rotateV4(), 'OK'); // block h
    assert.equal(await isCertifiedWith(v4.consensus.publicKey), true, 'h + 1, old key');
    assert.equal(await isCertifiedWith(v4Next.consensus.publicKey), false, 'h + 1, new key');
    await extend();
    assert.equal(await isCertifiedWith(v4.consensus.publicKey), false, 'h + 2, old key');
    assert.equal(await isCertifiedWith(v4Next.consensus.publicKey), true, 'h + 2, new key');
  });

  it('N01 the beacon is proved by the VRF key in office, at both heights of the boundary', async () => {
    await rotateV4();
    const verdictOn = async (keys: ValidatorIdentity) => {
      const { chain } = await world.open(node.memory);
      return await chain.validate(node.chain.build(producerOf(keys)), { reproposal: true });
    };
    const mixed = { ...v4, vrf: v4Next.vrf };
    assert.deepEqual(await verdictOn(v4), { valid: true });
    assert.deepEqual(await verdictOn(mixed), { valid: false, reason: 'BAD_BEACON' });
    await extend(producerOf(v4));
    assert.deepEqual(await verdictOn(v4Next), { valid: true });
    assert.deepEqual(await verdictOn({ ...v4Next, vrf: v4.vrf }), { valid: false, reason: 'BAD_BEACON' });
  });

  it('N01 who left is needed and may propose for one more block, and is a stranger from the second on', async () => {
    const before = node.chain.validators;
    assert.equal(await leaveV4(), 'OK');
    await extend(producerOf(v4));
    assert.equal(node.chain.validators.size, 3);
    assert.equal(node.chain.validators.has(v4.account.address), false);
    const block = node.chain.build(producerOf(v1));
    assert.equal(await node.chain.isCertified(block.hash, world.certify(block, before)), false);
    const forged = remakeBlock(block, v1.consensus, world.genesisHash, {
      header: { proposer: v4.account.address },
    });
    const verdict = await node.chain.validate(forged, { reproposal: true });
    assert.deepEqual(verdict, { valid: false, reason: 'WRONG_PROPOSER' });
  });

  it('N01 a block cannot hide a change, make one up, or have it take effect early', async () => {
    await rotateV4();
    const block = node.chain.build(producerOf(v1));
    const remade = (header: object) => remakeBlock(block, v1.consensus, world.genesisHash, { header });
    const now = node.chain.validators.hash;
    const next = node.chain.nextValidators.hash;
    assert.notEqual(now, next);
    for (const [header, reason] of [
      [{ nextValidatorsHash: now }, 'WRONG_NEXT_VALIDATORS_HASH'],
      [{ nextValidatorsHash: 'ab'.repeat(32) }, 'WRONG_NEXT_VALIDATORS_HASH'],
      [{ validatorsHash: next }, 'WRONG_VALIDATORS_HASH'],
    ] as const)
      assert.deepEqual(await node.chain.validate(remade(header), { reproposal: true }), {
        valid: false,
        reason,
      });
    assert.deepEqual(await node.chain.validate(block, { reproposal: true }), { valid: true });
  });

  it('N06 refuses hostile updates in their receipts, keeps the set, and goes on', async () => {
    const candidate = world.candidate();
    const stranger = deriveValidator(CHAIN_SEED, 'candidate-0-2');
    await lockBond(candidate);
    const { genesisHash } = world;
    const before = node.chain.validators.hash;
    const cases: [string, Account, (nonce: bigint) => Operation][] = [
      // The proof of another account, the keys of another validator, no bond of one's own.
      ['POSSESSION_NOT_PROVED', candidate.account, () => joinOperation(genesisHash, stranger, BOND_REF)],
      [
        'KEY_IN_USE',
        candidate.account,
        () => joinOperation(genesisHash, { ...v4, account: candidate.account }, BOND_REF),
      ],
      ['NOT_BOND_OWNER', stranger.account, () => joinOperation(genesisHash, stranger, BOND_REF)],
      ['ALREADY_REGISTERED', v4.account, () => joinOperation(genesisHash, v4Next, BOND_REF)],
      ['NOT_REGISTERED', stranger.account, () => leaveOperation(stranger.account.address)],
      // A rotation signed for another nonce, by another key, or by somebody who is no validator.
      [
        'ROTATION_SIGNATURE_WRONG',
        v4.account,
        (nonce) => rotateOperation(genesisHash, nonce + 1n, v4, v4Next),
      ],
      [
        'ROTATION_SIGNATURE_WRONG',
        v4.account,
        (nonce) => rotateOperation(genesisHash, nonce, { ...v4, consensus: v1.consensus }, v4Next),
      ],
    ];
    const outcomes: string[] = [];
    for (const [, sender, operation] of cases) outcomes.push(await include(sender, operation));
    assert.deepEqual(
      outcomes,
      cases.map(([status]) => status),
    );
    await extend();
    await extend();
    assert.equal(node.chain.validators.hash, before);
    assert.equal(node.chain.nextValidators.hash, before);
  });

  it('N06 never empties the set: the last validator cannot leave', async () => {
    const outcomes: string[] = [];
    for (const { account } of world.validators.filter(
      ({ account }) => account.address !== v1.account.address,
    ))
      outcomes.push(await include(account, () => leaveOperation(account.address)));
    outcomes.push(await include(v1.account, () => leaveOperation(v1.account.address)));
    assert.deepEqual(outcomes.slice(0, 3), ['OK', 'OK', 'OK']);
    assert.equal(outcomes[3], 'LAST_VALIDATOR');
    for (let i = 0; i < 3; i++) await extend();
    assert.equal(node.chain.validators.size, 1);
  });

  it('N06 an old rotation cannot be played again to bring a retired key back', async () => {
    const nonce = nonces.get(`${v4.account.address} bpci`) ?? 0n;
    const operation = rotateOperation(world.genesisHash, nonce, v4, v4Next);
    assert.equal(await include(v4.account, () => operation), 'OK');
    const third = deriveValidator(CHAIN_SEED, 'v4', 2);
    world.know(third);
    const onwards = (next: bigint) => rotateOperation(world.genesisHash, next, v4Next, third);
    for (let i = 0; i < 3; i++) await extend();
    assert.equal(await include(v4.account, onwards), 'OK');
    assert.notEqual(await include(v4.account, () => operation), 'OK');
    for (let i = 0; i < 3; i++) await extend();
    assert.equal(node.chain.validators.get(v4.account.address)?.consensusKey, third.consensus.publicKey);
  });

  it('N07 changes of two following blocks take effect one after the other', async () => {
    const candidate = world.candidate();
    world.know(candidate);
    await lockBond(candidate);
    assert.equal(
      await include(candidate.account, () => joinOperation(world.genesisHash, candidate, BOND_REF)),
      'OK',
    );
    assert.equal(await leaveV4(), 'OK');
    const members = (set: ValidatorSet) => [
      set.has(candidate.account.address),
      set.has(v4.account.address),
      set.size,
    ];
    assert.deepEqual(members(node.chain.validators), [true, true, 5]);
    await extend(producerOf(candidate));
    assert.deepEqual(members(node.chain.validators), [true, false, 4]);
  });

  it('N09 N10 a node that replays the blocks, and one opened anew after each, have the same sets', async () => {
    const replaying = await world.open();
    const candidate = world.candidate();
    world.know(candidate);
    await lockBond(candidate);
    await rotateV4();
    await include(candidate.account, () => joinOperation(world.genesisHash, candidate, BOND_REF));
    await include(v4.account, () => leaveOperation(v4.account.address));
    for (let i = 0; i < 3; i++) await extend();
    let reopened = replaying;
    const hashes = new Set<string>();
    for (const block of blocks) {
      const { height } = block.block.header;
      const { certificate } = node.chain.history.block(height) ?? assert.fail();
      await reopened.chain.commit(block, certificate);
      reopened = await world.open(reopened.memory);
      const { header } = reopened.chain.head;
      assert.equal(reopened.chain.previousValidators.hash, header?.validatorsHash);
      assert.equal(reopened.chain.validators.hash, header?.nextValidatorsHash);
      const following = blocks[height]?.block.header;
      if (following !== undefined)
        assert.equal(reopened.chain.nextValidators.hash, following.nextValidatorsHash);
      hashes.add(reopened.chain.validators.hash);
    }
    assert.ok(hashes.size >= 4, `${hashes.size} different sets`);
    assert.equal(reopened.chain.state.stateRoot(), node.chain.state.stateRoot());
  });
});
