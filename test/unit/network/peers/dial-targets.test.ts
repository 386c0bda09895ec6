import assert from 'node:assert/strict';
import { generateKeyPair } from '@libp2p/crypto/keys';
import { peerIdFromPrivateKey } from '@libp2p/peer-id';
import { type DialTargetsDeps, missingTargets } from '../../../../src/network/peers/dial-targets.ts';
import type { PeerBook } from '../../../../src/network/peers/peer-book.ts';
import type { PeerTable } from '../../../../src/network/peers/peer-table.ts';
import type { PeerRecord } from '../../../../src/types/network.ts';

describe('whom a node dials', () => {
  let peerIds: string[];

  before(async () => {
    peerIds = await Promise.all(
      Array.from({ length: 21 }, async () =>
        peerIdFromPrivateKey(await generateKeyPair('Ed25519')).toString(),
      ),
    );
  });

  interface Situation {
    readonly validators?: number;
    readonly isValidator?: boolean;
    /** Indexes of nodes: whose records are known, who is connected, who proposes next. */
    readonly known?: readonly number[];
    readonly connected?: readonly number[];
    readonly speakNext?: readonly number[];
    readonly bootnodes: readonly number[];
  }

  const nameOf = (index: number) => `validator-${String(index).padStart(2, '0')}`;
  const addressOf = (index: number) => `/ip4/127.0.0.1/tcp/${4101 + index}/p2p/${peerIds[index]}`;

  /** The targets of node 20, by index, the urgent ones apart. */
  function targetsOf(situation: Situation) {
    const { validators = 21, isValidator = true, known = [], connected = [], speakNext = [] } = situation;
    const recordOf = (index: number) =>
      ({
        body: { peerId: peerIds[index], addresses: [addressOf(index)], bindings: [] },
      }) as unknown as PeerRecord;
    const indexOf = (peerId: string) => peerIds.indexOf(peerId);
    const book = {
      validators: Array.from({ length: validators }, (_, index) => nameOf(index)),
      get: (peerId: string) => (known.includes(indexOf(peerId)) ? recordOf(indexOf(peerId)) : undefined),
      validatorOf: ({ body }: PeerRecord) => nameOf(indexOf(body.peerId)),
      recordsOf: (validator: string) =>
        known.filter((index) => nameOf(index) === validator).map((index) => recordOf(index)),
      recordsOfKey: () => [],
    } as unknown as PeerBook;
    const peers = {
      get: (peerId: string) => (connected.includes(indexOf(peerId)) ? {} : undefined),
      all: [],
      connectedValidators: new Set(connected.map(nameOf)),
    } as unknown as PeerTable;
    const deps: DialTargetsDeps = {
      bootnodes: situation.bootnodes.map(addressOf),
      book,
      peers,
      ownRecord: () => recordOf(20),
      isValidator: () => isValidator,
      speakNext: () => speakNext.map(nameOf),
      isReportedConnected: () => false,
      isWanted: () => true,
      monotonicMs: () => 0,
    };
    const targets = missingTargets(deps);
    const pick = (isUrgent: boolean) =>
      targets.filter((target) => target.isUrgent === isUrgent).map(({ key }) => indexOf(key));
    return { urgent: pick(true), others: pick(false), targets };
  }

  it('of many validators each dials one boot node at once, and the others in its place', () => {
    const { urgent, others, targets } = targetsOf({ bootnodes: [0, 1, 2, 3] });
    assert.deepEqual([urgent, others], [[0], [1, 2, 3]]);
    assert.ok(targets.every(({ isReserve }) => isReserve));
  });

  it('needs no boot node at once when it is connected with one, whichever that is', () => {
    const { urgent, others } = targetsOf({ bootnodes: [0, 1, 2, 3], connected: [2] });
    assert.deepEqual([urgent, others], [[], [0, 1, 3]]);
  });

  it('dials whoever proposes next at once, a boot node or not', () => {
    const all = Array.from({ length: 20 }, (_, index) => index);
    const { urgent } = targetsOf({ bootnodes: [0, 1, 2, 3], known: all, speakNext: [2, 7, 8, 9] });
    assert.deepEqual(
      urgent.toSorted((a, b) => a - b),
      [0, 2, 7, 8, 9],
    );
  });

  it('dials more validators at once while it has too few around it, and is not its own boot node', () => {
    const all = Array.from({ length: 20 }, (_, index) => index);
    const { urgent, others } = targetsOf({ bootnodes: [20, 5], known: all });
    assert.equal(urgent.length, 4);
    assert.equal(urgent[0], 5);
    assert.equal(urgent.length + others.length, 20);
    assert.deepEqual(targetsOf({ bootnodes: [5], known: all, connected: [0, 1, 2, 3] }).urgent, [5]);
    assert.deepEqual(targetsOf({ bootnodes: [5], known: all, connected: [5, 1, 2, 3] }).urgent, []);
  });

  it('dials all boot nodes at once in a small set, and as an observer', () => {
    assert.deepEqual(targetsOf({ bootnodes: [0, 1, 2], validators: 4 }).urgent, [0, 1, 2]);
    assert.deepEqual(targetsOf({ bootnodes: [0, 1, 2], isValidator: false }).urgent, [0, 1, 2]);
  });
});
