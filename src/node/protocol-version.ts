/** Version of the peer-to-peer protocols; a peer with a lower one is refused. */
export const PROTOCOL_VERSION = 1;
