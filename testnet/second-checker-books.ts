import type { ValueOf } from '@chainsafe/ssz';
import type { Genesis } from '../src/types/genesis.ts';
import { type LedgerName, TOKENS, type TokenName } from '../src/types/names.ts';
import { BPCI } from '../src/types/operations/bpci.ts';
import { findKind } from '../src/types/operations/catalog.ts';
import { DOCKLOCK } from '../src/types/operations/docklock.ts';
import { ECONOMY, ECONOMY_SYSTEM_RECEIPTS } from '../src/types/operations/economy.ts';
import type { BlockReceipts, Receipt } from '../src/types/receipt.ts';
import { decode } from '../src/types/ssz.ts';
import { readSystemReceipt, SYSTEM_RECEIPTS } from '../src/types/system-receipt.ts';

/** All GEN that exists, in micro-units. */
const GEN_TOTAL = 100_000_000_000n;

/**
 * Who holds what, recomputed from genesis and from what receipts say happened: nothing of the ledger's code, nothing
 * of its state. If the ledger moves value without telling, or tells what it did not do, these books differ.
 */
export class Books {
  /** Amounts by `<token> <holder>`; holders are `balance:`, `meter:` and `lock:` names and the treasury. */
  readonly #amounts = new Map<string, bigint>();
  readonly #supply = new Map<TokenName, bigint>(TOKENS.map((token) => [token, 0n]));
  /** Bonds in the order in which they will be paid back. */
  readonly #unbonding: { owner: string; ref: string }[] = [];
  readonly #addresses = new Set<string>();
  readonly #faults: string[] = [];

  constructor(genesis: Genesis) {
    for (const { address, token, amount } of genesis.allocations)
      this.#issue(token, balance(address), amount);
    for (const { payer, ledger, token, amount } of genesis.meters)
      this.#issue(token, meter(ledger, payer), amount);
    for (const { id, bond } of genesis.validators) this.#issue('GEN', `bond:${id}`, bond);
    this.#issue('GEN', TREASURY, GEN_TOTAL - this.supply('GEN'));
    for (const { address } of genesis.allocations) this.#addresses.add(address);
  }

  get faults(): readonly string[] {
    return this.#faults;
  }

  /** Everyone who ever had coins to spend. */
  get addresses(): readonly string[] {
    return [...this.#addresses];
  }

  supply(token: TokenName): bigint {
    return this.#supply.get(token) as bigint;
  }

  balance(address: string, token: TokenName): bigint {
    return this.#amounts.get(`${token} ${balance(address)}`) ?? 0n;
  }

  /** Sum over all holders; equal to the supply if nothing came from nowhere. */
  held(token: TokenName): bigint {
    let sum = 0n;
    for (const [key, amount] of this.#amounts) if (key.startsWith(`${token} `)) sum += amount;
    return sum;
  }

  /** Books one block. `senderOf` gives the sender of a transaction by its id. */
  apply(receipts: BlockReceipts, senderOf: (txId: string) => string): void {
    for (const section of receipts.sections)
      for (const receipt of section) {
        const sender = senderOf(receipt.txId);
        this.#bookCharges(receipt, sender);
        this.#bookEvents(receipt);
      }
    for (const receipt of receipts.system) this.#bookSystemReceipt(receipt);
  }

  #add(token: TokenName, holder: string, amount: bigint): void {
    const key = `${token} ${holder}`;
    const sum = (this.#amounts.get(key) ?? 0n) + amount;
    if (sum < 0n) this.#faults.push(`${holder} would hold ${sum} ${token}`);
    this.#amounts.set(key, sum);
    if (holder.startsWith('balance:')) this.#addresses.add(holder.slice('balance:'.length));
  }

  #issue(token: TokenName, to: string, amount: bigint): void {
    this.#add(token, to, amount);
    this.#supply.set(token, this.supply(token) + amount);
  }

  #move(token: TokenName, from: string, to: string, amount: bigint): void {
    this.#add(token, to, amount);
    this.#add(token, from, -amount);
  }

  /** Half of each FLX charge, rounded up, is burned; all else goes to the treasury. */
  #bookCharges({ ledger, charges }: Receipt, sender: string): void {
    for (const { token, amount } of charges) {
      const from = ledger === 'economy' && token === 'FLX' ? balance(sender) : meter(ledger, sender);
      const burned = token === 'FLX' ? (amount + 1n) / 2n : 0n;
      this.#issue(token, from, -burned);
      this.#move(token, from, TREASURY, amount - burned);
    }
  }

  #bookEvents({ ledger, events }: Receipt): void {
    for (const { kind, data } of events) {
      if (ledger === 'economy') this.#bookEconomyEvent(kind, data);
      if (ledger === 'docklock' && kind === DOCKLOCK.events.JobValued.kind)
        this.#bookJob(decode(DOCKLOCK.events.JobValued.type, data, 'event'));
      if (ledger === 'bpci' && kind === BPCI.events.BondUnlocking.kind) {
        const { owner, bondRef } = decode(BPCI.events.BondUnlocking.type, data, 'event');
        this.#unbonding.push({ owner, ref: bondRef });
      }
    }
  }

  /** The owner of the app pays for the job if the meters cover it. */
  #bookJob({ owner, amounts, credited }: ValueOf<typeof DOCKLOCK.events.JobValued.type>): void {
    for (const { token, value, fee } of amounts) {
      if (fee !== value / 100n) this.#faults.push(`a job of ${value} ${token} with a fee of ${fee}`);
      if (credited) this.#move(token, meter('docklock', owner), TREASURY, fee);
    }
  }

  #bookEconomyEvent(kind: number, data: Uint8Array): void {
    const { events } = ECONOMY;
    const name = findKind<unknown>(events, kind)?.name as keyof typeof events | undefined;
    switch (name) {
      case 'Transferred': {
        const { from, to, token, amount } = decode(events.Transferred.type, data, name);
        this.#move(token, balance(from), balance(to), amount);
        break;
      }
      case 'Locked': {
        const { owner, ledger, ref, token, amount } = decode(events.Locked.type, data, name);
        this.#move(token, balance(owner), lock(ledger, ref), amount);
        break;
      }
      case 'MeterDeposited': {
        const { from, payer, ledger, token, amount } = decode(events.MeterDeposited.type, data, name);
        this.#move(token, balance(from), meter(ledger, payer), amount);
        break;
      }
      case 'CoinIssued': {
        const { to, token, amount } = decode(events.CoinIssued.type, data, name);
        this.#issue(token, balance(to), amount);
        break;
      }
      case 'CoinRedeemed': {
        const { from, token, amount } = decode(events.CoinRedeemed.type, data, name);
        this.#issue(token, balance(from), -amount);
        break;
      }
      case 'AurMinted': {
        const { to, amount } = decode(events.AurMinted.type, data, name);
        this.#issue('AUR', balance(to), amount);
        break;
      }
      case 'AurBurned': {
        const { from, amount } = decode(events.AurBurned.type, data, name);
        this.#issue('AUR', balance(from), -amount);
        break;
      }
      case 'BankTransferred': {
        const { from, to, amount } = decode(events.BankTransferred.type, data, name);
        this.#move('AUR', balance(from), balance(to), amount);
        break;
      }
      case 'FaucetPaid': {
        const { to, amount } = decode(events.FaucetPaid.type, data, name);
        this.#issue('FLX', balance(to), amount);
        break;
      }
      case undefined:
        this.#faults.push(`an economy event of unknown kind ${kind}`);
        break;
      default:
        break; // moves no value, or only announces what a system receipt will tell
    }
  }

  #bookSystemReceipt(receipt: { kind: number; data: Uint8Array }): void {
    const unlocked = readSystemReceipt(ECONOMY_SYSTEM_RECEIPTS.UnlockOutcome, receipt);
    if (unlocked !== undefined && unlocked.status === 0) {
      const { owner, ledger, ref, token, amount } = unlocked;
      this.#move(token, lock(ledger, ref), balance(owner), amount);
    }
    const withdrawn = readSystemReceipt(ECONOMY_SYSTEM_RECEIPTS.MeterWithdrawOutcome, receipt);
    if (withdrawn !== undefined) {
      const { payer, ledger, token, amount } = withdrawn;
      this.#move(token, meter(ledger, payer), balance(payer), amount);
    }
    this.#bookEpoch(receipt);
    const slashing = readSystemReceipt(SYSTEM_RECEIPTS.ValidatorSlashed, receipt);
    if (slashing !== undefined && slashing.slashed > 0n)
      this.#move('GEN', this.#bond(slashing.validator, slashing.bondRef), TREASURY, slashing.slashed);
    const delivered = readSystemReceipt(SYSTEM_RECEIPTS.OutboxDelivered, receipt);
    if (delivered !== undefined && delivered.from === 'bpci' && delivered.to === 'economy') this.#payBack();
  }

  /** New coins at the end of an epoch, and the shares of them as they are paid. */
  #bookEpoch(receipt: { kind: number; data: Uint8Array }): void {
    const closed = readSystemReceipt(ECONOMY_SYSTEM_RECEIPTS.EpochClosed, receipt);
    if (closed !== undefined) {
      this.#issue('NEX', EPOCH_POOL, closed.nexMinted);
      this.#issue('FLX', FLX_RESERVE, closed.flxMinted);
      if (closed.nexMinted > closed.nexCap || closed.nexMinted > closed.work)
        this.#faults.push(`epoch ${closed.epoch} brought ${closed.nexMinted} NEX`);
    }
    const paid = readSystemReceipt(ECONOMY_SYSTEM_RECEIPTS.EpochSharePaid, receipt);
    if (paid === undefined) return;
    this.#move('NEX', EPOCH_POOL, balance(paid.operator), paid.amount - paid.fee);
    for (const pool of paid.pool) this.#move('NEX', EPOCH_POOL, balance(pool), paid.fee);
  }

  /** Bonds of genesis stand under their owner's name. */
  #bond(owner: string, ref: string): string {
    return this.#amounts.has(`GEN ${lock('bpci', ref)}`) ? lock('bpci', ref) : `bond:${owner}`;
  }

  /** Bonds are paid back in the order in which they were given up. */
  #payBack(): void {
    const next = this.#unbonding.shift();
    if (next === undefined) {
      this.#faults.push('a bond was paid back that nobody gave up');
      return;
    }
    const holder = this.#bond(next.owner, next.ref);
    this.#move('GEN', holder, balance(next.owner), this.#amounts.get(`GEN ${holder}`) ?? 0n);
  }
}

const TREASURY = 'treasury';
const EPOCH_POOL = 'epoch-pool';
const FLX_RESERVE = 'flx-reserve';

function balance(address: string): string {
  return `balance:${address}`;
}

function meter(ledger: LedgerName, payer: string): string {
  return `meter:${ledger}:${payer}`;
}

function lock(ledger: LedgerName, ref: string): string {
  return `lock:${ledger}:${ref}`;
}
