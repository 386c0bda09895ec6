/**
 * Everything that the topic `alerts` tells an operator of, and how bad it is: `critical` keeps the chain or this node
 * from its work, `warning` soon may. The list is closed: what is not here is no alert.
 */
export const ALERTS = {
  /** No block for longer than even an idle chain takes. */
  CHAIN_STALLED: 'critical',
  /** Fewer validators than a quorum are connected with this node, itself included. */
  PEERS_BELOW_QUORUM: 'critical',
  /** Peers have shown a higher head than this node has, by more than it can miss in passing. */
  FAR_BEHIND: 'warning',
  /** This node has a validator key and signs nothing, for the reason in `details`. */
  NOT_VOTING: 'critical',
  /** Two statements of one validator contradict each other, and this node holds both. */
  EVIDENCE_FOUND: 'warning',
  /** A validator was put out of the set for what it signed; critical for the node that it is. */
  VALIDATOR_JAILED: 'warning',
  /** A proposer sent a block that this node refused after executing it: one of the two is wrong. */
  BLOCK_REFUSED: 'warning',
  /** A quorum put a time into a block that this node's clock has not reached yet. */
  CLOCK_BEHIND: 'warning',
  /** The disk of the data directory is nearly full; a node that cannot write stops. */
  DISK_LOW: 'critical',
  /** The free space of the disk cannot be read. */
  DISK_UNREADABLE: 'critical',
} as const satisfies Readonly<Record<string, 'critical' | 'warning'>>;

export type AlertCode = keyof typeof ALERTS;
export type AlertSeverity = 'critical' | 'warning';
