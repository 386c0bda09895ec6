import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dataDirPaths } from '../storage/data-dir.ts';
import { type Genesis, GenesisType, hashGenesis } from '../types/genesis.ts';
import { type Invite, swarmKeyToFile } from '../types/invite.ts';
import { decode } from '../types/ssz.ts';
import { utf8 } from '../util/bytes.ts';
import { NodeError } from '../util/errors.ts';
import { type InitializedNode, initKeys, initNode } from './init-node.ts';
import { readNodeKeys } from './node-keys.ts';
import { type ProbeResult, type ProbeStep, probe } from './probe-peer.ts';

export type JoinErrorCode = 'GENESIS_MISMATCH' | 'NOT_REACHABLE' | 'REFUSED';

export interface JoinOptions {
  readonly dataDir: string;
  readonly invite: Invite;
  /** The genesis, if it came another way; otherwise a peer of the invite is asked for it. */
  readonly genesis: Genesis | undefined;
  readonly isValidator: boolean;
  /** Encrypts the key files; undefined writes them in the clear, for test networks. */
  readonly password: string | undefined;
  readonly onAddress: (address: string) => void;
  readonly onStep: (step: ProbeStep) => void;
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
  const swarmKey = invite.swarmKey.length === 0 ? undefined : swarmKeyToFile(invite.swarmKey);
  const genesis = options.genesis ?? (await askForGenesis(options, swarmKey));
  assertNamed(genesis, invite);
  const made = await initNode({ dataDir, genesis, password, ...(isValidator ? { validator: 'new' } : {}) });
  const swarmKeyFile = swarmKey === undefined ? undefined : join(dataDir, 'swarm.key');
  if (swarmKeyFile !== undefined) await writeFile(swarmKeyFile, swarmKey as string, { mode: 0o600 });
  return { ...made, swarmKeyFile, forks: genesis.forks };
}

/** The genesis from the first peer of the invite that lets this node in. */
async function askForGenesis(options: JoinOptions, swarmKey: string | undefined): Promise<Genesis> {
  const { dataDir, invite, password, onAddress, onStep } = options;
  const { nodeSeed } = await readNodeKeys(dataDirPaths(dataDir), {
    insecure: password === undefined,
    ...(password === undefined ? {} : { password }),
  });
  let last: ProbeResult | undefined;
  for (const address of invite.addresses) {
    onAddress(address);
    last = await probe(address, {
      chain: invite,
      nodeKeySeed: nodeSeed,
      swarmKey: swarmKey === undefined ? undefined : utf8(swarmKey),
      wantsGenesis: true,
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
