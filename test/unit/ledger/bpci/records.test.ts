import assert from 'node:assert/strict';
import { sha256 } from '../../../../src/crypto/hash.ts';
import { channels } from '../../../../src/ledger/bpci/messages.ts';
import { BPCI } from '../../../../src/types/operations/bpci.ts';
import {
  type Anchor,
  type NodeMsg,
  nodeMessageSigningBytes,
} from '../../../../src/types/operations/bpci-records.ts';
import { encodeOperation } from '../../../../src/types/operations/catalog.ts';
import { statusName } from '../../../../src/types/operations/catalogs.ts';
import type { Receipt } from '../../../../src/types/receipt.ts';
import { decode } from '../../../../src/types/ssz.ts';
import { toHex, utf8 } from '../../../../src/util/bytes.ts';
import { LIMITS } from '../../../../src/util/limits.ts';
import { certificateOf } from '../../../support/foreign-chain.ts';
import { type Actor, actor, LedgerChain, testGenesis } from '../../../support/ledger-chain.ts';

const alice = actor('alice');
const bob = actor('bob');
const validators = ['v0', 'v1', 'v2', 'v3'].map(actor);

function newChain(): LedgerChain {
  return new LedgerChain(testGenesis({ validators, accounts: [alice, bob] }));
}

const statusOf = (receipt: Receipt): string => statusName('bpci', receipt.status);
const hashOfBlock = (height: number): string => toHex(sha256(utf8(`block ${height}`)));

/** Commits blocks up to `height`, each with the certificate of the one before, of which one validator is missing. */
function grow(chain: LedgerChain, height: number): void {
  while (chain.height < height) {
    const last = chain.height;
    const certificate =
      last === 0 ? undefined : certificateOf({ height: last, blockHash: hashOfBlock(last) }, 4, [1]);
    chain.block([], 1_000, certificate);
  }
}

describe('Anchor', () => {
  const anchor = (chain: LedgerChain, change: Partial<Anchor> = {}, sender: Actor = alice): Receipt => {
    const height = change.height ?? 3;
    const value = { height, blockHash: hashOfBlock(height), target: 'bitcoin', reference: 'tx 1', ...change };
    return chain.run(sender, 'bpci', [encodeOperation(BPCI.operations.Anchor, value)]);
  };

  it('records where a final header was written, with the seals that counted for it', () => {
    const chain = newChain();
    grow(chain, 5);
    const receipt = anchor(chain);
    assert.equal(statusOf(receipt), 'OK');
    const event = decode(BPCI.events.Anchored.type, receipt.events[0]?.data as Uint8Array, 'Anchored');
    assert.deepEqual([event.height, event.by, event.seals, event.validators], [3, alice.address, 3, 4]);
  });

  it('is possible two blocks after the header, when its certificate counts, and not before', () => {
    const chain = newChain();
    grow(chain, 5);
    assert.equal(statusOf(anchor(chain, { height: 5 })), 'ANCHOR_NOT_FINAL');
    assert.equal(statusOf(anchor(chain, { height: 4 })), 'OK');
    assert.equal(statusOf(anchor(chain, { height: 900 })), 'ANCHOR_NOT_FINAL');
  });

  it('refuses another hash, a target without a name, a reference without content, and a second one', () => {
    const chain = newChain();
    grow(chain, 5);
    assert.equal(statusOf(anchor(chain, { blockHash: hashOfBlock(2) })), 'ANCHOR_WRONG_HASH');
    for (const target of ['', 'Bitcoin', 'a/b', '-a'])
      assert.equal(statusOf(anchor(chain, { target })), 'ANCHOR_TARGET_INVALID', target);
    assert.equal(statusOf(anchor(chain, { reference: '' })), 'ANCHOR_REFERENCE_EMPTY');
    assert.equal(statusOf(anchor(chain)), 'OK');
    assert.equal(statusOf(anchor(chain)), 'ANCHOR_EXISTS');
    assert.equal(statusOf(anchor(chain, { target: 'ethereum' })), 'OK');
    assert.equal(statusOf(anchor(chain, {}, bob)), 'OK', 'nobody takes the place of another');
  });

  it('is too late for a header beyond the window', () => {
    const chain = newChain();
    grow(chain, LIMITS.certificateWindow + 4);
    assert.equal(statusOf(anchor(chain, { height: 3 })), 'ANCHOR_TOO_OLD');
    assert.equal(statusOf(anchor(chain, { height: 4 })), 'OK');
  });
});

describe('NodeMsg', () => {
  const [source, other] = [actor('node'), actor('other node')].map(({ consensus }) => consensus);
  if (source === undefined || other === undefined) throw new Error('no keys');
  const service = 'aa'.repeat(32);
  const message = (chain: LedgerChain, change: Partial<NodeMsg> = {}, signer = source): NodeMsg => {
    const header = {
      source: source.publicKey,
      destination: other.publicKey,
      service,
      nonce: 1n,
      frameHash: 'bb'.repeat(32),
      ...change,
    };
    return { ...header, signature: signer.sign(nodeMessageSigningBytes(chain.genesisHash, header)) };
  };
  const send = (chain: LedgerChain, value: NodeMsg, carrier: Actor = alice): Receipt =>
    chain.run(carrier, 'bpci', [encodeOperation(BPCI.operations.NodeMsg, value)]);

  it('is recorded for whoever carries it, and counted on its channel', () => {
    const chain = newChain();
    assert.equal(statusOf(send(chain, message(chain))), 'OK');
    const receipt = send(chain, message(chain, { nonce: 2n }), bob);
    const event = decode(BPCI.events.MessageRecorded.type, receipt.events[0]?.data as Uint8Array, 'event');
    assert.deepEqual([event.nonce, event.messages, event.carrier], [2n, 2, bob.address]);
  });

  it('has a nonce that grows strictly, by any step, along source and service', () => {
    const chain = newChain();
    const nonceStatus = (nonce: bigint, change: Partial<NodeMsg> = {}) =>
      statusOf(send(chain, message(chain, { nonce, ...change })));
    assert.equal(nonceStatus(0n), 'MESSAGE_NONCE_NOT_HIGHER');
    assert.equal(nonceStatus(5n), 'OK');
    assert.equal(nonceStatus(5n), 'MESSAGE_NONCE_NOT_HIGHER');
    assert.equal(nonceStatus(4n, { frameHash: 'cc'.repeat(32) }), 'MESSAGE_NONCE_NOT_HIGHER');
    assert.equal(nonceStatus(2n ** 64n - 1n), 'OK');
    assert.equal(nonceStatus(1n, { service: 'dd'.repeat(32) }), 'OK', 'another channel');
    assert.equal(channels.get(chain.state.reader('bpci'), source.publicKey, service)?.nonce, 2n ** 64n - 1n);
  });

  it('needs the signature of its source over exactly this message on this chain', () => {
    const chain = newChain();
    const good = message(chain);
    const cases: NodeMsg[] = [
      message(chain, {}, other),
      { ...good, frameHash: 'ee'.repeat(32) },
      { ...good, destination: actor('third').consensus.publicKey },
      { ...good, signature: '00'.repeat(64) },
      { ...good, signature: source.sign(nodeMessageSigningBytes('00'.repeat(32), good)) },
    ];
    for (const value of cases) assert.equal(statusOf(send(chain, value)), 'MESSAGE_SIGNATURE_WRONG');
    assert.equal(
      statusOf(send(chain, message(chain, { destination: source.publicKey }))),
      'MESSAGE_TO_ITSELF',
    );
    assert.equal(statusOf(send(chain, good)), 'OK');
  });
});
