import type { UpkeepPort } from '../../src/rpc/ports/upkeep.ts';
import type { CertifiedChain } from './certified-chain.ts';

const STAMP = '2023-11-14T22-13-20-000Z';
const NOW_MS = 1_700_000_000_000;
const PROFILE = `diagnostics/cpu-${STAMP}.cpuprofile`;
const SNAPSHOT = `snapshots/${STAMP}.snapshot`;

/** What a node in memory says that it did with its process and its files. */
export class ScriptedUpkeep {
  readonly #chain: CertifiedChain;
  /** Whether it was told to stop. */
  stopping = false;

  constructor(chain: CertifiedChain) {
    this.#chain = chain;
  }

  port(): UpkeepPort {
    const chain = this.#chain;
    const facts = () => ({
      height: chain.height,
      blockHash: chain.blocks.at(-1)?.hash ?? chain.genesisHash,
      stateRoot: '11'.repeat(32),
      leaves: 120,
    });
    return {
      databaseStats: async () => ({
        kinds: [
          { kind: 'header', bytes: 40_960 },
          { kind: 'leaf', bytes: 81_920 },
        ],
        ...{ files: 7, bytes: 262_144, logBytes: 139_264, journalBytes: 4_096, freeDiskBytes: 50e9 },
      }),
      shutdown: () => {
        this.stopping = true;
      },
      startProfile: async (forMs) => ({ file: PROFILE, endsAtMs: NOW_MS + forMs }),
      stopProfile: async () => ({ file: PROFILE, bytes: 52_000 }),
      writeHeapSnapshot: async () => ({ file: `diagnostics/heap-${STAMP}.heapsnapshot`, bytes: 60_000_000 }),
      exportChain: async ({ fromHeight = 1, toHeight = chain.height }) => ({
        ...{ file: `exports/${fromHeight}-${toHeight}.blocks`, bytes: 9_000, fromHeight, toHeight },
      }),
      snapshots: async () => [{ file: SNAPSHOT, bytes: 20_000, writtenAtMs: NOW_MS }],
      createSnapshot: async () => ({ file: SNAPSHOT, bytes: 20_000, ...facts() }),
      verifySnapshot: async (file) =>
        file === SNAPSHOT
          ? { valid: true, ...facts() }
          : { valid: false, reason: 'FILE_DAMAGED', message: `${file} is not as it was written` },
    };
  }
}
