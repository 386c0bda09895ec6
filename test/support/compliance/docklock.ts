import assert from 'node:assert/strict';
import { encodeOperation } from '../../../src/types/operations/catalog.ts';
import { appId, CLUSTER } from '../../../src/types/operations/cluster.ts';
import { DOCKLOCK } from '../../../src/types/operations/docklock.ts';
import { ActionProofType } from '../../../src/types/proofs/action.ts';
import type { Operation } from '../../../src/types/transaction.ts';
import { utf8 } from '../../../src/util/bytes.ts';
import { joinOf } from '../cluster-ledger.ts';
import {
  APP,
  batchOf,
  deployOf,
  imageOf,
  operator,
  owner,
  signers,
  statementOf,
  step,
  stranger,
} from '../docklock-ledger.ts';
import type { Actor, LedgerChain } from '../ledger-chain.ts';
import { failing, type LedgerFixture, plan } from './fixture.ts';

const { operations } = DOCKLOCK;
const app = (name: string): string => appId(owner.address, name);
/** Apps that wait for one change each; `web` is the one whose containers run. */
const WAITING = ['starting', 'stopping', 'scaling', 'updating', 'deleting'];
const OTHER_IMAGE = '6b'.repeat(32);

const otherImage = () => ({
  ...imageOf(utf8(JSON.stringify(statementOf(OTHER_IMAGE)))),
  digest: OTHER_IMAGE,
});
const batch = (chain: LedgerChain) => batchOf(chain, [step(chain, 'create'), step(chain, 'created')]);

export const docklockFixture: LedgerFixture = {
  ledger: 'docklock',
  proof: ActionProofType,
  actors: [owner, operator, stranger],
  extendGenesis: (genesis) => ({
    ...genesis,
    authorities: [
      ...genesis.authorities,
      { name: 'image-signers', threshold: 2, keys: signers.map(({ account }) => account.publicKey) },
    ],
  }),
  setUp: (chain) => {
    const send = (sender: Actor, ledger: 'cluster' | 'docklock', list: Operation[]) =>
      assert.equal(chain.run(sender, ledger, list).status, 0);
    send(owner, 'cluster', [encodeOperation(CLUSTER.operations.NodeJoin, joinOf(chain, owner))]);
    send(owner, 'docklock', [encodeOperation(operations.ImageRegister, imageOf())]);
    const deploys = ['web', ...WAITING].map((name) => encodeOperation(operations.Deploy, deployOf({ name })));
    send(owner, 'docklock', deploys);
    const starts = ['web', 'stopping'].map((name) =>
      encodeOperation(operations.Start, { app: app(name), expectedGeneration: 1 }),
    );
    send(owner, 'docklock', starts);
  },
  cases: {
    ImageRegister: {
      succeeding: () => plan(stranger, operations.ImageRegister, otherImage()),
      failing: () => failing(stranger, operations.ImageRegister, imageOf(), 'IMAGE_EXISTS'),
    },
    Deploy: {
      succeeding: () => plan(owner, operations.Deploy, deployOf({ name: 'fresh' })),
      failing: () => failing(owner, operations.Deploy, deployOf(), 'APP_EXISTS'),
    },
    Start: {
      succeeding: () => plan(owner, operations.Start, { app: app('starting'), expectedGeneration: 1 }),
      failing: () =>
        failing(stranger, operations.Start, { app: app('starting'), expectedGeneration: 1 }, 'NOT_APP_OWNER'),
    },
    Stop: {
      succeeding: () =>
        plan(owner, operations.Stop, { app: app('stopping'), expectedGeneration: 2, graceMs: 10 }),
      failing: () =>
        failing(
          owner,
          operations.Stop,
          { app: app('stopping'), expectedGeneration: 9, graceMs: 10 },
          'GENERATION_CHANGED',
        ),
    },
    Scale: {
      succeeding: () =>
        plan(owner, operations.Scale, { app: app('scaling'), expectedGeneration: 1, replicas: 3 }),
      failing: () =>
        failing(
          owner,
          operations.Scale,
          { app: app('scaling'), expectedGeneration: 1, replicas: 0 },
          'INVALID_REPLICA_COUNT',
        ),
    },
    Update: {
      succeeding: () =>
        plan(owner, operations.Update, {
          app: app('updating'),
          expectedGeneration: 1,
          image: [],
          limits: [{ cpuMilli: 100, memoryMib: 64, diskMib: 32, pids: 16 }],
        }),
      failing: () =>
        failing(
          owner,
          operations.Update,
          { app: app('updating'), expectedGeneration: 1, image: [OTHER_IMAGE], limits: [] },
          'IMAGE_UNKNOWN',
        ),
    },
    Delete: {
      succeeding: () => plan(owner, operations.Delete, { app: app('deleting'), expectedGeneration: 1 }),
      failing: () =>
        failing(owner, operations.Delete, { app: app('nobody'), expectedGeneration: 1 }, 'APP_UNKNOWN'),
    },
    StepBatch: {
      succeeding: (chain) => plan(owner, operations.StepBatch, batch(chain)),
      failing: (chain) => {
        const forged = { ...batch(chain), signature: '00'.repeat(64) };
        return failing(owner, operations.StepBatch, { ...forged, app: APP }, 'STEP_SIGNATURE_WRONG');
      },
    },
  },
};
