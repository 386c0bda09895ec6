import type { Genesis } from '../src/types/genesis.ts';
import type { TokenName } from '../src/types/names.ts';
import { BPCI } from '../src/types/operations/bpci.ts';
import { findKind } from '../src/types/operations/catalog.ts';
import { ECONOMY } from '../src/types/operations/economy.ts';
import { ECONOMY_SYSTEM_RECEIPTS } from '../src/types/operations/economy-receipts.ts';
import type { BlockReceipts, Receipt, SystemReceipt } from '../src/types/receipt.ts';
import { decode } from '../src/types/ssz.ts';
import { readSystemReceipt, SYSTEM_RECEIPTS } from '../src/types/system-receipt.ts';
import { ClaimBook } from './second-checker-claims.ts';
import { balance, Holdings, lock, meter, pool, TREASURY } from './second-checker-holdings.ts';
import { RewardBooks } from './second-checker-rewards.ts';
import { SalaryBooks } from './second-checker-salary.ts';

/** All GEN that exists, in micro-units. */
const GEN_TOTAL = 100_000_000_000n;

/**
 * Who holds what, recomputed from genesis and from what receipts say happened: nothing of the ledger's code, nothing
 * of its state. If the ledger moves value without telling, or tells what it did not do, these books differ.
 */
export class Books {
  readonly #holdings = new Holdings();
  readonly #rewards = new RewardBooks(this.#holdings);
  readonly #salary: SalaryBooks;
  /** Bonds in the order in which they will be paid back. */
  readonly #unbonding: { owner: string; ref: string }[] = [];
  readonly #claims: ClaimBook;

  constructor(genesis: Genesis) {
    this.#salary = new SalaryBooks(this.#holdings, genesis);
    this.#claims = new ClaimBook(genesis);
    for (const { address, token, amount } of genesis.allocations)
      this.#issue(token, balance(address), amount);
    for (const { payer, ledger, token, amount } of genesis.meters)
      this.#issue(token, meter(ledger, payer), amount);
    for (const { id, bond } of genesis.validators) this.#issue('GEN', `bond:${id}`, bond);
    this.#issue('GEN', TREASURY, GEN_TOTAL - this.supply('GEN'));
  }

  get faults(): readonly string[] {
    return [...this.#holdings.faults, ...this.#claims.faults];
  }

  /** What banks owe for fees in AUR, by `<LEI> <claimant>`. */
  get claims(): ReadonlyMap<string, bigint> {
    return this.#claims.claims;
  }

  /** Everyone who ever had coins to spend. */
  get addresses(): readonly string[] {
    return this.#holdings.addresses;
  }

  supply(token: TokenName): bigint {
    return this.#holdings.supply(token);
  }

  balance(address: string, token: TokenName): bigint {
    return this.#holdings.amount(token, balance(address));
  }

  /** Sum over all holders; equal to the supply if nothing came from nowhere. */
  held(token: TokenName): bigint {
    return this.#holdings.held(token);
  }

  /** Books one block. `senderOf` gives the sender of a transaction by its id. */
  apply(receipts: BlockReceipts, senderOf: (txId: string) => string): void {
    for (const section of receipts.sections)
      for (const receipt of section) {
        const sender = senderOf(receipt.txId);
        this.#bookCharges(receipt, sender);
        this.#bookEvents(receipt);
        if (receipt.ledger === 'economy') this.#claims.apply(receipt);
      }
    for (const receipt of receipts.system) this.#bookSystemReceipt(receipt);
    const height = receipts.system[0]?.height ?? receipts.sections.flat()[0]?.height;
    if (height !== undefined) this.#rewards.endBlock(height);
  }

  #issue(token: TokenName, to: string, amount: bigint): void {
    this.#holdings.issue(token, to, amount);
  }

  #move(token: TokenName, from: string, to: string, amount: bigint): void {
    this.#holdings.move(token, from, to, amount);
  }

  /**
   * Half of each charge, rounded up, is burned, and the rest is in the section's pool; GEN goes to the treasury. What is
   * charged in AUR, an event tells with the bank whose AUR it was.
   */
  #bookCharges({ ledger, height, charges }: Receipt, sender: string): void {
    for (const { token, amount } of charges) {
      if (token === 'AUR') continue;
      const from = ledger === 'economy' && token === 'FLX' ? balance(sender) : meter(ledger, sender);
      const burned = token === 'GEN' ? 0n : (amount + 1n) / 2n;
      this.#issue(token, from, -burned);
      this.#move(token, from, token === 'GEN' ? TREASURY : pool(ledger, height), amount - burned);
    }
  }

  #bookEvents({ ledger, height, events }: Receipt): void {
    for (const { kind, data } of events) {
      if (ledger === 'economy') this.#bookEconomyEvent(kind, data);
      if (ledger === 'docklock') this.#rewards.bookEvent(kind, data, height);
      if (ledger === 'bpci' && kind === BPCI.events.BondUnlocking.kind) {
        const { owner, bondRef } = decode(BPCI.events.BondUnlocking.type, data, 'event');
        this.#unbonding.push({ owner, ref: bondRef });
      }
    }
  }

  #bookEconomyEvent(kind: number, data: Uint8Array): void {
    this.#salary.bookEvent(kind, data);
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
      case 'CrossBorderCharged': {
        const { from, amount } = decode(events.CrossBorderCharged.type, data, name);
        this.#issue('AUR', balance(from), -amount);
        break;
      }
      case 'FaucetPaid': {
        const { to, amount } = decode(events.FaucetPaid.type, data, name);
        this.#issue('FLX', balance(to), amount);
        break;
      }
      case undefined:
        this.#holdings.faults.push(`an economy event of unknown kind ${kind}`);
        break;
      default:
        break; // moves no value, or only announces what a system receipt will tell
    }
  }

  #bookSystemReceipt(receipt: SystemReceipt): void {
    this.#rewards.bookSystemReceipt(receipt, this.#salary.account);
    this.#salary.bookSystemReceipt(receipt);
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
        this.#holdings.faults.push(`epoch ${closed.epoch} brought ${closed.nexMinted} NEX`);
    }
    const paid = readSystemReceipt(ECONOMY_SYSTEM_RECEIPTS.EpochSharePaid, receipt);
    if (paid === undefined) return;
    this.#move('NEX', EPOCH_POOL, balance(paid.operator), paid.amount - paid.fee);
    for (const pool of paid.pool) this.#move('NEX', EPOCH_POOL, balance(pool), paid.fee);
  }

  /** Bonds of genesis stand under their owner's name. */
  #bond(owner: string, ref: string): string {
    return this.#holdings.has('GEN', lock('bpci', ref)) ? lock('bpci', ref) : `bond:${owner}`;
  }

  /** Bonds are paid back in the order in which they were given up. */
  #payBack(): void {
    const next = this.#unbonding.shift();
    if (next === undefined) {
      this.#holdings.faults.push('a bond was paid back that nobody gave up');
      return;
    }
    const holder = this.#bond(next.owner, next.ref);
    this.#move('GEN', holder, balance(next.owner), this.#holdings.amount('GEN', holder));
  }
}

const EPOCH_POOL = 'epoch-pool';
const FLX_RESERVE = 'flx-reserve';
