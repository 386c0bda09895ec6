import assert from 'node:assert/strict';
import { EPOCH_POOL, ISSUE, parseAccountPath } from '../../src/ledger/economy/account.ts';
import { amountOf, supplyOf } from '../../src/ledger/economy/books.ts';
import { settlement } from '../../src/ledger/economy/economy.ts';
import { bookEpoch, closeEpoch } from '../../src/ledger/economy/policy/epoch-settlement.ts';
import { NOTHING_USED } from '../../src/ledger/economy/policy/poe-records.ts';
import { jobFee } from '../../src/ledger/economy/rewards/fee-split.ts';
import type { ResourceUsage } from '../../src/ledger/economy/rewards/poe-index.ts';
import { genesisState } from '../../src/ledger/genesis-state.ts';
import type { BlockContext, CreditedJob, StateReader } from '../../src/ledger/seam.ts';
import type { State } from '../../src/ledger/state/state.ts';
import type { Genesis, Parameters } from '../../src/types/genesis.ts';
import { TOKENS, type TokenName } from '../../src/types/names.ts';
import type { EpochClosedType } from '../../src/types/operations/economy-receipts.ts';
import { ECONOMY_SYSTEM_RECEIPTS } from '../../src/types/operations/economy-receipts.ts';
import { U128 } from '../../src/types/ssz-numbers.ts';
import { readSystemReceipt, type SystemReceiptBody } from '../../src/types/system-receipt.ts';
import { hashNumber } from './blocks.ts';
import { actor, testGenesis } from './ledger-chain.ts';

export const EPOCH_MS = 60_000;

/** A job of one operator for one app: `value` micro-FLX, unless told in NEX, and some CPU. */
export function jobOf(
  operator: string,
  app: string,
  value: bigint,
  { token = 'FLX', usage = {} }: { token?: TokenName; usage?: Partial<ResourceUsage> } = {},
): CreditedJob {
  return {
    payer: hashNumber(1),
    app,
    node: operator,
    operator,
    usage: { ...NOTHING_USED, ...usage },
    amounts: [{ token, value, fee: jobFee(value) }],
    receipt: 0,
  };
}

/** What one block of the world did. */
export interface EpochBlock {
  readonly receipts: readonly SystemReceiptBody[];
  readonly closed: ReturnType<typeof EpochClosedType.defaultValue> | undefined;
}

/** The monetary policy alone: blocks of jobs and gas on the state of genesis, with the invariants of value after each. */
export class EpochWorld {
  readonly genesis: Genesis;
  readonly genesisHash: string;
  readonly state: State;
  timeMs: number;
  height: number;

  constructor(
    parameters: Partial<Parameters> = {},
    from?: Pick<EpochWorld, 'genesis' | 'state' | 'timeMs' | 'height'>,
  ) {
    this.genesis =
      from?.genesis ??
      testGenesis({
        validators: [actor('validator')],
        parameters: { epochMs: EPOCH_MS, ...parameters },
      });
    const { state, genesisHash } = genesisState(this.genesis);
    this.state = from?.state ?? state;
    this.genesisHash = genesisHash;
    this.timeMs = from?.timeMs ?? this.genesis.timeMs;
    this.height = from?.height ?? 0;
  }

  /** Goes on with the state of a chain of blocks, whose epochs have the length of this world's. */
  static on(chain: Pick<EpochWorld, 'genesis' | 'state' | 'timeMs' | 'height'>): EpochWorld {
    return new EpochWorld({}, chain);
  }

  get economy(): StateReader {
    return this.state.reader('economy');
  }

  get context(): BlockContext {
    const { genesis, genesisHash, height, timeMs } = this;
    return { genesis, genesisHash, height, timeMs, parameters: genesis.parameters };
  }

  balance(address: string, token: TokenName = 'NEX'): bigint {
    return amountOf(this.economy, `balance/${address}`, token);
  }

  get unpaid(): bigint {
    return amountOf(this.economy, EPOCH_POOL, 'NEX');
  }

  /** One block at the rule time of now; `elapsedMs` passes after it. */
  block(
    jobs: readonly CreditedJob[] = [],
    { elapsedMs = 1_000, gasSold = 0, activeNodes = 1 } = {},
  ): EpochBlock {
    this.height++;
    const view = this.state.extend();
    const writer = view.writer('economy');
    const before = this.state.reader('economy');
    const receipts = [
      // A chain of blocks that this world goes on with may have left fees to share.
      ...settlement.payPools(writer, this.height, []),
      ...closeEpoch(writer, this.context, activeNodes),
      ...bookEpoch(writer, this.context, jobs, gasSold),
    ];
    settlement.assertInvariants(before, writer, view.pathsChangedSince(this.state, 'economy'), this.context);
    this.state.commit(view);
    this.timeMs += elapsedMs;
    const closed = receipts.flatMap(
      (receipt) => readSystemReceipt(ECONOMY_SYSTEM_RECEIPTS.EpochClosed, receipt) ?? [],
    );
    assert.ok(closed.length <= 1);
    return { receipts, closed: closed[0] };
  }

  /** Goes to the beginning of an epoch `count` after this one, and makes a block there. */
  nextEpoch(count = 1, options: { activeNodes?: number } = {}): EpochBlock {
    const index = Math.floor((this.timeMs - this.genesis.timeMs) / EPOCH_MS);
    this.timeMs = this.genesis.timeMs + (index + count) * EPOCH_MS;
    return this.block([], options);
  }

  /** Blocks until no share is left. */
  payAll(): EpochBlock[] {
    const blocks: EpochBlock[] = [];
    while (this.unpaid > 0n) blocks.push(this.block());
    return blocks;
  }

  /** Σ over every account but the contra account equals the supply, read from all leaves. */
  assertConserved(): void {
    const held = new Map<TokenName, bigint>();
    for (const { path, value } of this.state.scan('economy', 'account/')) {
      const entry = parseAccountPath(path);
      if (entry === undefined || entry.account === ISSUE) continue;
      held.set(entry.token, (held.get(entry.token) ?? 0n) + U128.deserialize(value));
    }
    for (const token of TOKENS) assert.equal(held.get(token) ?? 0n, supplyOf(this.economy, token), token);
  }
}
