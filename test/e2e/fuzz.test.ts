import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { prefixLength } from '../../src/network/length-prefix.ts';
import { initNode } from '../../src/node/init-node.ts';
import { decodeBlock } from '../../src/types/block.ts';
import { CertificateType } from '../../src/types/certificate.ts';
import { decodeConsensusMessage } from '../../src/types/consensus-message.ts';
import { decodeFinalityProof } from '../../src/types/finality-proof.ts';
import { GenesisType, hashGenesis } from '../../src/types/genesis.ts';
import { FrameType, StatusType } from '../../src/types/network.ts';
import { decode } from '../../src/types/ssz.ts';
import { decodeTransaction } from '../../src/types/transaction.ts';
import { errorCode } from '../../src/util/errors.ts';
import { createTestnetGenesis } from '../../testnet/genesis.ts';
import { deriveNodeSeed, deriveValidator } from '../../testnet/identities.ts';
import { type SpawnedProcess, spawnLogged, terminateAll } from '../../testnet/process.ts';
import { InspectedMemory } from '../support/inspected-memory.ts';
import { freePort } from '../support/ports.ts';
import { PROTOCOLS, RawPeer } from '../support/raw-peer.ts';
import { WAIT_MS, waitFor } from '../support/wait-for.ts';

/** FUZZ_SECONDS=600 is the long run. */
const SECONDS = Number(process.env.FUZZ_SECONDS ?? 9);
/** Until caches that have a bound are full. */
const WARM_UP_SECONDS = Math.max(8, SECONDS / 3);
const SAMPLE_MS = 1_000;
/** A busy machine takes longer for them, and the test goes on until they are there. */
const LEAST_SAMPLES = 9;
const FUZZED_PROTOCOLS = [...PROTOCOLS, '/ipfs/id/1.0.0'];

/** A generator whose whole course follows from one number, which a failure prints. */
function seededRandom(seed: number) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  };
  const below = (bound: number) => next() % bound;
  const bytes = (maxLength: number) => Uint8Array.from({ length: below(maxLength) }, () => next() & 0xff);
  return { below, bytes };
}

describe('random bytes without end', function () {
  this.timeout((SECONDS + WARM_UP_SECONDS + 600) * 1000);
  const seed = Number(process.env.SEED ?? randomInt(2 ** 31));
  const random = seededRandom(seed);
  let directory: string;
  const genesis = createTestnetGenesis({
    seed: 'fuzz',
    validators: 1,
    chainId: 99,
    timeMs: Date.now() - 1000,
    blockTimeMs: 500,
    emptyBlocksMs: 1000,
  });
  let node: SpawnedProcess;
  let attacker: RawPeer;
  let memory: InspectedMemory;
  let address: string;
  let rpc: string;

  const call = async (method: string) => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: {} });
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(rpc, {
      method: 'POST',
      headers,
      body,
      signal: AbortSignal.timeout(WAIT_MS),
    });
    return ((await response.json()) as { result: { peerId: string; height: number } }).result;
  };

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'metanode-fuzz-'));
    const dataDir = join(directory, 'v1');
    const identity = deriveValidator('fuzz', 'v1');
    await initNode({
      dataDir,
      genesis,
      nodeSeed: deriveNodeSeed('fuzz', 'v1'),
      validator: {
        id: identity.account.address,
        consensusSeed: identity.consensus.seed,
        vrfSeed: identity.vrf.seed,
      },
      password: undefined,
    });
    const [p2pPort, rpcPort, inspectorPort] = [await freePort(), await freePort(), await freePort()];
    const listen = `/ip4/127.0.0.1/tcp/${p2pPort}`;
    rpc = `http://127.0.0.1:${rpcPort}`;
    node = await spawnLogged(
      [
        `--inspect=127.0.0.1:${inspectorPort}`,
        'dist/metanode.js',
        'node',
        'start',
        '--data-dir',
        dataDir,
        '--insecure-keys',
        '--loopback-testnet',
      ].concat('--listen', listen, '--rpc-listen', `127.0.0.1:${rpcPort}`, '--log-level', 'error'),
      join(directory, 'v1.log'),
    );
    const { peerId } = await waitFor('the node starts', () => call('net_identity').catch(() => undefined));
    address = `${listen}/p2p/${peerId}`;
    memory = await InspectedMemory.open(inspectorPort);
    attacker = await RawPeer.start(77, undefined, { genesisHash: hashGenesis(genesis), chainId: 99 });
  });

  after(async () => {
    await attacker?.stop();
    memory?.close();
    if (node !== undefined) await terminateAll([node], 10_000);
    rmSync(directory, { recursive: true, force: true });
  });

  /** Every decoder must answer with a value or a typed error. */
  function fuzzDecoders(): void {
    const input = random.bytes(2000);
    const decoders: ((bytes: Uint8Array) => unknown)[] = [
      decodeTransaction,
      decodeBlock,
      decodeConsensusMessage,
      decodeFinalityProof,
      (bytes) => decode(GenesisType, bytes, 'genesis'),
      (bytes) => decode(CertificateType, bytes, 'certificate'),
      (bytes) => decode(FrameType, bytes, 'frame'),
      (bytes) => decode(StatusType, bytes, 'status'),
    ];
    for (const decoder of decoders)
      try {
        decoder(input);
      } catch (error) {
        assert.notEqual(errorCode(error), undefined, `seed ${seed}: ${error}`);
      }
  }

  async function fuzzProtocol(): Promise<void> {
    const protocol = FUZZED_PROTOCOLS[random.below(FUZZED_PROTOCOLS.length)] as string;
    const payload = random.bytes(4000);
    const isJoined = random.below(2) === 0;
    try {
      const connection = isJoined ? await attacker.join(address) : await attacker.connect(address);
      const stream = await attacker.send(
        connection,
        protocol,
        random.below(2) === 0 ? prefixLength(payload) : payload,
      );
      await stream.close({ signal: AbortSignal.timeout(500) }).catch(() => undefined);
      if (random.below(4) === 0) await connection.close();
    } catch {
      // The node may refuse the connection or end the stream: that is its answer.
    }
  }

  const METHODS = [
    'tx_send',
    'chain_getBlock',
    'state_getProof',
    'txpool_content',
    'economy_getBalance',
    '__proto__',
  ];

  async function fuzzRpc(): Promise<void> {
    const junk = random.bytes(3000);
    const method = METHODS[random.below(METHODS.length)];
    const hex = Buffer.from(junk).toString('hex');
    const bodies: (string | Uint8Array)[] = [
      junk,
      JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method,
        params: { transaction: `0x${hex}`, height: hex, limit: -1 },
      }),
      JSON.stringify({ jsonrpc: '2.0', id: {}, method, params: [hex, null, [], {}] }),
      '['.repeat(1 + random.below(3000)),
      `{"jsonrpc":"2.0","id":1,"method":"${method}","params":{"__proto__":{"x":1},"height":1e999}}`,
    ];
    const body = bodies[random.below(bodies.length)] as string;
    const response = await fetch(rpc, { method: 'POST', body, signal: AbortSignal.timeout(WAIT_MS) });
    assert.ok([200, 204, 400, 413].includes(response.status), `seed ${seed}: HTTP ${response.status}`);
    await response.arrayBuffer();
  }

  it('into decoders, protocol handlers and the RPC neither crash a node nor fill its memory', async () => {
    const heightBefore = (await call('chain_getFinalizedHead')).height;
    const samples: number[] = [];
    const startMs = performance.now() + WARM_UP_SECONDS * 1000;
    const elapsedMs = () => performance.now() - startMs;
    let isBroken = false;
    const isOver = () => isBroken || (elapsedMs() >= SECONDS * 1000 && samples.length >= LEAST_SAMPLES);
    /** Where one fails the others end too. */
    const repeat = async (work: () => Promise<void>, pauseMs: number) => {
      try {
        for (; !isOver(); await sleep(pauseMs)) await work();
      } catch (error) {
        isBroken = true;
        throw error;
      }
    };
    const worker = (fuzz: () => Promise<void>) => repeat(fuzz, 2);
    const sample = async () => {
      if (elapsedMs() >= 0) samples.push(await memory.liveBytes());
    };
    await Promise.all([
      worker(async () => fuzzDecoders()),
      worker(fuzzProtocol),
      worker(fuzzProtocol),
      worker(fuzzRpc),
      repeat(sample, SAMPLE_MS),
    ]);
    const mean = (third: number) => {
      const at = (part: number) => Math.floor((samples.length * part) / 3);
      const inside = samples.slice(at(third), at(third + 1));
      return inside.reduce((sum, bytes) => sum + bytes, 0) / inside.length;
    };
    const [middle, last] = [mean(1), mean(2)];
    assert.ok(
      last <= middle * 1.1,
      `seed ${seed}: ${middle} live bytes in the middle third, ${last} in the last`,
    );
    const heightAfter = (await call('chain_getFinalizedHead')).height;
    assert.ok(heightAfter > heightBefore, `seed ${seed}: no block was made meanwhile`);
  });
});
