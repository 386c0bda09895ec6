import type { Connection } from '@libp2p/interface';
import { concatBytes } from '../../util/bytes.ts';
import { LIMITS } from '../../util/limits.ts';
import { networkError } from '../errors.ts';
import { GENESIS } from '../genesis-protocol.ts';
import { askOver } from '../requests.ts';

/**
 * The genesis as the peer has it, in as many requests as it needs; its hash is still to be checked.
 * @throws NetworkError REQUEST_REFUSED, REQUEST_FAILED, MALFORMED_ANSWER
 */
export async function fetchGenesis(connection: Connection): Promise<Uint8Array> {
  const peer = { peerId: connection.remotePeer.toString(), connection, requestsOut: 0 };
  const chunks: Uint8Array[] = [];
  for (let offset = 0; ; ) {
    const [chunk] = await askOver(peer, GENESIS, { offset });
    if (chunk === undefined || chunk.length === 0) return concatBytes(...chunks);
    chunks.push(chunk);
    offset += chunk.length;
    if (offset > LIMITS.maxGenesisFileBytes)
      throw networkError('MALFORMED_ANSWER', 'a genesis above its bound', { data: { peerId: peer.peerId } });
  }
}
