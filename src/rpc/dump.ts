import type { RpcPorts } from './ports/rpc-ports.ts';
import { hash0x, rfc3339 } from './text-forms.ts';

/** The fields that begin every dump; `schema` names the method and the version of its form. */
export function dumpOf(ports: RpcPorts, schema: string) {
  return {
    schema: `metanode/${schema}/1`,
    nodeId: ports.network.peerId,
    genesisHash: hash0x(ports.chain.genesisHash),
    height: ports.chain.head().height,
    takenAt: rfc3339(ports.clock.wallMs()),
  };
}
