/** The steps from an address to a peer, in the order in which each needs the ones before it. */
const PROBE_STEPS = [
  'address',
  'dns',
  'tcp',
  'swarm-key',
  'noise',
  'identify',
  'handshake',
  'genesis',
] as const;
export type ProbeStepName = (typeof PROBE_STEPS)[number];

export type ProbeFailureReason =
  | 'BAD_MULTIADDR'
  | 'NAME_NOT_FOUND'
  | 'CONNECTION_REFUSED'
  | 'CONNECT_TIMED_OUT'
  | 'HOST_UNREACHABLE'
  | 'NO_ANSWER'
  | 'SWARM_KEY_NEEDED'
  | 'SWARM_KEY_NOT_USED_THERE'
  | 'SWARM_KEY_MISMATCH_LIKELY'
  | 'PEER_ID_MISMATCH'
  | 'NOISE_FAILED'
  | 'NO_METANODE'
  | 'IDENTIFY_FAILED'
  | 'GENESIS_NOT_GIVEN';

export type ProbeStep = { readonly step: ProbeStepName; readonly ms: number } & (
  | { readonly ok: true; readonly detail: string }
  | {
      readonly ok: false;
      /** A ProbeFailureReason, or for the handshake the code that either side gave. */
      readonly reason: string;
      readonly detail: string;
      /** What to do about it. */
      readonly hint: string;
    }
);

const HINTS: Readonly<Record<ProbeFailureReason, string>> = {
  BAD_MULTIADDR:
    'an address looks like /ip4/203.0.113.7/tcp/4101/p2p/12D3KooW… or /dns4/node.example/tcp/4101/p2p/…',
  NAME_NOT_FOUND: 'check the name, or use the /ip4/ address of that machine',
  CONNECTION_REFUSED:
    'nothing listens there for this machine: start the node there with --listen /ip4/0.0.0.0/tcp/<port>, not on 127.0.0.1',
  CONNECT_TIMED_OUT:
    'a firewall or a NAT drops the packets, or the address is private: open the port there, or forward it and --advertise the public address',
  HOST_UNREACHABLE: 'no route leads there: use an address that this machine can reach',
  NO_ANSWER:
    'something listens there, but it is no libp2p node, or it has no room for connections: check the port',
  SWARM_KEY_NEEDED: 'the node there is in a private network: give its key with --swarm-key <file>',
  SWARM_KEY_NOT_USED_THERE:
    'the node there has no swarm key: leave out --swarm-key, or start that node with it',
  SWARM_KEY_MISMATCH_LIKELY: 'the two nodes seem to have different swarm keys: compare the two files',
  PEER_ID_MISMATCH: 'another node answers at this address: take the address from its net_identity',
  NOISE_FAILED: 'the encrypted channel could not be made: the other end may not be a libp2p node',
  NO_METANODE: 'a libp2p node answers, but it does not speak /metanode/status/1: check the port',
  IDENTIFY_FAILED: 'the node there ended the connection: it may have no room, try again or ask its operator',
  GENESIS_NOT_GIVEN: 'take the genesis file from who made the invite, and give it with --genesis <file>',
};

/** What ended a probe; the step that was under way becomes the failed one. */
export class ProbeFailure extends Error {
  readonly reason: string;
  readonly hint: string;

  constructor(reason: ProbeFailureReason, detail: string) {
    super(detail);
    this.name = 'ProbeFailure';
    this.reason = reason;
    this.hint = HINTS[reason];
  }
}
