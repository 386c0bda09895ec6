import { GenesisRequestType } from '../types/network.ts';
import { LIMITS } from '../util/limits.ts';
import type { RequestProtocol } from './requests.ts';

/** Asks for the genesis from a byte on: one item with the next bytes, none at its end. Who joins knows its hash. */
export const GENESIS: RequestProtocol<{ offset: number }> = {
  protocol: '/metanode/genesis/1',
  requestType: GenesisRequestType,
  maxItems: 1,
  itemCostBytes: LIMITS.genesisChunkBytes,
};
