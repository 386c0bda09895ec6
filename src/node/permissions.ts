import { addressFromText, addressToText } from '../types/address.ts';
import type { Address } from '../types/ssz-bytes.ts';
import {
  type Allowlist,
  type AllowlistKind,
  absentAllowlist,
  editAllowlist,
  readAllowlist,
} from './allowlist-file.ts';

/**
 * Who may connect, and whose transactions the pool takes. The file is the truth: every change goes into it first, and
 * takes up whatever else stands there by now. Without a file nobody is kept out.
 */
export class Permissions {
  readonly file: string | undefined;
  readonly #listeners: (() => void)[] = [];
  #nodes: ReadonlySet<string> | undefined;
  #accounts: ReadonlySet<Address> | undefined;
  /** Changes wait for each other: each reads the file and writes it. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(file: string | undefined) {
    this.file = file;
  }

  /** @throws NodeError ALLOWLIST_UNREADABLE, ALLOWLIST_MALFORMED */
  static async open(file: string | undefined): Promise<Permissions> {
    const permissions = new Permissions(file);
    if (file !== undefined) permissions.#take(await readAllowlist(file));
    return permissions;
  }

  /** Calls back when the lists have been changed or read anew. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  isNodeAllowed(peerId: string): boolean {
    return this.#nodes?.has(peerId) ?? true;
  }

  isAccountAllowed(account: Address): boolean {
    return this.#accounts?.has(account) ?? true;
  }

  /** Peer ids, undefined where everyone may connect. */
  nodes(): string[] | undefined {
    return this.#nodes && [...this.#nodes];
  }

  /** Undefined where the pool takes transactions of everyone. */
  accounts(): Address[] | undefined {
    return this.#accounts && [...this.#accounts];
  }

  /** Those that were not on the list before. @throws NodeError with an AllowlistErrorCode; nothing changes then */
  async addNodes(peerIds: readonly string[]): Promise<string[]> {
    return await this.#edit('nodes', peerIds, [], (id) => !this.#nodes?.has(id));
  }

  /** Those that were on the list. @throws NodeError with an AllowlistErrorCode; nothing changes then */
  async removeNodes(peerIds: readonly string[]): Promise<string[]> {
    return await this.#edit('nodes', [], peerIds, (id) => this.#nodes?.has(id) === true);
  }

  /** Those that were not on the list before. @throws NodeError with an AllowlistErrorCode; nothing changes then */
  async addAccounts(accounts: readonly Address[]): Promise<Address[]> {
    const isNew = (text: string) => !this.#accounts?.has(addressFromText(text));
    return (await this.#edit('accounts', accounts.map(addressToText), [], isNew)).map(addressFromText);
  }

  /** Those that were on the list. @throws NodeError with an AllowlistErrorCode; nothing changes then */
  async removeAccounts(accounts: readonly Address[]): Promise<Address[]> {
    const wasThere = (text: string) => this.#accounts?.has(addressFromText(text)) === true;
    return (await this.#edit('accounts', [], accounts.map(addressToText), wasThere)).map(addressFromText);
  }

  /** Takes up what stands in the file. @throws NodeError with an AllowlistErrorCode; the lists stay as they were then */
  async reload(): Promise<void> {
    const { file } = this;
    if (file === undefined) throw absentAllowlist(file, 'nodes');
    await this.#inTurn(async () => this.#take(await readAllowlist(file)));
  }

  async #edit(
    kind: AllowlistKind,
    add: readonly string[],
    remove: readonly string[],
    changes: (entry: string) => boolean,
  ): Promise<string[]> {
    const { file } = this;
    if (file === undefined) throw absentAllowlist(file, kind);
    return await this.#inTurn(async () => {
      const lists = await editAllowlist(file, kind, { add, remove });
      const changed = [...new Set([...add, ...remove])].filter(changes);
      this.#take(lists);
      return changed;
    });
  }

  async #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const done = this.#last.then(change);
    this.#last = done.catch(() => undefined);
    return await done;
  }

  #take({ nodes, accounts }: Allowlist): void {
    this.#nodes = nodes && new Set(nodes);
    this.#accounts = accounts && new Set(accounts.map(addressFromText));
    for (const listener of this.#listeners) listener();
  }
}
