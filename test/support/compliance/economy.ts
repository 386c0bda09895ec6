import assert from 'node:assert/strict';
import { endBlockQueue } from '../../../src/ledger/economy/end-block-queue.ts';
import { nextNonce } from '../../../src/ledger/nonces.ts';
import type { Approval } from '../../../src/types/approval.ts';
import { encodeOperation, type KindSpec } from '../../../src/types/operations/catalog.ts';
import { ECONOMY } from '../../../src/types/operations/economy.ts';
import { ECONOMY_SYSTEM_RECEIPTS } from '../../../src/types/operations/economy-receipts.ts';
import { GoldProofType } from '../../../src/types/proofs/gold.ts';
import { readSystemReceipt } from '../../../src/types/system-receipt.ts';
import type { Operation } from '../../../src/types/transaction.ts';
import { LIMITS } from '../../../src/util/limits.ts';
import { hashNumber } from '../blocks.ts';
import {
  approve,
  approvers,
  attestation,
  bankers,
  economyGenesis,
  LEIS,
  oracles,
  type Person,
  treasurers,
} from '../economy-chain.ts';
import { type Actor, actor, type LedgerChain } from '../ledger-chain.ts';
import { failing, type LedgerFixture, plan } from './fixture.ts';

const { operations } = ECONOMY;

function asActor({ key, address }: Person): Actor {
  return { ...actor(address), account: key, address };
}

const [pool, member] = ['mining pool', 'pool member'].map(actor) as [Actor, Actor];
const [payer, payee, issuer, registrar, newcomer, officer] = [
  'payer',
  'payee',
  'issuer',
  'registrar',
  'newcomer',
  'officer',
].map(actor) as [Actor, Actor, Actor, Actor, Actor, Actor];
const banks = bankers.map(asActor) as [Actor, Actor, Actor];
const reporters = oracles.map(asActor) as [Actor, Actor, Actor, Actor];
const OUNCE = 2_000_000_000n;
const LOCKED = hashNumber(1);
const UETR = '8f6dd8c4-5c3a-4a7e-9a52-3d2b7c1e0f4a';

/** The chain as the helpers of approvals want it. */
const approving = (chain: LedgerChain) => ({
  genesisHash: chain.genesisHash,
  nonceOf: ({ address }: Pick<Person, 'address'>) => nextNonce(chain.state.reader('economy'), address),
});

const lock = (ref: string): Operation =>
  encodeOperation(operations.Lock, { ledger: 'bpi', purpose: 'test', ref, token: 'FLX', amount: 500n });

function sendAll(chain: LedgerChain, plans: readonly (readonly [Actor, Operation])[]): void {
  const transactions = plans.map(([sender, operation]) => chain.transaction(sender, 'economy', [operation]));
  for (const { status, txId } of chain.block(transactions).receipts) assert.equal(status, 0, txId);
}

/** With approvals by two of the treasurers, who also are the owner's authority. */
const approved = <T extends { approvals: Approval[] }>(
  chain: LedgerChain,
  sender: Actor,
  authority: 'treasury' | 'owner',
  spec: KindSpec<T>,
  operation: T,
) => ({
  sender,
  operation: encodeOperation(
    spec,
    approve(approving(chain), spec, operation, { authority, sender, signers: treasurers.slice(0, 2) }),
  ),
});

const price = (who: Actor): readonly [Actor, Operation] => [
  who,
  encodeOperation(operations.PriceReport, { microUsdPerOunce: OUNCE }),
];

/** A pool that takes two percent, for whoever joins it, itself included. */
const joinPool = (who: Actor): readonly [Actor, Operation] => [
  who,
  encodeOperation(operations.PoolJoin, { pool: pool.address, feePpm: 20_000 }),
];

const issue = { token: 'NEX', to: payee.address, amount: 70n, basis: hashNumber(2), approvals: [] } as const;
const bank = {
  lei: LEIS[3],
  bic: 'DDDDDE2LXXX',
  tier: 2,
  account: newcomer.address,
  licenseHash: hashNumber(3),
  approvals: [],
};
const ownerAccount = { account: payee.address, approvals: [] };
const hold = { held: true, basis: hashNumber(7), approvals: [] };
const transfer = {
  uetr: UETR,
  debtorBank: LEIS[0],
  creditorBank: LEIS[1],
  amount: 5n,
  referenceHash: hashNumber(4),
};

export const economyFixture: LedgerFixture = {
  ledger: 'economy',
  proof: GoldProofType,
  actors: [payer, payee, issuer, registrar, officer, pool, member, ...banks, ...reporters],
  extendGenesis: (genesis) => {
    const { banks: registered, authorities } = economyGenesis();
    return {
      ...genesis,
      banks: registered,
      authorities: [...genesis.authorities, ...authorities],
      allocations: [...genesis.allocations, { address: payer.address, token: 'NEX', amount: 1_000n }],
    };
  },
  setUp: (chain) => {
    sendAll(chain, reporters.slice(0, 3).map(price));
    sendAll(chain, [
      [banks[0], encodeOperation(operations.ReserveAttest, attestation(chain))],
      [payer, lock(LOCKED)],
      [payee, encodeOperation(operations.Faucet, { to: payee.address })],
    ]);
    sendAll(chain, [joinPool(pool), joinPool(member)]);
    sendAll(chain, [[banks[0], encodeOperation(operations.AurMint, { bank: LEIS[0], amount: 1_000_000n })]]);
  },
  cases: {
    Transfer: {
      succeeding: () =>
        plan(payer, operations.Transfer, {
          to: payee.address,
          token: 'FLX',
          amount: 9n,
          reference: 'rent',
        }),
      failing: () =>
        failing(
          payer,
          operations.Transfer,
          {
            to: payee.address,
            token: 'GEN',
            amount: 10n ** 18n,
            reference: '',
          },
          'INSUFFICIENT_BALANCE',
        ),
    },
    Lock: {
      succeeding: () => ({ sender: payer, operation: lock(hashNumber(5)) }),
      failing: () => ({ sender: payer, operation: lock(LOCKED), status: 'LOCK_EXISTS' }),
    },
    Unlock: {
      succeeding: () => plan(payer, operations.Unlock, { ledger: 'bpi', ref: LOCKED }),
      failing: () => failing(payer, operations.Unlock, { ledger: 'cluster', ref: LOCKED }, 'LOCK_UNKNOWN'),
    },
    MeterDeposit: {
      succeeding: () =>
        plan(payer, operations.MeterDeposit, {
          payer: payee.address,
          ledger: 'bpi',
          token: 'FLX',
          amount: 11n,
        }),
      failing: () =>
        failing(
          payer,
          operations.MeterDeposit,
          {
            payer: payee.address,
            ledger: 'economy',
            token: 'FLX',
            amount: 11n,
          },
          'LEDGER_NOT_ALLOWED',
        ),
    },
    MeterWithdraw: {
      succeeding: () => plan(payer, operations.MeterWithdraw, { ledger: 'bpi', token: 'FLX', amount: 13n }),
      failing: () =>
        failing(payer, operations.MeterWithdraw, { ledger: 'bpi', token: 'NEX', amount: 13n }, 'METER_EMPTY'),
    },
    CoinIssue: {
      succeeding: (chain) => ({
        sender: issuer,
        operation: encodeOperation(
          operations.CoinIssue,
          approve(
            approving(chain),
            operations.CoinIssue,
            { ...issue, approvals: [] },
            {
              authority: 'treasury',
              sender: issuer,
              signers: treasurers.slice(0, 2),
            },
          ),
        ),
      }),
      failing: () => failing(issuer, operations.CoinIssue, { ...issue, approvals: [] }, 'APPROVALS_TOO_FEW'),
    },
    CoinRedeem: {
      succeeding: () => plan(payer, operations.CoinRedeem, { token: 'NEX', amount: 17n }),
      failing: () =>
        failing(payer, operations.CoinRedeem, { token: 'GEN', amount: 17n }, 'TOKEN_NOT_ALLOWED'),
    },
    BankRegister: {
      succeeding: (chain) => ({
        sender: registrar,
        operation: encodeOperation(
          operations.BankRegister,
          approve(approving(chain), operations.BankRegister, bank, {
            authority: 'bank-approval',
            sender: registrar,
            signers: approvers.slice(0, 2),
          }),
        ),
      }),
      failing: () => failing(registrar, operations.BankRegister, { ...bank, lei: LEIS[0] }, 'LEI_TAKEN'),
    },
    ReserveAttest: {
      succeeding: (chain) => ({
        sender: banks[1],
        operation: encodeOperation(
          operations.ReserveAttest,
          attestation(chain, { custodian: LEIS[1], barsRoot: hashNumber(6) }),
        ),
      }),
      failing: (chain) => ({
        sender: banks[1],
        operation: encodeOperation(
          operations.ReserveAttest,
          attestation(chain, { custodian: LEIS[1], barsRoot: hashNumber(6) }, []),
        ),
        status: 'AUDITORS_TOO_FEW',
      }),
    },
    PriceReport: {
      succeeding: () => {
        const [sender, operation] = price(reporters[3]);
        return { sender, operation };
      },
      failing: () => {
        const [sender, operation] = price(payer);
        return { sender, operation, status: 'NOT_AN_ORACLE' };
      },
    },
    AurMint: {
      succeeding: () => plan(banks[0], operations.AurMint, { bank: LEIS[0], amount: 19n }),
      failing: () =>
        failing(banks[2], operations.AurMint, { bank: LEIS[2], amount: 19n }, 'TIER_NOT_ALLOWED'),
    },
    AurBurn: {
      succeeding: () => plan(banks[0], operations.AurBurn, { amount: 23n }),
      failing: () => failing(payer, operations.AurBurn, { amount: 23n }, 'NOT_BANK_ACCOUNT'),
    },
    BankTransfer: {
      succeeding: () => ({ sender: banks[0], operation: encodeOperation(operations.BankTransfer, transfer) }),
      failing: () =>
        failing(banks[0], operations.BankTransfer, { ...transfer, creditorBank: LEIS[0] }, 'SAME_ACCOUNT'),
    },
    OwnerAccount: {
      succeeding: (chain) => approved(chain, payee, 'owner', operations.OwnerAccount, ownerAccount),
      failing: () => failing(payee, operations.OwnerAccount, ownerAccount, 'APPROVALS_TOO_FEW'),
    },
    OwnerHold: {
      succeeding: (chain) => approved(chain, officer, 'treasury', operations.OwnerHold, hold),
      failing: (chain) => ({
        ...approved(chain, officer, 'treasury', operations.OwnerHold, { ...hold, held: false }),
        status: 'OWNER_HOLD_SAME',
      }),
    },
    Faucet: {
      succeeding: () => plan(payer, operations.Faucet, { to: newcomer.address }),
      failing: () => failing(payer, operations.Faucet, { to: payee.address }, 'FAUCET_TOO_SOON'),
    },
    PoolJoin: {
      succeeding: () => {
        const [sender, operation] = joinPool(payee);
        return { sender, operation };
      },
      failing: () =>
        failing(payer, operations.PoolJoin, { pool: pool.address, feePpm: 19_999 }, 'POOL_FEE_TOO_HIGH'),
    },
    PoolLeave: {
      succeeding: () => plan(member, operations.PoolLeave, { pool: pool.address }),
      failing: () => failing(payer, operations.PoolLeave, { pool: pool.address }, 'NOT_IN_POOL'),
    },
  },
  backlog: {
    bound: LIMITS.maxEndBlockRequestsPerBlock,
    fill: (chain, count) => {
      const view = chain.state.extend();
      for (let amount = 1; amount <= count; amount++)
        endBlockQueue.push(view.writer('economy'), {
          action: 'meter-withdraw',
          requester: payer.address,
          ledger: 'bpi',
          ref: '00'.repeat(32),
          token: 'FLX',
          amount: BigInt(amount),
        });
      chain.state.commit(view);
    },
    done: ({ systemReceipts }) =>
      systemReceipts.flatMap((receipt) => {
        const outcome = readSystemReceipt(ECONOMY_SYSTEM_RECEIPTS.MeterWithdrawOutcome, receipt);
        return outcome === undefined ? [] : [Number(outcome.amount) - 1];
      }),
  },
};
