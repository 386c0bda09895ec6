import type { KeyPair } from '../../src/crypto/ed25519.ts';
import { hashOf } from '../../src/crypto/hash.ts';
import { ECONOMY } from '../../src/types/operations/economy.ts';
import { attestationSigningBytes } from '../../src/types/operations/economy-gold.ts';
import { utf8 } from '../../src/util/bytes.ts';
import { bankIdentifierCode, legalEntityIdentifier } from '../bank-codes.ts';
import { bankNumber } from '../genesis.ts';
import type { Account } from '../identities.ts';
import { approve, FORTUNE, freshAddress, freshHash, plan, SETTLED_MS } from './planning.ts';
import type { OperationScenario, PlanContext, PlannedTransaction } from './scenario.ts';

const { operations } = ECONOMY;

const OUNCE_MICRO_USD = 2_400_000_000n;
/** The quotas of the testnet's genesis, and time for the one before to be recorded. */
const QUOTA_MS = 7_000 + SETTLED_MS;

/** A UUID version 4 (RFC 9562 §5.4) out of a fresh hash. */
function freshUetr(context: PlanContext): string {
  const hex = freshHash(context, 'uetr');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function leiOf(context: PlanContext, index: number): string {
  return legalEntityIdentifier(bankNumber(laneNumber(context), index));
}

/** The lane stands in the names of its accounts, `payer-1-3`. */
function laneNumber({ lane }: PlanContext): number {
  return Number(lane.payers[0]?.name.split('-')[1]);
}

/** Remembers when something was last planned, to keep a distance in time. */
class Spacing {
  readonly #last = new Map<string, number>();

  /** Whether `key` may be planned at `atMs`, which is then noted. */
  take(key: string, atMs: number, distanceMs: number): boolean {
    const last = this.#last.get(key);
    if (last !== undefined && atMs - last < distanceMs) return false;
    this.#last.set(key, atMs);
    return true;
  }
}

/** Room for the banks that a load registers while one block goes by; runs are numbered by height. */
const BANKS_PER_HEIGHT = 200;
const BANKS_PER_LANE = 8_000_000;

/** Banks that nobody has registered before. */
export function bankRegister(): OperationScenario {
  let registered = 0;
  const register = (context: PlanContext, expected: string): PlannedTransaction => {
    const sender = context.rotate(context.lane.payers);
    const offset = (context.runId * BANKS_PER_HEIGHT + registered++) % BANKS_PER_LANE;
    // Genesis banks have the numbers below.
    const number = 1_000 + laneNumber(context) * BANKS_PER_LANE + offset;
    const lei = legalEntityIdentifier(number);
    const value = {
      lei: expected === 'OK' ? lei : `${lei.slice(0, 18)}${lei.endsWith('00') ? '01' : '00'}`,
      bic: bankIdentifierCode(number),
      tier: 3,
      account: freshAddress(context),
      licenseHash: freshHash(context, 'licence'),
      approvals: [],
    };
    const spec = operations.BankRegister;
    const keys = context.authorities.bankApproval.slice(0, 2);
    return plan(
      sender,
      expected,
      spec,
      approve(context, { sender, ledger: 'economy', authority: 'bank-approval' }, keys, spec, value),
    );
  };
  return {
    operation: 'BankRegister',
    weight: 2,
    succeed: (context) => register(context, 'OK'),
    fail: (context) => register(context, 'INVALID_LEI'),
  };
}

/**
 * Gold, its price, and the AUR that both allow. Minting waits until a reserve was attested and enough prices were
 * reported within this plan, and a bank passes on only what an earlier mint gave it.
 */
export function gold(): OperationScenario[] {
  const spacing = new Spacing();
  let attestedAtMs: number | undefined;
  const reports: number[] = [];
  let mintedAtMs: number | undefined;
  let transfers = 0;
  const bank = (context: PlanContext) => context.lane.banks[0] as Account;

  const attestation = (context: PlanContext, signers: readonly KeyPair[]) => {
    const asOfMs = context.startMs + context.atMs - 60_000;
    const body = {
      custodian: leiOf(context, 0),
      barsRoot: hashOf('operation', utf8(`bars of ${leiOf(context, 0)}`)),
      fineMg: 1_000_000_000n,
      cashCents: 1_000_000n,
      asOfMs,
      expiresMs: asOfMs + 86_400_000,
    };
    const bytes = attestationSigningBytes(context.genesisHash, body);
    return {
      ...body,
      signatures: signers.map((key) => ({ key: key.publicKey, signature: key.sign(bytes) })),
    };
  };
  /** In turn to the bank abroad, which costs a fee in AUR, and to the one in the same country. */
  const bankTransfer = (context: PlanContext, expected: string, amount: bigint) =>
    plan(bank(context), expected, operations.BankTransfer, {
      uetr: freshUetr(context),
      debtorBank: leiOf(context, 0),
      creditorBank: leiOf(context, 1 + (transfers++ % 2)),
      amount,
      referenceHash: freshHash(context, 'message'),
    });
  const hasMinted = (context: PlanContext) =>
    mintedAtMs !== undefined && context.atMs - mintedAtMs > SETTLED_MS;

  return [
    {
      operation: 'ReserveAttest',
      weight: 3,
      succeed(context) {
        if (!spacing.take('attest', context.atMs, QUOTA_MS)) return undefined;
        attestedAtMs ??= context.atMs;
        const auditors = context.authorities.auditors.slice(0, 2);
        return plan(bank(context), 'OK', operations.ReserveAttest, attestation(context, auditors));
      },
      // Another bank sends it, so that the quota of the custodian is not touched.
      fail: (context) =>
        plan(
          context.lane.banks[1] as Account,
          'NOT_BANK_ACCOUNT',
          operations.ReserveAttest,
          attestation({ ...context, startMs: context.startMs + 1 }, context.authorities.auditors.slice(0, 1)),
        ),
    },
    {
      operation: 'PriceReport',
      weight: 6,
      succeed(context) {
        for (const oracle of context.lane.oracles) {
          if (!spacing.take(oracle.name, context.atMs, QUOTA_MS)) continue;
          reports.push(context.atMs);
          return plan(oracle, 'OK', operations.PriceReport, {
            microUsdPerOunce: OUNCE_MICRO_USD + BigInt(context.unique() % 1_000),
          });
        }
        return undefined;
      },
      fail: (context) =>
        plan(context.rotate(context.lane.payers), 'NOT_AN_ORACLE', operations.PriceReport, {
          microUsdPerOunce: OUNCE_MICRO_USD,
        }),
    },
    {
      operation: 'AurMint',
      weight: 4,
      succeed(context) {
        const third = reports[2];
        if (attestedAtMs === undefined || third === undefined) return undefined;
        if (context.atMs - Math.max(attestedAtMs, third) < SETTLED_MS) return undefined;
        mintedAtMs ??= context.atMs;
        return plan(bank(context), 'OK', operations.AurMint, { bank: leiOf(context, 0), amount: 1_000_000n });
      },
      fail: (context) =>
        plan(context.lane.banks[2] as Account, 'TIER_NOT_ALLOWED', operations.AurMint, {
          bank: leiOf(context, 2),
          amount: 1_000_000n,
        }),
    },
    {
      operation: 'AurBurn',
      weight: 3,
      succeed: (context) =>
        hasMinted(context) ? plan(bank(context), 'OK', operations.AurBurn, { amount: 1_000n }) : undefined,
      fail: (context) =>
        plan(context.rotate(context.lane.payers), 'NOT_BANK_ACCOUNT', operations.AurBurn, { amount: 1_000n }),
    },
    {
      operation: 'BankTransfer',
      weight: 4,
      succeed: (context) => (hasMinted(context) ? bankTransfer(context, 'OK', 1_000n) : undefined),
      fail: (context) => bankTransfer(context, 'INSUFFICIENT_BALANCE', FORTUNE),
    },
  ];
}
