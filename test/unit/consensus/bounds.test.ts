import assert from 'node:assert/strict';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { certificateOf } from '../../../src/consensus/commit-certificate.ts';
import { createConsensus } from '../../../src/consensus/consensus.ts';
import type {
  ConsensusEffect,
  ConsensusEvent,
  ParentBlock,
  ProposedBlock,
} from '../../../src/consensus/contract.ts';
import { makeBlock, parentFrom } from '../../../src/sim/blocks.ts';
import { NOT_PREPARED, ZERO_HASH } from '../../../src/types/consensus-message.ts';
import { GENESIS_PARENT, validatorAt, validatorSet } from '../../support/consensus/core-harness.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const MAX_GROWTH_BYTES = 5 * 1024 * 1024;

function heapBytes(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

const SETS = new Map([4, 7].map((n) => [n, validatorSet(n)]));

/** One core; nobody checks signatures here, so any text will do for one. */
function startCore(n: number) {
  const validators = SETS.get(n) as ReturnType<typeof validatorSet>;
  const core = createConsensus({
    self: validatorAt(n - 1).id,
    baseTimeoutMs: 1000,
    timeoutCapMs: 8000,
    resendIntervalMs: 1000,
    emptyBlockIntervalMs: 10_000,
    maxClockDriftMs: 2000,
  });
  let nowMs = 0;
  const handle = (event: object): ConsensusEffect[] =>
    core.handle({ nowMs: nowMs++, ...event } as ConsensusEvent);
  const start = (parent: ParentBlock) =>
    handle({
      kind: 'start-height',
      parent,
      validators,
      nextValidators: validators,
      wallMs: parent.timeMs,
      blockIntervalMs: 1000,
    });
  return { validators, handle, start };
}

const vote = (signer: number, height: number, round: number, blockHash: string) => ({
  body: { height, round, blockHash },
  signer: validatorAt(signer).id,
  signature: 'ab'.repeat(64),
});

describe('Bounds of the consensus core', () => {
  it('U14 keeps nothing of ten thousand heights', () => {
    const { validators, handle, start } = startCore(4);
    const decide = (parent: ParentBlock): ProposedBlock => {
      start(parent);
      const height = parent.height + 1;
      const proposer = validatorAt(height % 4).id;
      const block = makeBlock({ parent, proposer, timeMs: parent.timeMs + 1000, validators });
      const seals = [0, 1, 2].map((signer) => vote(signer, height, 0, block.hash));
      for (const prepare of seals)
        handle({ kind: 'message', message: { kind: 'prepare', prepare }, bytes: 200 });
      handle({ kind: 'certificate', certificate: certificateOf(seals, validators), block });
      const effects = handle({ kind: 'block-validated', height, blockHash: block.hash, valid: true });
      assert.ok(effects.some((effect) => effect.kind === 'commit'));
      return block;
    };
    let parent = GENESIS_PARENT;
    for (let height = 1; height <= 500; height++) parent = parentFrom(decide(parent));
    const before = heapBytes();
    for (let height = 501; height <= 10_000; height++) parent = parentFrom(decide(parent));
    const growth = heapBytes() - before;
    assert.ok(growth < MAX_GROWTH_BYTES, `${growth} bytes`);
  });

  it('J03 J04 keeps a bounded part of what two of seven validators sign without end', () => {
    const { handle, start } = startCore(7);
    start(GENESIS_PARENT);
    const flood = (count: number, offset: number) => {
      for (let i = offset; i < offset + count; i++) {
        const blockHash = i.toString(16).padStart(64, '0');
        const [signer, height, round] = [i % 2, 1 + (i % 5), (i * 7919) % 100_000];
        const signed = vote(signer, height, round, blockHash);
        const messages = [
          { kind: 'prepare', prepare: signed },
          { kind: 'commit', commit: signed },
          {
            kind: 'round-change',
            roundChange: {
              ...signed,
              body: { height, round: round + 1, preparedRound: NOT_PREPARED, preparedHash: ZERO_HASH },
            },
            prepares: [],
          },
        ];
        for (const message of messages) {
          const effects = handle({ kind: 'message', message, bytes: 200 });
          assert.ok(effects.length <= 4);
        }
      }
    };
    flood(20_000, 0);
    const before = heapBytes();
    flood(100_000, 20_000);
    const growth = heapBytes() - before;
    assert.ok(growth < MAX_GROWTH_BYTES, `${growth} bytes`);
  });
});
