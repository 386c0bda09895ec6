import type { Network, PeerInfo } from '../../network/contract.ts';
import type { NetworkPort, PeerView } from '../../rpc/ports.ts';

function peerView(peer: PeerInfo): PeerView {
  return {
    peerId: peer.peerId,
    address: peer.remoteAddress,
    direction: peer.direction,
    connectedAtMs: peer.connectedSinceMs,
    role: peer.role,
    validator: peer.validator,
    height: peer.head.height,
    push: peer.push,
    agent: peer.agent,
  };
}
