import { readFile } from 'node:fs/promises';
import { type Genesis, genesisFromJson } from '../types/genesis.ts';
import { validateGenesis } from '../types/genesis-check.ts';
import { errorMessage, NodeError } from '../util/errors.ts';
import { LIMITS } from '../util/limits.ts';

export type GenesisFileErrorCode = 'GENESIS_FILE_UNREADABLE' | 'GENESIS_FILE_MALFORMED';

/**
 * Reads and checks a genesis file in its JSON form.
 * @throws NodeError GENESIS_FILE_UNREADABLE, GENESIS_FILE_MALFORMED, or of validateGenesis
 */
export async function loadGenesisFile(path: string): Promise<Genesis> {
  const genesis = await readGenesisFile(path);
  validateGenesis(genesis);
  return genesis;
}

/**
 * Reads a genesis file whose rules are checked elsewhere: checking the keys of 21 validators takes half a second.
 * @throws NodeError GENESIS_FILE_UNREADABLE, GENESIS_FILE_MALFORMED
 */
export async function readGenesisFile(path: string): Promise<Genesis> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new NodeError<GenesisFileErrorCode>(
      'GENESIS_FILE_UNREADABLE',
      `cannot read ${path}: ${errorMessage(cause)}`,
      {
        hint: 'make a data directory with: metanode node init --genesis FILE --data-dir DIR',
        cause,
      },
    );
  }
  if (text.length > LIMITS.maxGenesisFileBytes)
    throw new NodeError<GenesisFileErrorCode>(
      'GENESIS_FILE_MALFORMED',
      `${path} is larger than a genesis file can be`,
    );
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new NodeError<GenesisFileErrorCode>('GENESIS_FILE_MALFORMED', `${path} is no JSON`, { cause });
  }
  return genesisFromJson(json);
}
