import assert from 'node:assert/strict';
import type { Receipt } from '../../../src/types/receipt.ts';
import type { ExportedBlock } from '../../../testnet/second-checker-export.ts';
import { Replay } from '../../../testnet/second-checker-replay.ts';
import { ExportedChain } from '../../support/exported-chain.ts';
import { type BlockChange, remakeBlock } from '../../support/remake-block.ts';

const ECONOMY = 4;
const WRONG = 'ee'.repeat(32);

/** Two blocks, of which a replay has applied the first. */
async function open() {
  const chain = await ExportedChain.open();
  const { world, node } = chain;
  const replay = new Replay(world.genesis);
  const first = await chain.block([world.payment(1n)]);
  assert.deepEqual(replay.apply(first), []);
  const setOfSecond = node.chain.validators;
  const second = await chain.block([world.payment(2n)], [world.payment(10n ** 30n)]);
  const whatOf = (exported: ExportedBlock) => replay.apply(exported).map(({ what }) => what);
  /** The second block with one change, everything above it made again by its proposer and the validators. */
  const remade = (change: BlockChange): ExportedBlock => {
    const proposer = world.identity(second.block.header.proposer);
    const complete = remakeBlock(chain.last, proposer.consensus, world.genesisHash, change);
    return { ...second, block: complete.block, certificate: world.certify(complete, setOfSecond) };
  };
  return { chain, world, replay, first, second, setOfSecond, whatOf, remade };
}

function withEconomyReceipts(exported: ExportedBlock, change: (list: Receipt[]) => Receipt[]): ExportedBlock {
  const sections = exported.receipts.sections.map((list, index) =>
    index === ECONOMY ? change([...list]) : list,
  );
  return { ...exported, receipts: { ...exported.receipts, sections } };
}

describe('the replay of the second checker', () => {
  it('agrees with a chain from genesis on', async () => {
    const { chain, world, replay, second } = await open();
    assert.deepEqual(replay.apply(second), []);
    assert.deepEqual(replay.apply(await chain.block()), []);
    assert.equal(replay.height, 3);
    assert.equal(replay.genesisHash, world.genesisHash);
  });

  it('finds a wrong state root under a header that all validators have sealed', async () => {
    const { whatOf, remade } = await open();
    assert.deepEqual(whatOf(remade({ header: { stateRoot: WRONG } })), ['stateRoot']);
  });

  it('finds a wrong receipts root', async () => {
    const { whatOf, remade } = await open();
    assert.deepEqual(whatOf(remade({ header: { receiptsRoot: WRONG } })), ['receiptsRoot']);
  });

  it('finds each wrong root of a section', async () => {
    for (const field of ['pre', 'post', 'receiptRoot', 'chargeRoot', 'outboxRoot', 'txRoot'] as const) {
      const { whatOf, remade } = await open();
      assert.deepEqual(whatOf(remade({ sections: { economy: { [field]: WRONG } } })), [
        `economy section: ${field}`,
      ]);
    }
  });

  it('finds a proof of a section with one flipped bit, though its miner signed it', async () => {
    const { world, first, second, remade } = await open();
    const proof = second.block.body.sections[ECONOMY]?.section.proof;
    assert.ok(proof);
    const step = Math.ceil(proof.length / 8);
    for (let position = 0; position < proof.length; position += step) {
      const replay = new Replay(world.genesis);
      replay.apply(first);
      const flipped = Uint8Array.from(proof);
      flipped[position] = (flipped[position] as number) ^ 1;
      const found = replay.apply(remade({ sections: { economy: { proof: flipped } } }));
      assert.equal(found.length, 1, `byte ${position}`);
      assert.match(found[0]?.what ?? '', /^economy section: proof /);
    }
  });

  it('finds a section that its miner did not sign', async () => {
    const { whatOf, remade } = await open();
    const signedSections: BlockChange['signedSections'] = (sections) =>
      sections.map((one, index) => (index === ECONOMY ? { ...one, signature: '11'.repeat(64) } : one));
    assert.deepEqual(whatOf(remade({ signedSections })), ['economy section: signature of its miner']);
    const stranger = await open();
    const [found] = stranger.whatOf(stranger.remade({ sections: { economy: { miner: WRONG } } }));
    assert.equal(found, 'economy section: not by the miner of rank 4');
  });

  it('finds a section of a rank to which its miner was not elected', async () => {
    const { whatOf, remade } = await open();
    const [found] = whatOf(remade({ sections: { economy: { rank: 9 } } }));
    assert.equal(found, 'economy section: not by the miner of rank 9');
  });

  it('finds a block that does not follow the one before', async () => {
    const { whatOf, remade } = await open();
    assert.deepEqual(whatOf(remade({ header: { parentHash: WRONG } })), ['parentHash']);
    const skipped = await open();
    const third = await skipped.chain.block();
    assert.ok(skipped.whatOf(third).includes('height'));
  });

  it('finds a wrong validator set, certificate of the parent, proposer, chain and time', async () => {
    const cases: [BlockChange, string, ...string[]][] = [
      [{ header: { validatorsHash: WRONG } }, 'validatorsHash'],
      [{ header: { nextValidatorsHash: WRONG } }, 'nextValidatorsHash'],
      [{ header: { lastCertificateHash: WRONG } }, 'lastCertificateHash'],
      [
        { header: { proposer: WRONG } },
        'proposer',
        'economy section: not by the miner of rank 4',
        'stateRoot',
      ],
      [{ header: { chainId: 1 } }, 'chainId'],
      [{ header: { timeMs: 5 } }, 'timeMs'],
      [{ header: { sectionsRoot: WRONG } }, 'sectionsRoot'],
    ];
    for (const [change, ...what] of cases) {
      const { second, whatOf, world, chain, setOfSecond } = await open();
      const proposer = world.identity(second.block.header.proposer);
      const complete = remakeBlock(chain.last, proposer.consensus, world.genesisHash, change);
      const found = whatOf({
        ...second,
        block: complete.block,
        certificate: world.certify(complete, setOfSecond),
      });
      assert.deepEqual(found, what);
    }
  });

  it('finds a receipt that says what did not happen', async () => {
    const { second, whatOf } = await open();
    const forged = withEconomyReceipts(second, ([paid, ...rest]) => [
      { ...(paid as Receipt), gas: 1 },
      ...rest,
    ]);
    assert.deepEqual(whatOf(forged), ['economy receipts: number 0']);
  });

  it('finds a failure that is shown as a success', async () => {
    const { second, whatOf } = await open();
    const forged = withEconomyReceipts(second, ([paid, failed]) => [
      paid as Receipt,
      { ...(failed as Receipt), status: 0 },
    ]);
    assert.deepEqual(whatOf(forged), ['economy receipts: number 1']);
  });

  it('finds a receipt that is missing and one that stands twice', async () => {
    const missing = await open();
    const [found] = missing.whatOf(withEconomyReceipts(missing.second, (list) => list.slice(0, 1)));
    assert.equal(found, 'economy receipts: 1 of 2');
    const twice = await open();
    const [again] = twice.whatOf(withEconomyReceipts(twice.second, (list) => [...list, list[0] as Receipt]));
    assert.equal(again, 'economy receipts: 3 of 2');
  });

  it('finds a transaction that was lost between section and block', async () => {
    const { whatOf, remade } = await open();
    const found = whatOf(remade({ lists: (lists) => lists.map((list) => list.slice(0, 1)) }));
    assert.ok(found.includes('economy section: txRoot'), found.join());
  });

  it('finds a transaction that no section may contain', async () => {
    const { whatOf, remade, world } = await open();
    const unpaid = world.transfer(7);
    const found = whatOf(remade({ transactions: { economy: [unpaid] } }));
    assert.deepEqual(found, ['economy section cannot be executed: NONCE_GAP']);
  });

  it('finds a certificate with a seal too few, of another block, or with a false seal', async () => {
    const few = await open();
    const { chain, setOfSecond } = few;
    const certificate = few.world.certify(chain.last, setOfSecond, { seals: setOfSecond.quorum - 1 });
    const [short] = few.whatOf({ ...few.second, certificate });
    assert.match(short ?? '', /^certificate: /);
    const other = await open();
    const [foreign] = other.whatOf({ ...other.second, certificate: other.first.certificate });
    assert.match(foreign ?? '', /^certificate: /);
    const forged = await open();
    const { seals } = forged.second.certificate;
    const falseSeal = [...seals.slice(1), seals[0] as string];
    const found = forged.whatOf({
      ...forged.second,
      certificate: { ...forged.second.certificate, seals: falseSeal },
    });
    assert.ok(found.includes('certificate: a seal'), found.join());
  });
});
