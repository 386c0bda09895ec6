import { mkdir, open, rename } from 'node:fs/promises';
import { generateKeyPair, type KeyPair, keyPairFromSeed } from '../crypto/ed25519.ts';
import { encryptKeyFile, insecureKeyFile, type KeyKind, saveKeyFile } from '../crypto/keystore.ts';
import { vrfKeyPairFromSeed } from '../crypto/vrf.ts';
import { genesisState } from '../ledger/genesis-state.ts';
import { BlockStore } from '../storage/block-store.ts';
import { dataDirPaths, lockDataDir } from '../storage/data-dir.ts';
import { LevelStore } from '../storage/level-store.ts';
import { createJournal } from '../storage/vote-journal.ts';
import { addressOf, addressToText } from '../types/address.ts';
import { type Genesis, GenesisType, hashGenesis } from '../types/genesis.ts';
import { validateGenesis } from '../types/genesis-check.ts';
import type { Address } from '../types/ssz.ts';
import { SCHEME_ED25519 } from '../types/transaction.ts';
import { fromHex } from '../util/bytes.ts';

/** Keys that someone else made, for example for a genesis that names them already. */
export interface GivenValidatorKeys {
  readonly id: Address;
  readonly consensusSeed: Uint8Array;
  readonly vrfSeed: Uint8Array;
}

export interface InitNodeOptions {
  readonly dataDir: string;
  readonly genesis: Genesis;
  readonly nodeSeed?: Uint8Array;
  /** `new` makes an account, a consensus key and a VRF key; undefined makes an observer. */
  readonly validator?: 'new' | GivenValidatorKeys;
  /** Encrypts the key files; undefined writes them in the clear, for test networks. */
  readonly password: string | undefined;
}

export interface InitializedNode {
  readonly genesisHash: string;
  readonly nodeKey: string;
  readonly validator:
    | { readonly id: Address; readonly consensusKey: string; readonly vrfKey: string }
    | undefined;
}

/**
 * Makes the data directory of a new node: genesis with its state, key files and, for a validator, the vote journal that proves that
 * its key has never voted.
 * @throws NodeError KEY_FILE_EXISTS, JOURNAL_EXISTS, DATA_DIR_LOCKED, or of validateGenesis
 */
export async function initNode(options: InitNodeOptions): Promise<InitializedNode> {
  const { dataDir, genesis, password } = options;
  validateGenesis(genesis);
  const genesisHash = hashGenesis(genesis);
  const lock = lockDataDir(dataDir);
  try {
    const paths = dataDirPaths(dataDir);
    await mkdir(paths.keys, { recursive: true, mode: 0o700 });
    const save = async (
      path: string,
      kind: KeyKind,
      key: KeyPair | { seed: Uint8Array; publicKey: string },
      address: string,
    ) => {
      const stored = { kind, publicKey: key.publicKey, address, seed: key.seed };
      await saveKeyFile(
        path,
        password === undefined ? insecureKeyFile(stored) : await encryptKeyFile(stored, password),
      );
    };
    const nodeKey = keyOf(options.nodeSeed);
    await save(paths.nodeKey, 'node', nodeKey, '');
    let validator: InitializedNode['validator'];
    if (options.validator !== undefined) {
      let id: Address;
      if (options.validator === 'new') {
        const account = generateKeyPair();
        id = addressOf(SCHEME_ED25519, fromHex(account.publicKey));
        await save(paths.accountKey, 'account', account, addressToText(id));
      } else id = options.validator.id;
      const given = options.validator === 'new' ? undefined : options.validator;
      const consensus = keyOf(given?.consensusSeed);
      const vrfSeed = given?.vrfSeed ?? generateKeyPair().seed;
      const vrfKey = vrfKeyPairFromSeed(vrfSeed).publicKey;
      await save(paths.validatorKey, 'validator', consensus, addressToText(id));
      await save(paths.vrfKey, 'vrf', { seed: vrfSeed, publicKey: vrfKey }, addressToText(id));
      await createJournal(paths.journal, { genesisHash, validator: id });
      validator = { id, consensusKey: consensus.publicKey, vrfKey };
    }
    await writeSynced(paths.genesis, `${JSON.stringify(GenesisType.toJson(genesis), undefined, 2)}\n`);
    const store = await BlockStore.open(await LevelStore.open(paths.database), genesisHash);
    try {
      if (store.head() === undefined) await store.saveGenesis(genesisState(genesis).state.leaves());
    } finally {
      await store.close();
    }
    return { genesisHash, nodeKey: nodeKey.publicKey, validator };
  } finally {
    lock.release();
  }
}

function keyOf(seed: Uint8Array | undefined): KeyPair {
  return seed === undefined ? generateKeyPair() : keyPairFromSeed(seed);
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
