import assert from 'node:assert/strict';
import type { CompleteBlock } from '../../../src/chain/complete-block.ts';
import type { EvidenceAdmission } from '../../../src/chain/evidence-pool.ts';
import type { ConsensusMessage } from '../../../src/types/consensus-message.ts';
import type { Evidence } from '../../../src/types/evidence.ts';
import { LIMITS } from '../../../src/util/limits.ts';
import { Contradictions } from '../../../src/validator/contradictions.ts';
import { type ChainNode, ChainWorld } from '../../support/chain.ts';
import { SignedMessages } from '../../support/signed-messages.ts';

describe('Contradictions of validators', () => {
  let world: ChainWorld;
  let node: ChainNode;
  let messages: SignedMessages;
  let contradictions: Contradictions;
  /** Signatures checked because a statement could not be kept otherwise. */
  let checks: number;
  let block: CompleteBlock;
  let other: CompleteBlock;

  beforeEach(async () => {
    world = new ChainWorld({ validators: 4 });
    node = await world.open();
    messages = new SignedMessages(world);
    checks = 0;
    const pool = node.chain.evidence;
    contradictions = new Contradictions({
      admit: (evidence: Evidence): Promise<EvidenceAdmission> => pool.admit(evidence, 'own'),
      isAccusable: (validator, height) => pool.isAccusable(validator, height),
      isSigned: (statement) => {
        checks += 1;
        return pool.isSigned(statement);
      },
    });
    [block, other] = [0, 1].map((k) => node.chain.build(world.producer(k))) as [CompleteBlock, CompleteBlock];
  });

  const roundChange = (index: number, round: number, preparedRound?: number): ConsensusMessage => {
    const prepared = preparedRound === undefined ? undefined : { block, round: preparedRound };
    return { kind: 'round-change', roundChange: messages.roundChange(index, round, prepared), prepares: [] };
  };
  /** A vote that somebody else has made up in the name of a validator. */
  const forgedPrepare = (index: number, of: CompleteBlock, round = 0): ConsensusMessage => ({
    kind: 'prepare',
    prepare: messages.vote('prepare', index, of, round, world.producer((index + 1) % 4).consensusKey),
  });
  const accused = () =>
    node.chain.evidence.pending().map(({ accusation: { offence, validator } }) => [offence, validator]);
  const idOf = (index: number) => world.producer(index).id;
  const decide = () => node.chain.commit(block, world.certify(block, node.chain.validators));

  it('Q01 are noticed where both statements come after their height was decided, of whatever kind they are', async () => {
    const pairs: [string, ConsensusMessage, ConsensusMessage][] = [
      ['proposal', messages.proposal(0, block), messages.proposal(0, other)],
      ['prepare', messages.prepare(1, block), messages.prepare(1, other)],
      ['commit', messages.commit(2, block), messages.commit(2, other)],
      ['round-change', roundChange(3, 2), roundChange(3, 2, 0)],
    ];
    await decide();
    for (const [index, [offence, first, second]] of pairs.entries()) {
      await contradictions.heardLate(first);
      assert.equal(await contradictions.heardLate(first), true, 'sent again, it says nothing else');
      assert.equal(accused().length, index);
      assert.equal(await contradictions.heardLate(second), true);
      assert.ok(
        accused().some(([kind, validator]) => kind === offence && validator === idOf(index)),
        offence,
      );
    }
    const { block: next } = await world.extend(node);
    assert.equal(next.body.evidence.length, 4, 'the next block holds them');
    assert.deepEqual(accused(), []);
  });

  it('Q07 are noticed where a commit and the round change that forgets it both come late, in either order', async () => {
    await decide();
    await contradictions.heardLate(messages.commit(2, block, 1));
    await contradictions.heardLate(roundChange(2, 3, 0));
    await contradictions.heardLate(roundChange(3, 2));
    await contradictions.heardLate(messages.commit(3, block));
    assert.deepEqual(new Set(accused().map(String)), new Set([`amnesia,${idOf(2)}`, `amnesia,${idOf(3)}`]));
  });

  it('Q01 are noticed between what came in time and what came late', async () => {
    await contradictions.heard(messages.prepare(2, block));
    await decide();
    await contradictions.heardLate(messages.prepare(2, other));
    assert.deepEqual(accused(), [['prepare', idOf(2)]]);
  });

  it('Q01 Q07 are noticed between the seals on the chain and what comes later', async () => {
    const certificate = world.certify(block, node.chain.validators);
    await node.chain.commit(block, certificate);
    await contradictions.onCommitted(certificate, node.chain.previousValidators);
    await contradictions.heardLate(messages.commit(0, other));
    await contradictions.heardLate(roundChange(1, 1));
    assert.deepEqual(new Set(accused().map(String)), new Set([`commit,${idOf(0)}`, `amnesia,${idOf(1)}`]));
  });

  it('Q01 are noticed inside messages of others: in round changes and prepares that justify something', async () => {
    const justified = (round: number, of: CompleteBlock, prepared?: number) =>
      messages.proposal(round, of, round, {
        roundChanges: [
          messages.roundChange(3, round, prepared === undefined ? undefined : { block, round: prepared }),
        ],
        prepares: [messages.vote('prepare', 2, of)],
      });
    await contradictions.heard(justified(1, block));
    assert.deepEqual(accused(), []);
    await contradictions.heard(roundChange(3, 1, 0));
    assert.deepEqual(accused(), [['round-change', idOf(3)]]);
    await contradictions.heard({
      kind: 'round-change',
      roundChange: messages.roundChange(0, 2, { block: other, round: 0 }),
      prepares: [messages.vote('prepare', 2, other)],
    });
    assert.ok(accused().some(([offence, validator]) => offence === 'prepare' && validator === idOf(2)));
  });

  it('Q04 are noticed before their height begins, and reported when it does', async () => {
    await decide();
    const [next, another] = [1, 2].map((k) => node.chain.build(world.producer(k))) as [
      CompleteBlock,
      CompleteBlock,
    ];
    const behind = await world.open();
    const late = new Contradictions(behind.chain.evidence);
    await late.heard(messages.prepare(3, next));
    await late.heard(messages.prepare(3, another));
    assert.deepEqual(behind.chain.evidence.pending(), [], 'no block may speak of that height yet');
    const certificate = world.certify(block, behind.chain.validators);
    await behind.chain.commit(block, certificate);
    await late.onCommitted(certificate, behind.chain.previousValidators);
    assert.deepEqual(
      behind.chain.evidence.pending().map(({ accusation }) => accusation),
      [{ offence: 'prepare', validator: idOf(3), height: 2 }],
    );
  });

  it('Q03 are believed of nobody who did not sign them, whoever came first, and forgers hide none', async () => {
    await decide();
    assert.equal(await contradictions.heardLate(forgedPrepare(1, other)), true, 'nobody has looked yet');
    assert.equal(await contradictions.heardLate(messages.prepare(1, block)), true);
    assert.deepEqual(accused(), []);
    assert.equal(
      await contradictions.heardLate(forgedPrepare(1, other)),
      false,
      'now it is known to be forged',
    );
    assert.equal(await contradictions.heardLate(messages.prepare(1, other)), true);
    assert.deepEqual(accused(), [['prepare', idOf(1)]]);

    await contradictions.heardLate(forgedPrepare(2, block));
    assert.equal(await contradictions.heardLate(forgedPrepare(2, other)), false);
    await contradictions.heardLate(messages.prepare(2, other));
    await contradictions.heardLate(messages.prepare(2, block));
    assert.equal(accused().length, 2);
  });

  it('J04 cannot be hidden by a flood in the name of others, and what nobody contradicts costs no check', async () => {
    await decide();
    const bound = LIMITS.maxRecentStatementsPerValidator;
    for (let round = 0; round < bound; round++)
      assert.equal(await contradictions.heardLate(forgedPrepare(1, block, round)), true);
    assert.equal(checks, 0);
    assert.equal(
      await contradictions.heardLate(forgedPrepare(1, block, bound)),
      false,
      'there is no more room',
    );
    assert.equal(checks, 1);
    for (const of of [block, other])
      assert.equal(await contradictions.heardLate(messages.prepare(1, of, bound + 1)), true);
    assert.deepEqual(accused(), [['prepare', idOf(1)]]);
    assert.equal(checks, 2);
  });

  it('are not looked for where nobody can be accused: of strangers, and of who answers already', async () => {
    await decide();
    const prepare = { ...messages.vote('prepare', 1, block), signer: world.alice.address };
    assert.equal(await contradictions.heardLate({ kind: 'prepare', prepare }), true);
    await contradictions.heardLate(messages.prepare(1, block));
    await contradictions.heardLate(messages.prepare(1, other));
    assert.equal(accused().length, 1);
    assert.equal(await contradictions.heardLate(forgedPrepare(1, other)), true);
    await world.extend(node);
    assert.deepEqual(accused(), []);
    await contradictions.heardLate(messages.commit(1, block));
    await contradictions.heardLate(messages.commit(1, other));
    assert.deepEqual(accused(), [], 'once for a height');
  });
});
