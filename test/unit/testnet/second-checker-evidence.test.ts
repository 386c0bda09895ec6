import assert from 'node:assert/strict';
import { balanceAccount, TREASURY } from '../../../src/ledger/economy/account.ts';
import { amountOf } from '../../../src/ledger/economy/books.ts';
import { BPCI } from '../../../src/types/operations/bpci.ts';
import { encodeOperation } from '../../../src/types/operations/catalog.ts';
import { decodeTransaction } from '../../../src/types/transaction.ts';
import { Books } from '../../../testnet/second-checker-books.ts';
import type { ExportedBlock } from '../../../testnet/second-checker-export.ts';
import { Replay } from '../../../testnet/second-checker-replay.ts';
import { evidenceAgainst } from '../../support/evidence.ts';
import { ExportedChain } from '../../support/exported-chain.ts';
import { remakeBlock } from '../../support/remake-block.ts';

const JAILED = 3;

async function open() {
  const chain = await ExportedChain.open();
  const { world, node } = chain;
  const { id, consensusKey: key } = world.producer(JAILED);
  const offender = { genesisHash: world.genesisHash, id, key };
  const replay = new Replay(world.genesis);
  const books = new Books(world.genesis);
  const apply = (exported: ExportedBlock) => {
    const senders = new Map(
      exported.block.transactions.flat().map((bytes) => {
        const { id: txId, value } = decodeTransaction(bytes);
        return [txId, value.body.sender];
      }),
    );
    books.apply(exported.receipts, (txId) => senders.get(txId) ?? '');
    return replay.apply(exported).map(({ what }) => what);
  };
  return { chain, world, node, offender, replay, books, apply };
}

describe('the second checker of a chain with evidence', () => {
  it('agrees with it, and books what was slashed and what is paid back of the bond', async () => {
    const { chain, world, node, offender, books, apply } = await open();
    const economy = node.chain.state.reader('economy');
    const treasury = amountOf(economy, TREASURY, 'GEN');
    assert.deepEqual(apply(await chain.block()), []);
    await node.chain.evidence.admit(evidenceAgainst(offender, 'commit'), 'own');
    const exported = await chain.block([world.payment(1n)]);
    assert.equal(exported.block.body.evidence.length, 1);
    assert.deepEqual(apply(exported), []);
    assert.ok(amountOf(economy, TREASURY, 'GEN') > treasury);

    const { account } = world.validators[JAILED] as (typeof world.validators)[number];
    const leave = encodeOperation(BPCI.operations.ValLeave, { validator: offender.id });
    await node.pool.submit(world.sign(account, 0, [leave], { ledger: 'bpci' }).bytes);
    const before = amountOf(economy, balanceAccount(offender.id), 'GEN');
    for (let blocks = 0; blocks < 9; blocks++) assert.deepEqual(apply(await chain.block()), []);
    const after = amountOf(economy, balanceAccount(offender.id), 'GEN');
    assert.ok(after > before, 'the bond is back');
    assert.equal(books.balance(offender.id, 'GEN'), after);
    assert.equal(books.held('GEN'), books.supply('GEN'));
    assert.deepEqual(books.faults, []);
  });

  it('finds evidence that proves nothing under a header that all validators have sealed', async () => {
    const { chain, world, node, offender, apply } = await open();
    const validators = node.chain.validators;
    const exported = await chain.block();
    const proposer = world.identity(exported.block.header.proposer);
    const forged = evidenceAgainst({ ...offender, key: world.producer(0).consensusKey }, 'commit');
    const complete = remakeBlock(chain.last, proposer.consensus, world.genesisHash, {
      body: { evidence: [forged] },
    });
    const remade = { ...exported, block: complete.block, certificate: world.certify(complete, validators) };
    const found = apply(remade);
    assert.ok(found.includes('evidence: a signature'));
    assert.ok(found.includes('stateRoot'), 'the state that the header claims jails nobody');
  });
});
