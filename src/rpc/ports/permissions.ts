import type { Address } from '../../types/ssz-bytes.ts';

/**
 * Who may connect, and whose transactions the pool takes. A list that is undefined keeps nobody out. Changes are
 * written down before they hold, and answer with what was new.
 * Their errors: NodeError ALLOWLIST_ABSENT, ALLOWLIST_UNREADABLE, ALLOWLIST_MALFORMED, ALLOWLIST_UNWRITABLE.
 */
export interface PermissionsPort {
  /** The file with the lists, if the node has one. */
  readonly file: string | undefined;
  nodes(): readonly string[] | undefined;
  addNodes(peerIds: readonly string[]): Promise<string[]>;
  removeNodes(peerIds: readonly string[]): Promise<string[]>;
  accounts(): readonly Address[] | undefined;
  addAccounts(accounts: readonly Address[]): Promise<Address[]>;
  removeAccounts(accounts: readonly Address[]): Promise<Address[]>;
  /** Takes up what stands in the file. */
  reload(): Promise<void>;
}
