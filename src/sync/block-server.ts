import type { Chain } from '../chain/chain.ts';
import { blockBytes } from '../chain/complete-block.ts';
import type { ChainHistory } from '../chain/history.ts';
import type { TransactionPool } from '../chain/transaction-pool.ts';
import type { Network } from '../network/contract.ts';
import type { Block } from '../types/block.ts';
import { CertificateType } from '../types/certificate.ts';
import { GenesisType } from '../types/genesis.ts';
import { LEDGERS } from '../types/names.ts';
import { encode } from '../types/ssz.ts';
import type { Hash } from '../types/ssz-bytes.ts';
import { LIMITS } from '../util/limits.ts';

/** Answers peers that ask for transactions, for a block by hash (decided or not), or for a range of blocks. */
export function serveBlocks(network: Network, chain: Chain, pool: TransactionPool): void {
  const history = chain.history.store;
  let genesis: Uint8Array | undefined; // hardly ever asked for
  network.serve({
    genesis: () => {
      genesis ??= encode(GenesisType, chain.genesis);
      return genesis;
    },
    transactions: (ids) => {
      const found: Uint8Array[] = [];
      const opened = new Map<number, Block | undefined>();
      let size = 0;
      for (const id of ids) {
        const bytes = pool.get(id)?.bytes ?? decidedTransaction(chain.history, id, opened);
        if (bytes === undefined) continue;
        size += bytes.length;
        if (size > LIMITS.maxWireMessageBytes - 64 * 1024) break;
        found.push(bytes);
      }
      return found;
    },
    blockByHash: (hash) => {
      const candidate = chain.candidate(hash);
      if (candidate !== undefined) return blockBytes(candidate);
      const height = history.heightOfBlock(hash);
      return height === undefined ? undefined : history.loadBlockBytes(height);
    },
    blocks: (fromHeight, count, maxBytes) => {
      const answer: { block: Uint8Array; certificate: Uint8Array }[] = [];
      let size = 0;
      const last = Math.min(chain.head.height, fromHeight + Math.min(count, LIMITS.maxBlocksPerRequest) - 1);
      for (let height = Math.max(1, fromHeight); height <= last; height++) {
        const block = history.loadBlockBytes(height);
        const certificate = history.loadCertificate(height);
        if (block === undefined || certificate === undefined) break;
        size += block.length;
        if (size > maxBytes && answer.length > 0) break;
        answer.push({ block, certificate: encode(CertificateType, certificate) });
      }
      return answer;
    },
  });
}

/**
 * The bytes of a transaction of a decided block, for a peer that is a block late. To read a block takes milliseconds,
 * so one request opens a few of them at most.
 */
function decidedTransaction(
  { store }: ChainHistory,
  id: Hash,
  opened: Map<number, Block | undefined>,
): Uint8Array | undefined {
  const place = store.findTransaction(id);
  if (place === undefined) return undefined;
  if (!opened.has(place.height)) {
    if (opened.size >= LIMITS.maxBlocksOpenedPerRequest) return undefined;
    opened.set(place.height, store.loadBlock(place.height));
  }
  return opened.get(place.height)?.transactions[LEDGERS.indexOf(place.ledger)]?.[place.index];
}
