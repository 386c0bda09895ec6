import { readFile } from 'node:fs/promises';
import { type Client, createClient } from '../client/client.ts';
import { verifyLightBlocks } from '../client/verify-light-blocks.ts';
import { loadGenesisFile } from '../node/genesis-file.ts';
import { bpciMethods } from '../rpc/schema/bpci.ts';
import type { MethodResult } from '../rpc/schema/methods.ts';
import { LightBlockType } from '../types/light-block.ts';
import { fromJson } from '../types/ssz.ts';
import { NodeError } from '../util/errors.ts';
import { usageError } from './exit-code.ts';

/** Blocks of another chain, from one of its nodes or out of a file. */
export type LightBlocks = MethodResult<'bpci_getLightBlocks'>;

interface Range {
  readonly height?: number | undefined;
  /** With every change of the validators after this height. */
  readonly fromHeight?: number | undefined;
}

export async function askForLightBlocks(client: Client, { height, fromHeight }: Range): Promise<LightBlocks> {
  return await client.call('bpci_getLightBlocks', {
    ...(height === undefined ? {} : { height }),
    ...(fromHeight === undefined ? {} : { fromHeight }),
  });
}

/** `source` is a URL, or a file, which holds what it holds whatever the range. */
export async function readLightBlocks(source: string, range: Range = {}): Promise<LightBlocks> {
  if (/^https?:\/\//.test(source)) return await askForLightBlocks(createClient(source), range);
  const text = await readFile(source, 'utf8');
  try {
    return bpciMethods.bpci_getLightBlocks.result.parse(JSON.parse(text));
  } catch (cause) {
    throw usageError(
      `${source} holds no light blocks: ${(cause as Error).message}`,
      'make one with `metanode bpci light-blocks --out FILE` against the other chain',
    );
  }
}

export function lastBlock({ blocks }: LightBlocks): LightBlocks['blocks'][number] {
  const last = blocks.at(-1);
  if (last === undefined) throw usageError('there is no block in the answer');
  return last;
}

/**
 * Checks that the validators of a genesis file lead to the last block.
 * @throws NodeError NOT_FROM_GENESIS
 */
export async function assertFromGenesis(
  { blocks, complete }: LightBlocks,
  genesisFile: string,
): Promise<void> {
  const genesis = await loadGenesisFile(genesisFile);
  const walk = verifyLightBlocks(
    genesis,
    blocks.map((block) => fromJson(LightBlockType, block, 'light block')),
  );
  if (walk.valid && complete) return;
  const why = walk.valid ? 'there are more changes of the validators than one answer holds' : walk.message;
  throw new NodeError('NOT_FROM_GENESIS', `genesis does not lead to the block: ${why}`, {
    hint: complete
      ? 'is this the genesis file of the other chain?'
      : 'begin at a lower --height, then update',
  });
}
