import assert from 'node:assert/strict';
import { blockBytes, type CompleteBlock } from '../../../src/chain/complete-block.ts';
import type { Network } from '../../../src/network/contract.ts';
import { proposalOf } from '../../../src/types/block.ts';
import { encodeOperation } from '../../../src/types/operations/catalog.ts';
import { ECONOMY } from '../../../src/types/operations/economy.ts';
import type { EncodedTransaction } from '../../../src/types/transaction.ts';
import { LIMITS } from '../../../src/util/limits.ts';
import { silentLogger } from '../../../src/util/logger.ts';
import { BlockFetcher } from '../../../src/validator/block-fetcher.ts';
import { type ChainNode, ChainWorld } from '../../support/chain.ts';
import { ScriptedNetwork } from '../../support/scripted-network.ts';

const OPERATIONS = 200;

describe('Fetching what proposals and sections name', () => {
  let world: ChainWorld;
  let node: ChainNode;
  let fetcher: BlockFetcher;

  beforeEach(async () => {
    world = new ChainWorld();
    node = await world.open();
  });
  afterEach(() => fetcher.forgetBelow(2));

  function fetchFrom(answers: Partial<Network>): void {
    const { chain, pool } = node;
    const network = { ...new ScriptedNetwork().port, validatorPeer: () => 'a peer', ...answers };
    fetcher = new BlockFetcher({ chain, pool, network, logger: silentLogger });
  }

  const idOf = (number: number) => number.toString(16).padStart(64, '0');

  /** A proposal on the head, whose only section names transactions that nobody has. */
  function unavailable(number: number) {
    const complete = node.chain.build(world.producer(0));
    const proposal = { ...proposalOf(complete.block), transactionIds: [[idOf(number)]] };
    return { hash: idOf(number), proposal };
  }

  function largeTransaction(nonce: number): EncodedTransaction {
    const operation = encodeOperation(ECONOMY.operations.Transfer, {
      to: world.bob.address,
      token: 'FLX',
      amount: 1n,
      reference: 'r'.repeat(64),
    });
    return world.sign(
      world.alice,
      nonce,
      Array.from({ length: OPERATIONS }, () => operation),
    );
  }

  it('J03 stops at the first transaction that is more than a section may hold', async () => {
    const bytesOfOne = largeTransaction(0).bytes.length;
    const room = Math.floor(world.genesis.parameters.maxSectionBytes / bytesOfOne);
    const byId = new Map<string, EncodedTransaction>();
    for (let nonce = 0; nonce < room + 20; nonce++) {
      const transaction = largeTransaction(nonce);
      byId.set(transaction.id, transaction);
    }
    let served = 0;
    fetchFrom({
      // Two at a time, as few as fit into an answer.
      fetchTransactions: async (ids) => {
        const answer = ids.slice(0, 2).map((id) => (byId.get(id) as EncodedTransaction).bytes);
        served += answer.length;
        return answer;
      },
    });
    const { id } = world.producer(1);
    assert.equal(await fetcher.ofSection(1, [...byId.keys()], id), undefined);
    assert.ok(served > room && served <= room + 2, `${served}`);

    served = 0;
    const complete = node.chain.build(world.producer(0));
    const ids = [...byId.keys()].slice(0, room);
    const good = { ...proposalOf(complete.block), transactionIds: [ids] };
    const fetched = await fetcher.complete(1, { hash: complete.hash, proposal: good });
    assert.ok(typeof fetched !== 'string');
    assert.deepEqual(
      fetched.transactions[0]?.map((transaction) => transaction.id),
      ids,
    );
    const bad = { ...good, transactionIds: [[...byId.keys()]] };
    assert.equal(await fetcher.complete(1, { hash: idOf(1), proposal: bad }), 'SECTION_TOO_LARGE');
  });

  it('asks nobody for what is here and is still being checked', async () => {
    const transaction = world.transfer(0);
    let asked = 0;
    fetchFrom({
      fetchTransactions: async () => {
        asked++;
        return [];
      },
    });
    const admitted = node.pool.admit(transaction, 'gossip');
    const transactions = await fetcher.ofSection(1, [transaction.id], world.producer(1).id);
    assert.deepEqual(
      transactions?.map(({ id }) => id),
      [transaction.id],
    );
    assert.equal(asked, 0);
    await admitted;
  });

  it('asks the author first, also after it waited for what is being checked', async () => {
    const [own, missing] = [world.transfer(0), largeTransaction(1)];
    const asked: unknown[] = [];
    fetchFrom({
      fetchTransactions: async (_ids, target) => {
        asked.push(target);
        return [missing.bytes];
      },
    });
    const admitted = node.pool.admit(own, 'gossip');
    const author = world.producer(2).id;
    const transactions = await fetcher.ofSection(1, [own.id, missing.id], author);
    assert.deepEqual(
      transactions?.map(({ id }) => id),
      [own.id, missing.id],
    );
    assert.deepEqual(asked, [{ validator: author }]);
    await admitted;
  });

  it('L06 asks for the whole block where nobody has its transactions by themselves', async () => {
    const other = await world.open();
    await other.pool.submit(world.transfer(0).bytes);
    const complete = other.chain.build(world.producer(1));
    const asked: string[] = [];
    fetchFrom({
      fetchTransactions: async () => [],
      fetchBlock: async (hash) => {
        asked.push(hash);
        return asked.length < 3 ? undefined : blockBytes(complete);
      },
    });
    const found = await fetcher.complete(1, { hash: complete.hash, proposal: proposalOf(complete.block) });
    assert.ok(typeof found === 'object');
    assert.deepEqual(blockBytes(found), blockBytes(complete));
    assert.deepEqual(asked, Array(3).fill(complete.hash));
    assert.equal(node.chain.candidate(complete.hash)?.hash, complete.hash);
  });

  it('J03 asks only for the latest proposals of a height that does not end', async () => {
    fetchFrom({});
    const beyond = 3;
    const outcomes = Array.from({ length: LIMITS.maxUndecidedBlocks + beyond }, (_, number) =>
      fetcher.complete(1, unavailable(number)),
    );
    const displaced = await Promise.all(outcomes.slice(0, beyond));
    assert.deepEqual(new Set(displaced), new Set(['DISPLACED']));
    fetcher.forgetBelow(2);
    const over = await Promise.all(outcomes.slice(beyond));
    assert.deepEqual(new Set(over), new Set(['HEIGHT_OVER']));
  });

  it('goes on with one fetch, however often a proposal is asked for, and begins anew after it was displaced', async () => {
    let requests = 0;
    fetchFrom({
      fetchTransactions: async () => {
        requests++;
        return [];
      },
    });
    const first = fetcher.complete(1, unavailable(0));
    assert.equal(fetcher.complete(1, unavailable(0)), first);
    for (let number = 1; number <= LIMITS.maxUndecidedBlocks; number++)
      void fetcher.complete(1, unavailable(number));
    const again = fetcher.complete(1, unavailable(0));
    assert.notEqual(again, first);
    assert.equal(await first, 'DISPLACED');
    assert.equal(fetcher.complete(1, unavailable(0)), again, 'the end of the first leaves the second alone');
    assert.ok(requests > 0);
  });

  it('asks for a block by its hash once at a time, and those who were named last', async () => {
    const other = await world.open();
    const complete: CompleteBlock = other.chain.build(world.producer(0));
    const asked: unknown[] = [];
    fetchFrom({
      fetchBlock: async (_hash, from) => {
        const validator = 'validator' in from ? from.validator : undefined;
        asked.push(validator);
        return validator === 'honest' ? blockBytes(complete) : undefined;
      },
    });
    const fetched = fetcher.byHash(1, complete.hash, ['liar']);
    for (let time = 0; time < 10; time++)
      assert.equal(await fetcher.byHash(1, complete.hash, ['honest']), undefined);
    assert.equal((await fetched)?.hash, complete.hash);
    assert.deepEqual(asked, ['liar', 'honest']);
  });
});
