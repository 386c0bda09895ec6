import { existsSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { keyPairFromSeed } from '../crypto/ed25519.ts';
import { genesisState } from '../ledger/genesis-state.ts';
import { BlockStore } from '../storage/block-store.ts';
import { type DataDirPaths, dataDirPaths, lockDataDir } from '../storage/data-dir.ts';
import { LevelStore } from '../storage/level-store.ts';
import { createJournal } from '../storage/new-journal.ts';
import { type Genesis, GenesisType, type GenesisValidator, hashGenesis } from '../types/genesis.ts';
import { validateGenesis } from '../types/genesis-check.ts';
import { NodeError } from '../util/errors.ts';
import { type MakeKeysOptions, makeNodeKeys, type NodeKeys, readNodeKeys } from './node-keys.ts';

export type InitNodeErrorCode = 'VALIDATOR_KEYS_DIFFER';

export interface InitNodeOptions extends MakeKeysOptions {
  readonly dataDir: string;
  readonly genesis: Genesis;
}

/** The public side of the keys of a validator. */
export type ValidatorIdentity = Pick<GenesisValidator, 'id' | 'consensusKey' | 'vrfKey'>;

export interface InitializedNode {
  readonly genesisHash: string;
  readonly nodeKey: string;
  readonly validator: ValidatorIdentity | undefined;
}

/**
 * Makes the keys of a node that has no genesis yet, for `initNode` to take up: those who found a chain together
 * exchange the public sides of their validator keys first, and who joins one may have to be on an allow-list before a
 * peer gives it the genesis. Returns the validator, if it is to be one.
 * @throws NodeError KEY_FILE_EXISTS, DATA_DIR_LOCKED
 */
export async function initKeys(
  dataDir: string,
  password: string | undefined,
  isValidator: boolean,
): Promise<ValidatorIdentity | undefined> {
  const lock = lockDataDir(dataDir);
  try {
    const paths = dataDirPaths(dataDir);
    const keys = await makeNodeKeys(paths, { password, ...(isValidator ? { validator: 'new' } : {}) });
    await writeSynced(paths.unusedKeys, 'these keys have signed nothing\n');
    return identityOf(keys);
  } finally {
    lock.release();
  }
}

/**
 * Makes the data directory of a new node: genesis with its state, key files and, for a validator, the vote journal that
 * proves that its key has never voted. Keys that `initKeys` has made there are taken up.
 * @throws NodeError KEY_FILE_EXISTS, JOURNAL_EXISTS, DATA_DIR_LOCKED, VALIDATOR_KEYS_DIFFER, with a KeystoreErrorCode,
 *   or of validateGenesis
 */
export async function initNode(options: InitNodeOptions): Promise<InitializedNode> {
  const { dataDir, genesis } = options;
  validateGenesis(genesis);
  const genesisHash = hashGenesis(genesis);
  const lock = lockDataDir(dataDir);
  try {
    const paths = dataDirPaths(dataDir);
    const keys = await takeUpKeys(paths, options);
    const validator = identityOf(keys);
    if (validator !== undefined) {
      assertNamedRightly(genesis, validator);
      await createJournal(paths.journal, { genesisHash, validator: validator.id });
    }
    // From here on the journal says what the keys of a validator have signed; another fresh one would be a lie.
    await rm(paths.unusedKeys, { force: true });
    await writeSynced(paths.genesis, `${JSON.stringify(GenesisType.toJson(genesis), undefined, 2)}\n`);
    const store = await BlockStore.open(await LevelStore.open(paths.database), genesisHash);
    try {
      if (store.head() === undefined) await store.saveGenesis(genesisState(genesis).state.leaves());
    } finally {
      await store.close();
    }
    return { genesisHash, nodeKey: keyPairFromSeed(keys.nodeSeed).publicKey, validator };
  } finally {
    lock.release();
  }
}

/** Keys that were made ahead and never used, or new ones. */
async function takeUpKeys(paths: DataDirPaths, options: InitNodeOptions): Promise<NodeKeys> {
  if (!existsSync(paths.unusedKeys)) return await makeNodeKeys(paths, options);
  const { password } = options;
  return await readNodeKeys(
    paths,
    password === undefined ? { insecure: true } : { insecure: false, password },
  );
}

function identityOf({ validator }: NodeKeys): ValidatorIdentity | undefined {
  if (validator === undefined) return undefined;
  const { id, consensusKey, vrfKey } = validator;
  return { id, consensusKey: consensusKey.publicKey, vrfKey: vrfKey.publicKey };
}

/** A slip in the genesis shows here, before a node signs votes that nobody counts. */
function assertNamedRightly(genesis: Genesis, { id, consensusKey, vrfKey }: ValidatorIdentity): void {
  const named = genesis.validators.find((validator) => validator.id === id);
  if (named === undefined || (named.consensusKey === consensusKey && named.vrfKey === vrfKey)) return;
  throw new NodeError<InitNodeErrorCode>(
    'VALIDATOR_KEYS_DIFFER',
    'the genesis names this validator with other keys',
    {
      data: { id, consensusKey, vrfKey, named },
      hint: 'the entry of this validator in the genesis is the one that its `node init --keys-only` printed',
    },
  );
}

/** Complete on disk before it has its name. */
async function writeSynced(path: string, text: string): Promise<void> {
  const temporary = `${path}.tmp`;
  const handle = await open(temporary, 'w', 0o644);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, path);
}
