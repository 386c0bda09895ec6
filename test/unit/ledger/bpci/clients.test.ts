import assert from 'node:assert/strict';
import { clientHeader, clients } from '../../../../src/ledger/bpci/clients.ts';
import { signatureGas } from '../../../../src/ledger/gas-table.ts';
import { type BlockHeader, hashHeader } from '../../../../src/types/block.ts';
import type { LightBlock } from '../../../../src/types/light-block.ts';
import { BPCI } from '../../../../src/types/operations/bpci.ts';
import { type ClientMisbehaviour, clientId } from '../../../../src/types/operations/bpci-clients.ts';
import { encodeOperation } from '../../../../src/types/operations/catalog.ts';
import { statusName } from '../../../../src/types/operations/catalogs.ts';
import type { Receipt } from '../../../../src/types/receipt.ts';
import { decode } from '../../../../src/types/ssz.ts';
import { LIMITS } from '../../../../src/util/limits.ts';
import { validatorGroup } from '../../../support/certified-chain.ts';
import { ForeignChain, sealedHeader } from '../../../support/foreign-chain.ts';
import { actor, LedgerChain, testGenesis } from '../../../support/ledger-chain.ts';

const alice = actor('alice');
const bob = actor('bob');
const PERIOD_MS = 60_000;
const foreign = new ForeignChain();

function newChain(): LedgerChain {
  return new LedgerChain(testGenesis({ validators: [actor('v0')], accounts: [alice, bob] }));
}

const statusOf = (receipt: Receipt): string => statusName('bpci', receipt.status);

function create(chain: LedgerChain, block: LightBlock, change: object = {}): Receipt {
  const value = { genesisHash: foreign.genesisHash, trustingPeriodMs: PERIOD_MS, block, ...change };
  return chain.run(alice, 'bpci', [encodeOperation(BPCI.operations.ClientCreate, value)]);
}

const updateOperation = (client: string, block: LightBlock) =>
  encodeOperation(BPCI.operations.ClientUpdate, { client, block });

function update(chain: LedgerChain, client: string, block: LightBlock): string {
  return statusOf(chain.run(bob, 'bpci', [updateOperation(client, block)]));
}

function misbehaviour(
  chain: LedgerChain,
  client: string,
  first: LightBlock,
  second: LightBlock,
  change: Partial<ClientMisbehaviour> = {},
): Receipt {
  const value = {
    client,
    validators: first.validators,
    first: sealedHeader(first),
    second: sealedHeader(second),
    ...change,
  };
  return chain.run(bob, 'bpci', [encodeOperation(BPCI.operations.ClientMisbehaviour, value)]);
}

/** A chain with a client that was created at a height of the foreign chain. */
function withClient(height = 2, other: ForeignChain = foreign): { chain: LedgerChain; client: string } {
  const chain = newChain();
  const receipt = create(chain, other.lightBlock(height), { genesisHash: other.genesisHash });
  assert.equal(statusOf(receipt), 'OK');
  const event = decode(
    BPCI.events.ClientCreated.type,
    receipt.events[0]?.data as Uint8Array,
    'ClientCreated',
  );
  return { chain, client: event.client };
}

describe('ClientCreate', () => {
  it('begins at a final block, under a name that follows from who made it and when', () => {
    const { chain, client } = withClient(2);
    const { header } = foreign.lightBlock(2);
    assert.equal(
      client,
      clientId({
        creator: alice.address,
        nonce: 0n,
        operation: 0,
        genesisHash: foreign.genesisHash,
        blockHash: hashHeader(header),
      }),
    );
    const own = chain.state.reader('bpci');
    assert.deepEqual(clients.get(own, client)?.heights, [{ height: 2 }]);
    assert.equal(clientHeader(own, client, 2).stateRoot, header.stateRoot);
  });

  it('charges gas for every seal, known before the transaction is executed', () => {
    const chain = newChain();
    const gasOf = (count: number) => create(chain, foreign.variant(2, {}, count)).gas;
    const bytes = 64;
    assert.equal(gasOf(4) - gasOf(3), signatureGas([1]) + bytes);
  });

  it('refuses a block that is not final: too few seals, a wrong seal, a certificate of another block or set', () => {
    const good = foreign.lightBlock(2);
    const { certificate } = good;
    const [first, ...others] = certificate.seals as [string, ...string[]];
    const cases: [LightBlock, string][] = [
      [foreign.variant(2, {}, 2), 'CERTIFICATE_BELOW_QUORUM'],
      [{ ...good, certificate: { ...certificate, seals: others } }, 'CERTIFICATE_SEAL_COUNT'],
      [
        { ...good, certificate: { ...certificate, seals: [first.replace(/^../, 'ee'), ...others] } },
        'CERTIFICATE_BAD_SEAL',
      ],
      [{ ...good, certificate: { ...certificate, round: 1 } }, 'CERTIFICATE_BAD_SEAL'],
      [{ ...good, header: { ...good.header, stateRoot: 'ff'.repeat(32) } }, 'CERTIFICATE_OF_OTHER_BLOCK'],
      [{ ...good, certificate: foreign.lightBlock(3).certificate }, 'CERTIFICATE_OF_OTHER_BLOCK'],
      [{ ...good, validators: good.validators.toReversed() }, 'VALIDATORS_NOT_OF_HEADER'],
      [{ ...good, validators: [] }, 'VALIDATORS_NOT_OF_HEADER'],
      [new ForeignChain([validatorGroup(60, 4)]).lightBlock(2), 'CERTIFICATE_BAD_SEAL'],
      [foreign.variant(2, { version: 2 }), 'HEADER_VERSION_UNKNOWN'],
    ];
    const chain = newChain();
    for (const [block, expected] of cases) assert.equal(statusOf(create(chain, block)), expected);
  });

  it('refuses this chain itself, a period without sense, and a header that is too old or from the future', () => {
    const chain = newChain();
    const block = foreign.lightBlock(2);
    const at = (timeMs: number) => ({ block: foreign.variant(2, { timeMs }) });
    const comesTo = (change: object, expected: string) =>
      assert.equal(statusOf(create(chain, block, change)), expected);
    comesTo({ genesisHash: chain.genesisHash }, 'CLIENT_OF_THIS_CHAIN');
    comesTo({ trustingPeriodMs: 0 }, 'TRUSTING_PERIOD_INVALID');
    comesTo({ trustingPeriodMs: LIMITS.maxTrustingPeriodMs + 1 }, 'TRUSTING_PERIOD_INVALID');
    const { emptyBlockIntervalMs, maxClockDriftMs } = chain.genesis.parameters;
    const ahead = emptyBlockIntervalMs + maxClockDriftMs;
    comesTo(at(chain.timeMs + ahead + 1), 'HEADER_FROM_FUTURE');
    comesTo(at(chain.timeMs - PERIOD_MS), 'HEADER_TOO_OLD');
    comesTo(at(chain.timeMs + ahead), 'OK');
    comesTo(at(chain.timeMs - PERIOD_MS + 1), 'OK');
  });
});

describe('ClientUpdate', () => {
  it('takes the next block, and one further on under the same validators, from anyone', () => {
    const { chain, client } = withClient(2);
    assert.equal(update(chain, client, foreign.lightBlock(3)), 'OK');
    assert.equal(update(chain, client, foreign.lightBlock(9)), 'OK');
    const heights = clients.get(chain.state.reader('bpci'), client)?.heights.map(({ height }) => height);
    assert.deepEqual(heights, [2, 3, 9]);
  });

  it('refuses a forged header, a quorum less one, and whatever does not follow', () => {
    const { chain, client } = withClient(4);
    const forged = foreign.lightBlock(5);
    const stranger = new ForeignChain([validatorGroup(60, 4)]).lightBlock(6);
    const cases: [LightBlock, string][] = [
      [{ ...forged, header: { ...forged.header, stateRoot: 'ee'.repeat(32) } }, 'CERTIFICATE_OF_OTHER_BLOCK'],
      [foreign.variant(5, {}, 2), 'CERTIFICATE_BELOW_QUORUM'],
      [stranger, 'VALIDATORS_NOT_TRUSTED'],
      [foreign.variant(5, { chainId: 1 }), 'HEADER_WRONG_CHAIN'],
      [foreign.lightBlock(4), 'HEADER_NOT_NEWER'],
      [foreign.lightBlock(3), 'HEADER_NOT_NEWER'],
      [foreign.variant(5, { parentHash: 'dd'.repeat(32) }), 'HEADER_WRONG_PARENT'],
      [foreign.variant(6, { timeMs: foreign.lightBlock(4).header.timeMs }), 'HEADER_TIME_NOT_LATER'],
      [foreign.variant(6, { timeMs: chain.timeMs + 60_000 }), 'HEADER_FROM_FUTURE'],
    ];
    for (const [block, expected] of cases) assert.equal(update(chain, client, block), expected);
    assert.equal(update(chain, 'ab'.repeat(32), forged), 'CLIENT_UNKNOWN');
    assert.equal(update(chain, client, foreign.lightBlock(5)), 'OK', 'the refusals left no trace');
  });

  it('follows a change of the validators only over the header that makes it', () => {
    const [old, middle, last] = [validatorGroup(70, 4), validatorGroup(80, 3), validatorGroup(90, 5)];
    // V(1..4) = old, V(5..6) = middle, V(7...) = last: headers 4 and 6 are the links.
    const moving = new ForeignChain([old, old, old, old, middle, middle, last]);
    const { chain, client } = withClient(2, moving);
    assert.equal(update(chain, client, moving.lightBlock(5)), 'VALIDATORS_NOT_TRUSTED');
    assert.equal(update(chain, client, moving.lightBlock(8)), 'VALIDATORS_NOT_TRUSTED');
    const walk = [4, 6, 8].map((height) => updateOperation(client, moving.lightBlock(height)));
    assert.equal(statusOf(chain.run(bob, 'bpci', walk)), 'OK', 'the whole walk in one transaction');
    assert.equal(update(chain, client, moving.lightBlock(9)), 'OK');
  });

  it('ends with the trusting period, counted in rule time from the last header', () => {
    const { chain, client } = withClient(2);
    chain.block([], PERIOD_MS - 3_000);
    assert.equal(update(chain, client, foreign.lightBlock(3)), 'OK', 'just in time');
    chain.block([], 4_000);
    assert.equal(update(chain, client, foreign.lightBlock(4)), 'CLIENT_EXPIRED');
  });

  it('keeps a bounded number of headers, the newest', () => {
    const kept = LIMITS.maxClientHeaders;
    const many = new ForeignChain(undefined, kept + 3);
    const { chain, client } = withClient(1, many);
    chain.block([], 50_000);
    for (let height = 2; height <= kept + 3; height++)
      assert.equal(update(chain, client, many.lightBlock(height)), 'OK', `height ${height}`);
    const own = chain.state.reader('bpci');
    const heights = clients.get(own, client)?.heights.map(({ height }) => height);
    assert.deepEqual([heights?.length, heights?.[0], heights?.at(-1)], [kept, 4, kept + 3]);
    assert.equal([...chain.state.scan('bpci', `client-header/${client}/`)].length, kept);
  });
});

describe('ClientMisbehaviour', () => {
  const change: Partial<BlockHeader> = { stateRoot: 'cc'.repeat(32) };

  it('freezes a client by two final headers of one height, whether or not it holds one of them', () => {
    for (const height of [4, 7]) {
      const { chain, client } = withClient(4);
      const receipt = misbehaviour(
        chain,
        client,
        foreign.lightBlock(height),
        foreign.variant(height, change),
      );
      assert.equal(statusOf(receipt), 'OK');
      const event = decode(BPCI.events.ClientFrozen.type, receipt.events[0]?.data as Uint8Array, 'event');
      assert.deepEqual(event, {
        client,
        height,
        first: hashHeader(foreign.lightBlock(height).header),
        second: hashHeader(foreign.variant(height, change).header),
      });
      assert.equal(update(chain, client, foreign.lightBlock(9)), 'CLIENT_FROZEN');
      const again = misbehaviour(chain, client, foreign.lightBlock(height), foreign.variant(height, change));
      assert.equal(statusOf(again), 'CLIENT_FROZEN');
    }
  });

  it('needs two different headers of one height of that chain, both final under validators that the client trusts', () => {
    const { chain, client } = withClient(4);
    const good = foreign.lightBlock(6);
    const group = validatorGroup(60, 4);
    const strange = new ForeignChain([group]);
    const cases: [LightBlock, LightBlock, string][] = [
      [good, good, 'HEADERS_NOT_CONFLICTING'],
      [good, foreign.lightBlock(7), 'HEADERS_NOT_CONFLICTING'],
      [good, foreign.variant(6, { ...change, chainId: 1 }), 'HEADER_WRONG_CHAIN'],
      [good, foreign.variant(6, change, 2), 'CERTIFICATE_BELOW_QUORUM'],
      [foreign.variant(6, change, 2), good, 'CERTIFICATE_BELOW_QUORUM'],
      [good, { ...foreign.variant(6, change), certificate: good.certificate }, 'CERTIFICATE_OF_OTHER_BLOCK'],
      [good, strange.variant(6, change), 'VALIDATORS_NOT_OF_HEADER'],
      [strange.lightBlock(6), strange.variant(6, change), 'VALIDATORS_NOT_TRUSTED'],
    ];
    for (const [first, second, expected] of cases)
      assert.equal(statusOf(misbehaviour(chain, client, first, second)), expected);
    assert.equal(update(chain, client, good), 'OK', 'the client is still alive');
  });

  it('may not be told by validators whom the client no longer trusts', () => {
    const { chain, client } = withClient(4);
    chain.block([], PERIOD_MS + 3_000);
    const receipt = misbehaviour(chain, client, foreign.lightBlock(6), foreign.variant(6, change));
    assert.equal(statusOf(receipt), 'VALIDATORS_NOT_TRUSTED');
  });
});
