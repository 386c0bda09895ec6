import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SEED_BYTES } from '../crypto/ed25519.ts';
import { dataDirPaths } from '../storage/data-dir.ts';
import { type Genesis, GenesisType, hashGenesis } from '../types/genesis.ts';
import { type Invite, swarmKeyToFile } from '../types/invite.ts';
import { decode } from '../types/ssz.ts';
import type { Hash } from '../types/ssz-bytes.ts';
import { utf8 } from '../util/bytes.ts';
import { NodeError } from '../util/errors.ts';
import { type InitializedNode, initKeys, initNode } from './init-node.ts';
import { readNodeKeys } from './node-keys.ts';
import { type ProbeResult, type ProbeStep, probe } from './probe-peer.ts';

export type JoinErrorCode = 'GENESIS_MISMATCH' | 'NOT_REACHABLE' | 'REFUSED';

/** The way to a peer of an invite, and what is told of it. */
export interface JoiningWay {
  /** Its swarm key, if it has one, is in the clear. */
  readonly invite: Invite;
  /** The genesis, if it came another way; otherwise a peer of the invite is asked for it. */
  readonly genesis: Genesis | undefined;
  readonly onAddress: (address: string) => void;
  readonly onStep: (step: ProbeStep) => void;
}

export interface JoinOptions extends JoiningWay {
  readonly dataDir: string;
  readonly isValidator: boolean;
  /** Encrypts the key files; undefined writes them in the clear, for test networks. */
  readonly password: string | undefined;
}

export interface JoinedNode extends InitializedNode {
  /** Where the swarm key of the invite was written. */
  readonly swarmKeyFile: string | undefined;
  readonly forks: Genesis['forks'];
}

/**
 * Makes the data directory of a node that an invite names the chain of. The keys come first and stay if no peer lets
 * this node in: who is on an allow-list must be known by its key, and a second attempt takes the same ones up.
 * @throws NodeError with a JoinErrorCode, or of initKeys and initNode
 */
export async function joinChain(options: JoinOptions): Promise<JoinedNode> {
  const { dataDir, invite, isValidator, password } = options;
  const paths = dataDirPaths(dataDir);
  if (!existsSync(paths.unusedKeys)) await initKeys(dataDir, password, isValidator);
  const { nodeSeed } = await readNodeKeys(paths, {
    insecure: password === undefined,
    ...(password === undefined ? {} : { password }),
  });
  const genesis = options.genesis ?? (await askForGenesis(options, nodeSeed));
  assertNamed(genesis, invite);
  const made = await initNode({ dataDir, genesis, password, ...(isValidator ? { validator: 'new' } : {}) });
  const swarmKey = swarmKeyOf(invite);
  const swarmKeyFile = swarmKey === undefined ? undefined : join(dataDir, 'swarm.key');
  if (swarmKeyFile !== undefined) await writeFile(swarmKeyFile, swarmKey as string, { mode: 0o600 });
  return { ...made, swarmKeyFile, forks: genesis.forks };
}

/**
 * Goes the whole way to a peer of an invite and checks the genesis, with a key of the moment, which no allow-list
 * holds, and writes nothing. Resolves with the genesis hash.
 * @throws NodeError with a JoinErrorCode
 */
export async function tryToJoin(way: JoiningWay): Promise<Hash> {
  const asked = await askForGenesis(way, randomBytes(SEED_BYTES));
  for (const genesis of [asked, way.genesis ?? asked]) assertNamed(genesis, way.invite);
  return way.invite.genesisHash;
}

function swarmKeyOf({ swarmKey }: Invite): string | undefined {
  return swarmKey.length === 0 ? undefined : swarmKeyToFile(swarmKey);
}

/** The genesis from the first peer of the invite that lets this node in. */
async function askForGenesis(
  { invite, onAddress, onStep }: JoiningWay,
  nodeKeySeed: Uint8Array,
): Promise<Genesis> {
  const swarmKey = swarmKeyOf(invite);
  let last: ProbeResult | undefined;
  for (const address of invite.addresses) {
    onAddress(address);
    last = await probe(address, {
      chain: invite,
      nodeKeySeed,
      swarmKey: swarmKey === undefined ? undefined : utf8(swarmKey),
      upTo: 'genesis',
      onStep,
    });
    if (last.genesis !== undefined) return decode(GenesisType, last.genesis, 'genesis');
  }
  throw failureOf(last as ProbeResult);
}

/** The error that says where a probe stopped. */
export function failureOf({ steps, self }: ProbeResult): NodeError<JoinErrorCode> {
  const end = steps.at(-1);
  const failed = end !== undefined && !end.ok ? end : undefined;
  const isBelow = failed !== undefined && ['address', 'dns', 'tcp'].includes(failed.step);
  return new NodeError<JoinErrorCode>(
    isBelow ? 'NOT_REACHABLE' : 'REFUSED',
    failed === undefined ? 'no peer let this node in' : `${failed.step}: ${failed.reason}: ${failed.detail}`,
    { data: { steps, self }, ...(failed === undefined ? {} : { hint: failed.hint }) },
  );
}

function assertNamed(genesis: Genesis, invite: Invite): void {
  const genesisHash = hashGenesis(genesis);
  if (genesisHash === invite.genesisHash && genesis.chainId === invite.chainId) return;
  throw new NodeError<JoinErrorCode>('GENESIS_MISMATCH', 'this is not the genesis that the invite names', {
    data: { expected: invite.genesisHash, actual: genesisHash, chainId: genesis.chainId },
    hint: 'take the genesis from who made the invite, or leave out --genesis to ask its peers',
  });
}
