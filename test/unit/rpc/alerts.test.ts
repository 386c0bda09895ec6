import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { AlertWatch } from '../../../src/rpc/alert-watch.ts';
import { type AlertFacts, findAlerts } from '../../../src/rpc/alerts.ts';
import { ALERTS } from '../../../src/rpc/schema/alerts.ts';
import { RpcNode } from '../../support/rpc-ports.ts';

const A = 'aa'.repeat(32);
const B = 'bb'.repeat(32);
const C = 'cc'.repeat(32);
const NOW = 1_700_000_000_000;
const GIB = 1024 ** 3;
const peer = (validator: string, state: 'self' | 'connected' | 'disconnected') => ({
  validator,
  state,
  peerId: undefined,
  sinceMs: undefined,
  reason: undefined,
});
const HEALTHY: AlertFacts = {
  nowMs: NOW,
  startedAtMs: NOW - 100_000,
  head: { height: 7, timeMs: NOW - 5_000 },
  emptyBlockIntervalMs: 10_000,
  maxClockDriftMs: 2_000,
  quorum: 2,
  validatorPeers: [peer(A, 'self'), peer(B, 'connected'), peer(C, 'disconnected')],
  self: A,
  unreadyReason: undefined,
  sync: { syncing: false, targetHeight: 9 },
  evidence: [],
  jailed: [],
  badBlocks: [],
  freeDiskBytes: 20 * GIB,
};
const evidence = { validator: B, offence: 'prepare', height: 3, hash: C } as const;
const badBlock = {
  ...{ height: 4, hash: C, proposer: B, reason: 'WRONG_STATE_ROOT', transactions: 1, bytes: 9, times: 1 },
  ...{ firstAtMs: NOW - 2_000, lastAtMs: NOW - 1_000 },
};

/** For each code, what makes it the case, and what is close to it and does not. */
const CASES: Readonly<Record<keyof typeof ALERTS, { is: Partial<AlertFacts>; isNot: Partial<AlertFacts> }>> =
  {
    CHAIN_STALLED: {
      is: { head: { height: 7, timeMs: NOW - 40_001 } },
      isNot: { head: { height: 7, timeMs: NOW - 40_000 } },
    },
    PEERS_BELOW_QUORUM: {
      is: { validatorPeers: [peer(A, 'self'), peer(B, 'disconnected'), peer(C, 'disconnected')] },
      isNot: { validatorPeers: [peer(A, 'connected'), peer(B, 'connected')] },
    },
    FAR_BEHIND: {
      is: { sync: { syncing: true, targetHeight: 18 } },
      isNot: { sync: { syncing: true, targetHeight: 17 } },
    },
    NOT_VOTING: {
      is: { unreadyReason: 'JOURNAL_MISSING' },
      isNot: { unreadyReason: 'JOURNAL_MISSING', self: undefined },
    },
    EVIDENCE_FOUND: { is: { evidence: [evidence] }, isNot: {} },
    VALIDATOR_JAILED: { is: { jailed: [{ id: B }] }, isNot: {} },
    BLOCK_REFUSED: {
      is: { badBlocks: [badBlock] },
      isNot: { badBlocks: [{ ...badBlock, lastAtMs: NOW - 600_000 }] },
    },
    CLOCK_BEHIND: {
      is: { head: { height: 7, timeMs: NOW + 2_001 } },
      isNot: { head: { height: 7, timeMs: NOW + 2_000 } },
    },
    DISK_LOW: {
      is: { freeDiskBytes: GIB - 1 },
      isNot: { freeDiskBytes: GIB },
    },
    DISK_UNREADABLE: { is: { freeDiskBytes: undefined }, isNot: {} },
  };

describe('alerts', () => {
  it('has none for a healthy node', () => {
    assert.deepEqual(findAlerts(HEALTHY), []);
  });

  for (const [code, { is, isNot }] of Object.entries(CASES))
    it(`raises ${code} from its condition, and not from what is close to it`, () => {
      const [raised, ...others] = findAlerts({ ...HEALTHY, ...is });
      assert.deepEqual([raised?.code, others], [code, []]);
      assert.equal(raised?.severity, ALERTS[code as keyof typeof ALERTS]);
      assert.deepEqual(findAlerts({ ...HEALTHY, ...isNot }), []);
    });

  it('does not call a chain stalled that a node has just joined or still fetches', () => {
    const old = { ...HEALTHY, head: { height: 7, timeMs: NOW - 9_000_000 } };
    const codes = (facts: AlertFacts) => findAlerts(facts).map(({ code }) => code);
    assert.deepEqual(codes(old), ['CHAIN_STALLED']);
    assert.deepEqual(codes({ ...old, startedAtMs: NOW - 40_000 }), []);
    assert.deepEqual(codes({ ...old, sync: { syncing: true, targetHeight: 7 } }), []);
  });

  it('takes the jailing of this very validator for worse than that of another', () => {
    const [own, other] = findAlerts({ ...HEALTHY, jailed: [{ id: A }, { id: B }] });
    assert.deepEqual([own?.severity, other?.severity], ['critical', 'warning']);
    assert.notEqual(own?.key, other?.key);
  });

  it('tells once of what lasts, and says when it has passed', async () => {
    const node = new RpcNode();
    const watch = new AlertWatch(node.ports(), 2);
    const heard: string[] = [];
    const stop = watch.follow((change) => {
      const { state, code } = change as { state: string; code: string };
      if (code.startsWith('DISK')) heard.push(`${state} ${code}`);
    });
    const looks = async () => sleep(25);
    await looks();
    assert.deepEqual(heard, []);
    node.freeDiskBytes = 1;
    await looks();
    node.freeDiskBytes = undefined;
    await looks();
    assert.deepEqual(heard, ['raised DISK_LOW', 'cleared DISK_LOW', 'raised DISK_UNREADABLE']);
    const raised = watch.raised().map((alert) => (alert as { code: string }).code);
    assert.ok(raised.includes('DISK_UNREADABLE') && raised.includes('PEERS_BELOW_QUORUM'));
    stop();
    node.freeDiskBytes = 50 * GIB;
    await looks();
    assert.equal(heard.length, 3, 'nobody looks after the last follower has left');
    assert.deepEqual(watch.raised(), []);
  });
});
