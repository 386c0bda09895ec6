import { strict as assert } from 'node:assert';
import type { BlockFault } from '../../../src/chain/block-fault.ts';
import type { CompleteBlock } from '../../../src/chain/complete-block.ts';
import { beaconAlpha, nextBeacon } from '../../../src/crypto/beacon.ts';
import { vrfProofToHash } from '../../../src/crypto/vrf.ts';
import type { Certificate } from '../../../src/types/certificate.ts';
import type { Evidence } from '../../../src/types/evidence.ts';
import { BPCI } from '../../../src/types/operations/bpci.ts';
import { encodeOperation } from '../../../src/types/operations/catalog.ts';
import { EMPTY_RANK, type SignedSection } from '../../../src/types/section.ts';
import { type EncodedTransaction, encodeTransaction } from '../../../src/types/transaction.ts';
import { fromHex, toHex } from '../../../src/util/bytes.ts';
import { LIMITS } from '../../../src/util/limits.ts';
import { type ChainNode, ChainWorld } from '../../support/chain.ts';
import { evidenceAgainst, type Offender, voteBytes } from '../../support/evidence.ts';
import { type BlockChange, remakeBlock } from '../../support/remake-block.ts';

const OTHER_HASH = 'cd'.repeat(32);

/** A block at height 2 with transactions on economy and bpci, and a second node that has its parent. */
interface Scene {
  readonly world: ChainWorld;
  readonly node: ChainNode;
  readonly block: CompleteBlock;
  /** Of the block at height 1. */
  readonly certificate: Certificate;
}

type Change = (scene: Scene) => BlockChange;

function economySection({ block }: Scene): SignedSection['section'] {
  return (block.block.body.sections[4] as SignedSection).section;
}

function transfers({ block }: Scene): readonly EncodedTransaction[] {
  return block.transactions[4] as readonly EncodedTransaction[];
}

/** The transfers of the block and these. */
function withMore(more: (scene: Scene) => readonly EncodedTransaction[]): Change {
  return (scene) => ({ transactions: { economy: [...transfers(scene), ...more(scene)] } });
}

function withOneMore(more: (scene: Scene) => EncodedTransaction): Change {
  return withMore((scene) => [more(scene)]);
}

function offender({ world }: Scene, index: number): Offender {
  const { id, consensusKey } = world.producer(index);
  return { genesisHash: world.genesisHash, id, key: consensusKey };
}

function withEvidence(make: (scene: Scene) => readonly Evidence[]): Change {
  return (scene) => ({ body: { evidence: [...make(scene)] } });
}

/** Evidence against two validators, in the order of a block. */
function twoPieces(scene: Scene): [Evidence, Evidence] {
  return [evidenceAgainst(offender(scene, 0), 'prepare'), evidenceAgainst(offender(scene, 1), 'commit')];
}

/** Every fault of a block that a validator can be shown, and the changes that must earn it. */
const CHANGES: Record<Exclude<BlockFault, 'BROKEN_INVARIANT'>, Record<string, Change>> = {
  WRONG_VERSION: { 'a version of the future': () => ({ header: { version: 2 } }) },
  WRONG_CHAIN: { 'the id of another chain': () => ({ header: { chainId: 4243 } }) },
  WRONG_HEIGHT: {
    'a height too high': () => ({ header: { height: 3 } }),
    'the height of its parent': () => ({ header: { height: 1 } }),
  },
  WRONG_PARENT: { 'a parent that is not the head': () => ({ header: { parentHash: OTHER_HASH } }) },
  TIME_TOO_EARLY: {
    'a time one millisecond before the earliest': ({ world, node }) => ({
      header: { timeMs: node.chain.head.timeMs + world.genesis.parameters.minBlockIntervalMs - 1 },
    }),
  },
  TIME_TOO_LATE: {
    'a time beyond drift and hold': ({ world }) => ({
      header: {
        timeMs:
          world.clock.wallMs() + world.genesis.parameters.maxClockDriftMs + LIMITS.maxProposalHoldMs + 1,
      },
    }),
  },
  WRONG_PROPOSER: {
    'a proposer that is no validator': ({ world }) => ({ header: { proposer: world.alice.address } }),
  },
  BAD_BEACON: {
    'a proof of another validator': ({ world, node }) => {
      const beacon = parentBeacon(world, node);
      const proof = world.producer(2).vrfKey.prove(beaconAlpha(world.genesisHash, 2, beacon));
      return {
        header: { beacon: { proof, output: nextBeacon(beacon, vrfProofToHash(proof) as Uint8Array) } },
      };
    },
    'a proof about another height': ({ world, node }) => {
      const beacon = parentBeacon(world, node);
      const proof = world.producer(1).vrfKey.prove(beaconAlpha(world.genesisHash, 3, beacon));
      return {
        header: { beacon: { proof, output: nextBeacon(beacon, vrfProofToHash(proof) as Uint8Array) } },
      };
    },
    'an output that does not follow from the proof': ({ block }) => ({
      header: { beacon: { ...block.block.header.beacon, output: OTHER_HASH } },
    }),
    'a proof that does not decode': ({ block }) => ({
      header: { beacon: { ...block.block.header.beacon, proof: 'ff'.repeat(80) } },
    }),
  },
  WRONG_VALIDATORS_HASH: { 'another set of this height': () => ({ header: { validatorsHash: OTHER_HASH } }) },
  WRONG_NEXT_VALIDATORS_HASH: { 'another next set': () => ({ header: { nextValidatorsHash: OTHER_HASH } }) },
  BLOCK_TOO_LARGE: {
    'more bytes than the chain allows': withMore(({ world }) => {
      const large = { kind: 999, data: new Uint8Array(LIMITS.maxOperationBytes) };
      return Array.from({ length: 11 }, (_, index) =>
        world.sign(world.alice, 3 + index, [large, large, large]),
      );
    }),
    'sections that claim more gas than the chain allows': (scene) => ({
      sections: { economy: { work: scene.world.genesis.parameters.maxBlockGas } },
    }),
  },
  WRONG_LEDGER_COUNT: {
    'four lists of transactions': () => ({ lists: (lists) => lists.slice(0, 4) }),
    'four sections': () => ({ signedSections: (sections) => sections.slice(0, 4) }),
  },
  WRONG_SECTIONS_ROOT: { 'a root of other sections': () => ({ header: { sectionsRoot: OTHER_HASH } }) },
  WRONG_LAST_CERTIFICATE: {
    'no certificate of its parent': () => ({ body: { lastCertificate: [] } }),
    'a hash of another certificate': () => ({ header: { lastCertificateHash: OTHER_HASH } }),
    'a certificate with one seal too few': ({ world, certificate }) => ({
      body: { lastCertificate: [dropSeal(certificate, world.validators.length)] },
    }),
    'a certificate in which one seal counts twice': ({ certificate }) => ({
      body: {
        lastCertificate: [
          { ...certificate, seals: [certificate.seals[0], ...certificate.seals.slice(0, -1)] as string[] },
        ],
      },
    }),
    'a certificate with more seals than signers': ({ certificate }) => ({
      body: {
        lastCertificate: [{ ...certificate, seals: [...certificate.seals, certificate.seals[0] as string] }],
      },
    }),
    'a certificate of another block': ({ certificate }) => ({
      body: { lastCertificate: [{ ...certificate, blockHash: OTHER_HASH }] },
    }),
    'a certificate of another height': ({ certificate }) => ({
      body: { lastCertificate: [{ ...certificate, height: 2 }] },
    }),
    'a certificate whose round the seals do not cover': ({ certificate }) => ({
      body: { lastCertificate: [{ ...certificate, round: 1 }] },
    }),
  },
  WRONG_EVIDENCE_ROOT: {
    'a root of evidence that is not there': () => ({ header: { evidenceRoot: OTHER_HASH } }),
  },
  MALFORMED_EVIDENCE: {
    'evidence that does not decode': withEvidence(() => [
      { kind: 'commit', first: Uint8Array.of(1), second: Uint8Array.of(2) },
    ]),
    'evidence of another offence than its kind says': withEvidence((scene) => [
      { ...evidenceAgainst(offender(scene, 0), 'round-change'), kind: 'prepare' },
    ]),
  },
  EVIDENCE_NOT_CANONICAL: {
    'evidence with its statements in each other’s place': withEvidence((scene) => {
      const { kind, first, second } = evidenceAgainst(offender(scene, 0), 'prepare');
      return [{ kind, first: second, second: first }];
    }),
  },
  EVIDENCE_NOT_CONTRADICTING: {
    'two votes for one block': withEvidence((scene) => {
      const vote = voteBytes(offender(scene, 0), 'prepare');
      return [{ kind: 'prepare', first: vote, second: vote }];
    }),
  },
  EVIDENCE_FROM_FUTURE: {
    'evidence about a height above the block': withEvidence((scene) => [
      evidenceAgainst(offender(scene, 0), 'prepare', 3),
    ]),
  },
  EVIDENCE_EXPIRED: {
    'evidence that is too old': withEvidence((scene) => [evidenceAgainst(offender(scene, 0), 'prepare', 0)]),
  },
  EVIDENCE_NOT_OF_VALIDATOR: {
    'evidence against somebody who is no validator': withEvidence(({ world }) => {
      const { address: id, keys: key } = world.alice;
      return [evidenceAgainst({ genesisHash: world.genesisHash, id, key }, 'prepare')];
    }),
  },
  EVIDENCE_ALREADY_APPLIED: {
    'evidence that the block before has applied': withEvidence((scene) => [
      evidenceAgainst(offender(scene, 3), 'commit'),
    ]),
  },
  EVIDENCE_WITHOUT_EFFECT: {
    'evidence against a validator that is jailed and cannot be slashed': withEvidence((scene) => [
      evidenceAgainst(offender(scene, 3), 'commit', 2),
    ]),
  },
  EVIDENCE_OUT_OF_ORDER: {
    'evidence in descending order': withEvidence((scene) => twoPieces(scene).reverse()),
    'two pieces of evidence about one answer': withEvidence((scene) => [
      evidenceAgainst(offender(scene, 0), 'prepare'),
      evidenceAgainst(offender(scene, 0), 'commit'),
    ]),
  },
  BAD_EVIDENCE_SIGNATURE: {
    'evidence that another validator signed': withEvidence((scene) => [
      evidenceAgainst({ ...offender(scene, 0), key: offender(scene, 1).key }, 'prepare'),
    ]),
    'evidence of another chain': withEvidence((scene) => [
      evidenceAgainst({ ...offender(scene, 0), genesisHash: OTHER_HASH }, 'prepare'),
    ]),
  },
  WRONG_SECTION_PLACE: {
    'two sections in each other’s place': () => ({
      signedSections: ([a, b, ...rest]) => [b, a, ...rest] as SignedSection[],
    }),
    'a section of another height': () => ({ sections: { economy: { height: 3 } } }),
    'a section on another parent': () => ({ sections: { economy: { parent: OTHER_HASH } } }),
  },
  EMPTY_SECTION_NOT_CANONICAL: {
    'an empty section with a miner': ({ world }) => ({
      sections: { docklock: { miner: world.producer(1).id } },
    }),
    'an empty section with another post state': () => ({ sections: { docklock: { post: OTHER_HASH } } }),
    'an empty section with a signature': () => ({
      signedSections: ([first, ...rest]) => [
        { ...first, signature: '01'.repeat(64) } as SignedSection,
        ...rest,
      ],
    }),
    'a mined section without transactions': () => ({ transactions: { economy: [] } }),
  },
  RANK_NOT_ELECTED: { 'a rank behind the proposer': () => ({ sections: { economy: { rank: 5 } } }) },
  WRONG_MINER: {
    'the rank of an elected miner that is another one': ({ world, node, block }) => {
      const elected = node.chain.ground.elected.economy;
      const { proposer } = block.block.header;
      assert.ok(world.validators.length > 1);
      return { sections: { economy: { rank: elected.findIndex((id) => id !== proposer) } } };
    },
    'a miner that is not the proposer': ({ world }) => ({
      sections: { economy: { miner: world.producer(2).id } },
    }),
  },
  BAD_SECTION_SIGNATURE: {
    'a section that another validator signed': ({ block }) => ({
      signedSections: (sections) =>
        sections.map((signed) =>
          signed.section.ledger === 'economy' ? { ...signed, signature: signatureOf(block, 3) } : signed,
        ),
    }),
  },
  WRONG_TRANSACTION_COUNT: {
    'one transaction less than the section says': () => ({
      lists: (lists) => lists.map((list, i) => (i === 4 ? list.slice(1) : list)),
    }),
    'a transaction in an empty section': ({ block }) => ({
      lists: (lists) => lists.map((list, i) => (i === 0 ? (block.transactions[4] ?? []) : list)),
    }),
  },
  WRONG_TRANSACTION_ROOT: {
    'transactions in another order than the section says': () => ({
      lists: (lists) => lists.map((list, i) => (i === 4 ? [...list].reverse() : list)),
    }),
  },
  BAD_TRANSACTION_SIGNATURE: {
    'a transaction that its sender did not sign': withOneMore(({ world }) => {
      const { body, auth } = world.transfer(3).value;
      return encodeTransaction({ body: { ...body, maxFee: body.maxFee + 1n }, auth });
    }),
    'a transaction of another chain': withOneMore(({ world }) => {
      const { body, auth } = world.transfer(3).value;
      return encodeTransaction({ body: { ...body, chainId: 1 }, auth });
    }),
  },
  WRONG_TRANSACTION_LEDGER: {
    'a transaction of another ledger': withOneMore(({ world }) => vote(world, 1)),
  },
  DUPLICATE_TRANSACTION: {
    'one transaction twice': withOneMore((scene) => transfers(scene)[0] as EncodedTransaction),
  },
  SECTION_TOO_LARGE: {
    'more operations than a section may hold': withOneMore(({ world }) => manyPayments(world, 3, 60)),
    'more gas than a section may use': withMore(({ world }) => [
      manyPayments(world, 3, 25),
      manyPayments(world, 4, 25),
    ]),
  },
  INADMISSIBLE_TRANSACTION: {
    'a nonce that was used': withOneMore(({ world }) => world.transfer(0, { amount: 7n })),
    'a nonce with a gap before it': withOneMore(({ world }) => world.transfer(4)),
    'a fee that its payer does not have': withOneMore(({ world }) =>
      world.transfer(3, { maxFee: 10n ** 15n }),
    ),
    'a deadline that is over': withOneMore(({ world, node }) =>
      world.transfer(3, { validUntilMs: node.chain.head.timeMs - 1 }),
    ),
    'an operation that nobody knows': withOneMore(({ world }) =>
      world.sign(world.alice, 3, [{ kind: 999, data: new Uint8Array(0) }]),
    ),
    'a ledger on which the sender cannot pay': ({ world, block }) => ({
      transactions: { docklock: [world.transfer(0, { ledger: 'docklock', maxFee: 10n ** 15n })] },
      sections: {
        docklock: { rank: economyRank(block), miner: block.block.header.proposer },
      },
    }),
  },
  WRONG_PRE_STATE: {
    'another state before a mined section': () => ({ sections: { economy: { pre: OTHER_HASH } } }),
    'another state before an empty section': () => ({
      sections: { docklock: { pre: OTHER_HASH, post: OTHER_HASH } },
    }),
  },
  WRONG_POST_STATE: {
    'another state after a section': () => ({ sections: { economy: { post: OTHER_HASH } } }),
  },
  WRONG_RECEIPT_ROOT: {
    'other receipts of a section': () => ({ sections: { economy: { receiptRoot: OTHER_HASH } } }),
  },
  WRONG_OUTBOX_ROOT: {
    'other messages of a section': () => ({ sections: { economy: { outboxRoot: OTHER_HASH } } }),
  },
  WRONG_CHARGE_ROOT: {
    'other charges of a section': () => ({ sections: { economy: { chargeRoot: OTHER_HASH } } }),
  },
  WRONG_WORK: {
    'more gas than a section used': (scene) => ({
      sections: { economy: { work: economySection(scene).work + 1 } },
    }),
  },
  BAD_PROOF: {
    'a proof with one flipped bit': (scene) => ({
      sections: { economy: { proof: flipLastBit(economySection(scene).proof) } },
    }),
    'a section without its proof': () => ({ sections: { economy: { proof: new Uint8Array(0) } } }),
    'a proof with a trailing byte': (scene) => ({
      sections: { economy: { proof: Uint8Array.of(...economySection(scene).proof, 0) } },
    }),
    'the proof of another ledger': (scene) => ({
      sections: { bpci: { proof: economySection(scene).proof } },
    }),
  },
  WRONG_RECEIPTS_ROOT: { 'another root of all receipts': () => ({ header: { receiptsRoot: OTHER_HASH } }) },
  WRONG_STATE_ROOT: { 'another state after the block': () => ({ header: { stateRoot: OTHER_HASH } }) },
};

function parentBeacon(world: ChainWorld, { chain }: ChainNode): string {
  const { header } = chain.head;
  assert.ok(header !== undefined && header.chainId === world.genesis.chainId);
  return header.beacon.output;
}

function dropSeal(certificate: Certificate, size: number): Certificate {
  const signers = certificate.signers.clone();
  const last = signers.getTrueBitIndexes().at(-1) as number;
  signers.set(last, false);
  assert.equal(signers.bitLen, size);
  return { ...certificate, signers, seals: certificate.seals.slice(0, -1) };
}

function signatureOf(block: CompleteBlock, index: number): string {
  return (block.block.body.sections[index] as SignedSection).signature;
}

function economyRank(block: CompleteBlock): number {
  const { rank } = (block.block.body.sections[4] as SignedSection).section;
  assert.notEqual(rank, EMPTY_RANK);
  return rank;
}

function flipLastBit(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  copy[copy.length - 1] = (copy[copy.length - 1] as number) ^ 1;
  return copy;
}

function manyPayments(world: ChainWorld, nonce: number, count: number): EncodedTransaction {
  return world.sign(
    world.alice,
    nonce,
    Array.from({ length: count }, () => world.payment(1n)),
  );
}

/** A vote that fails for want of a candidate; it stands in a block all the same. */
function vote(world: ChainWorld, nonce: number): EncodedTransaction {
  const voter = world.validators[0] as ChainWorld['validators'][number];
  const data = { candidate: world.bob.address, decision: 'admit' as const };
  return world.sign(voter.account, nonce, [encodeOperation(BPCI.operations.ValVote, data)], {
    ledger: 'bpci',
  });
}

async function makeScene(): Promise<Scene> {
  const world = new ChainWorld({
    parameters: {
      maxBlockBytes: 1_000_000,
      maxSectionOperations: 60,
      maxSectionGas: 18_000,
      evidenceMaxAgeHeights: 1,
      slashPpm: 0,
    },
  });
  const builder = await world.open();
  const node = await world.open();
  const { id, consensusKey } = world.producer(3);
  const offender = { genesisHash: world.genesisHash, id, key: consensusKey };
  await builder.chain.evidence.admit(evidenceAgainst(offender, 'proposal'), 'own');
  const first = await world.extend(builder, [node]);
  const certificate = builder.chain.head.certificate as Certificate;
  assert.equal(first.block.header.height, 1);
  for (let nonce = 0; nonce < 3; nonce++) await builder.pool.submit(world.transfer(nonce).bytes);
  await builder.pool.submit(vote(world, 0).bytes);
  world.clock.advance(1_000);
  return { world, node, block: builder.chain.build(world.producer(1)), certificate };
}

describe('Faults of a block', () => {
  let scene: Scene;

  before(async () => {
    scene = await makeScene();
  });

  const validate = (change: BlockChange) => {
    const { world, node, block } = scene;
    const remade = remakeBlock(block, world.producer(1).consensusKey, world.genesisHash, change);
    return node.chain.validate(remade, { reproposal: false });
  };

  it('does not find one in the block that all others are made of', async () => {
    assert.deepEqual(await validate({}), { valid: true });
  });

  for (const [fault, changes] of Object.entries(CHANGES))
    for (const [what, change] of Object.entries(changes))
      it(`refuses ${what} with ${fault}`, async () => {
        assert.deepEqual(await validate(change(scene)), { valid: false, reason: fault });
      });

  it('refuses a certificate in the first block, which has no parent to certify', async () => {
    const { world, certificate } = scene;
    const node = await world.open();
    const first = node.chain.build(world.producer(0));
    const remade = remakeBlock(first, world.producer(0).consensusKey, world.genesisHash, {
      body: { lastCertificate: [certificate] },
    });
    assert.deepEqual(await node.chain.validate(remade, { reproposal: false }), {
      valid: false,
      reason: 'WRONG_LAST_CERTIFICATE',
    });
  });

  it('refuses a beacon that another validator of the set proved for an empty block', async () => {
    const { world } = scene;
    const node = await world.open();
    const first = node.chain.build(world.producer(0));
    const remade = remakeBlock(first, world.producer(0).consensusKey, world.genesisHash, {
      header: { proposer: world.producer(1).id },
    });
    assert.deepEqual(await node.chain.validate(remade, { reproposal: false }), {
      valid: false,
      reason: 'BAD_BEACON',
    });
  });

  it('refuses a block with any byte of its beacon proof or output flipped', async () => {
    const { beacon } = scene.block.block.header;
    for (const field of ['proof', 'output'] as const)
      for (let at = 0; at < beacon[field].length / 2; at++) {
        const bytes = fromHex(beacon[field]);
        bytes[at] = (bytes[at] as number) ^ (1 << (at % 8));
        const verdict = await validate({ header: { beacon: { ...beacon, [field]: toHex(bytes) } } });
        assert.deepEqual(verdict, { valid: false, reason: 'BAD_BEACON' }, `byte ${at} of the ${field}`);
      }
  });

  it('says the same of a faulty block whenever it is asked', async () => {
    const change = { header: { stateRoot: OTHER_HASH } };
    assert.deepEqual(await validate(change), await validate(change));
  });

  it('finds the right body under a header hash that first came with a wrong one', async () => {
    const { world, node, block } = await makeScene();
    const wrong = remakeBlock(block, world.producer(1).consensusKey, world.genesisHash, {
      lists: (lists) => lists.map((list, i) => (i === 4 ? list.slice(1) : list)),
    });
    assert.equal(wrong.hash, block.hash);
    assert.deepEqual(await node.chain.validate(wrong, { reproposal: false }), {
      valid: false,
      reason: 'WRONG_TRANSACTION_COUNT',
    });
    assert.equal(node.chain.candidate(block.hash), undefined);
    assert.deepEqual(await node.chain.validate(block, { reproposal: false }), { valid: true });
  });
});
