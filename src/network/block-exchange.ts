import {
  BlockRequestType,
  BlocksRequestType,
  type CertifiedBlockBytes,
  CertifiedBlockBytesType,
  TransactionsRequestType,
} from '../types/network.ts';
import { decode, encode } from '../types/ssz.ts';
import type { Hash } from '../types/ssz-bytes.ts';
import { LIMITS } from '../util/limits.ts';
import type { RequestHandlers } from './contract.ts';
import { networkError } from './errors.ts';
import { GENESIS } from './genesis-protocol.ts';
import type { Peer } from './peers/peer-table.ts';
import type { Admitted, Registrar, RequestProtocol, Requests } from './requests.ts';

const TRANSACTIONS: RequestProtocol<Hash[]> = {
  protocol: '/metanode/transactions/1',
  requestType: TransactionsRequestType,
  maxItems: LIMITS.maxTransactionsPerRequest,
  itemCostBytes: 1024,
};
const BLOCK: RequestProtocol<{ hash: Hash }> = {
  protocol: '/metanode/block/1',
  requestType: BlockRequestType,
  maxItems: 1,
  itemCostBytes: 16 * 1024,
};
const BLOCKS: RequestProtocol<{ fromHeight: number; count: number; maxBytes: number }> = {
  protocol: '/metanode/blocks/1',
  requestType: BlocksRequestType,
  maxItems: LIMITS.maxBlocksPerRequest,
  itemCostBytes: 16 * 1024,
};

/** SSZ offsets around the two byte lists of a certified block. */
const CERTIFIED_BLOCK_OVERHEAD = 8;

/** Asking for transactions and blocks, and answering. It moves bytes; the askers check hashes and certificates. */
export class BlockExchange {
  readonly #requests: Requests;
  #handlers: RequestHandlers | undefined;

  constructor(requests: Requests) {
    this.#requests = requests;
  }

  setHandlers(handlers: RequestHandlers): void {
    this.#handlers = handlers;
  }

  async start(register: Registrar, admitted: Admitted): Promise<void> {
    const requests = this.#requests;
    await requests.serve(register, admitted, TRANSACTIONS, async (ids) => this.#served.transactions(ids));
    await requests.serve(register, admitted, BLOCK, async ({ hash }) => {
      const block = await this.#served.blockByHash(hash);
      return block === undefined ? [] : [block];
    });
    await requests.serve(register, admitted, BLOCKS, async ({ fromHeight, count, maxBytes }) => {
      const limit = Math.min(count, LIMITS.maxBlocksPerRequest);
      const budget = Math.min(maxBytes, LIMITS.maxAnswerBytes - limit * CERTIFIED_BLOCK_OVERHEAD);
      const blocks = await this.#served.blocks(fromHeight, limit, budget);
      return blocks.map((block) => encode(CertifiedBlockBytesType, block));
    });
    await requests.serve(register, admitted, GENESIS, async ({ offset }) => {
      const chunk = this.#served.genesis().subarray(offset, offset + LIMITS.genesisChunkBytes);
      return chunk.length === 0 ? [] : [chunk];
    });
  }

  async transactions(peer: Peer, ids: readonly Hash[], signal?: AbortSignal): Promise<Uint8Array[]> {
    if (ids.length === 0) return [];
    return await this.#requests.ask(peer, TRANSACTIONS, [...ids], signal);
  }

  async block(peer: Peer, hash: Hash, signal?: AbortSignal): Promise<Uint8Array | undefined> {
    const [block] = await this.#requests.ask(peer, BLOCK, { hash }, signal);
    return block;
  }

  async blocks(
    peer: Peer,
    fromHeight: number,
    count: number,
    signal?: AbortSignal,
  ): Promise<CertifiedBlockBytes[]> {
    const request = {
      fromHeight,
      count: Math.min(count, LIMITS.maxBlocksPerRequest),
      maxBytes: LIMITS.maxAnswerBytes,
    };
    const items = await this.#requests.ask(peer, BLOCKS, request, signal);
    return items.map((bytes) => {
      try {
        return decode(CertifiedBlockBytesType, bytes, 'certified block');
      } catch (cause) {
        const data = { peerId: peer.peerId };
        throw networkError('MALFORMED_ANSWER', 'not a block with its certificate', { data, cause });
      }
    });
  }

  get #served(): RequestHandlers {
    if (this.#handlers === undefined)
      throw networkError('NOT_STARTED', 'this node does not serve blocks yet');
    return this.#handlers;
  }
}
