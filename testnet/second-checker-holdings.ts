import { type LedgerName, TOKENS, type TokenName } from '../src/types/names.ts';

/** Everyone who can hold something, by name. */
export const TREASURY = 'treasury';

export function balance(address: string): string {
  return `balance:${address}`;
}

export function meter(ledger: LedgerName, payer: string): string {
  return `meter:${ledger}:${payer}`;
}

export function lock(ledger: LedgerName, ref: string): string {
  return `lock:${ledger}:${ref}`;
}

/** Fees of the section of a ledger in the block at a height. */
export function pool(ledger: LedgerName, height: number): string {
  return `pool:${ledger}:${height}`;
}

export function locked(miner: string): string {
  return `locked:${miner}`;
}

/** Who holds how much of each token, and what could not be. */
export class Holdings {
  /** Amounts by `<token> <holder>`. */
  readonly #amounts = new Map<string, bigint>();
  readonly #supply = new Map<TokenName, bigint>(TOKENS.map((token) => [token, 0n]));
  readonly #addresses = new Set<string>();
  readonly faults: string[] = [];

  /** Everyone who ever had coins to spend. */
  get addresses(): readonly string[] {
    return [...this.#addresses];
  }

  supply(token: TokenName): bigint {
    return this.#supply.get(token) as bigint;
  }

  amount(token: TokenName, holder: string): bigint {
    return this.#amounts.get(`${token} ${holder}`) ?? 0n;
  }

  has(token: TokenName, holder: string): boolean {
    return this.#amounts.has(`${token} ${holder}`);
  }

  /** Sum over all holders; equal to the supply if nothing came from nowhere. */
  held(token: TokenName): bigint {
    let sum = 0n;
    for (const [key, amount] of this.#amounts) if (key.startsWith(`${token} `)) sum += amount;
    return sum;
  }

  add(token: TokenName, holder: string, amount: bigint): void {
    const sum = this.amount(token, holder) + amount;
    if (sum < 0n) this.faults.push(`${holder} would hold ${sum} ${token}`);
    this.#amounts.set(`${token} ${holder}`, sum);
    if (holder.startsWith('balance:')) this.#addresses.add(holder.slice('balance:'.length));
  }

  issue(token: TokenName, to: string, amount: bigint): void {
    this.add(token, to, amount);
    this.#supply.set(token, this.supply(token) + amount);
  }

  move(token: TokenName, from: string, to: string, amount: bigint): void {
    this.add(token, to, amount);
    this.add(token, from, -amount);
  }
}
