import type { Libp2p, PeerData } from '@libp2p/interface';

/**
 * Has libp2p not note for every stream, on both sides, that the peer speaks the stream's protocol: identify has said
 * so of all protocols before. Each note decodes and encodes the peer's entry under a lock, which takes a twelfth of the
 * processor while many nodes meet. Who merges does not look at the answer.
 */
export function skipStreamNotes({ peerId, peerStore }: Pick<Libp2p, 'peerId' | 'peerStore'>): void {
  const merge = peerStore.merge.bind(peerStore);
  peerStore.merge = async (id, data, options) => {
    if (peerId.equals(id) || !isStreamNote(data)) return await merge(id, data, options);
    const protocols = [...data.protocols];
    return { id: id as typeof peerId, addresses: [], protocols, metadata: new Map(), tags: new Map() };
  };
}

/** One protocol and nothing else, as a connection notes it. */
function isStreamNote(data: PeerData): data is { protocols: string[] } {
  return data.protocols?.length === 1 && Object.keys(data).length === 1;
}
