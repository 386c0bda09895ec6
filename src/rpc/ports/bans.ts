/** A peer that is never connected, whoever dials. */
export interface BanView {
  readonly peerId: string;
  /** Since when, wall clock. */
  readonly atMs: number;
  /** What the operator noted. */
  readonly reason: string | undefined;
  /** Connections of the peer that were refused since the start of this node. */
  readonly refusals: number;
  readonly lastRefusalMs: number | undefined;
}

/** Changes are written down before they hold. Their errors: NodeError BANS_FULL, BANS_UNWRITABLE. */
export interface BansPort {
  has(peerId: string): boolean;
  /** Oldest first. */
  list(): readonly BanView[];
  /** Ends the connection with the peer; whether it was not banned before. */
  add(peerId: string, reason: string | undefined): Promise<boolean>;
  /** Whether the peer was banned. */
  remove(peerId: string): Promise<boolean>;
}
