import { withApprovals } from '../../src/client/approvals.ts';
import { type KeyPair, keyPairFromSeed } from '../../src/crypto/ed25519.ts';
import { accountNonce } from '../../src/ledger/account.ts';
import { type Begun, beginBlock } from '../../src/ledger/begin-block.ts';
import { type Ended, endBlock } from '../../src/ledger/end-block.ts';
import { executeBlock } from '../../src/ledger/execute-block.ts';
import { genesisState } from '../../src/ledger/genesis-state.ts';
import type { StateReader } from '../../src/ledger/seam.ts';
import { buildSection } from '../../src/ledger/section.ts';
import type { SectionResult } from '../../src/ledger/section-result.ts';
import type { State } from '../../src/ledger/state/state.ts';
import { goldScheme } from '../../src/mining/proofs/gold.ts';
import type { ProofInput } from '../../src/mining/proofs/proof-scheme.ts';
import { addressOf } from '../../src/types/address.ts';
import type { Approval } from '../../src/types/approval.ts';
import {
  type AuthorityName,
  DEFAULT_PARAMETERS,
  GENESIS_VERSION,
  type Genesis,
  type Parameters,
} from '../../src/types/genesis.ts';
import type { LedgerName } from '../../src/types/names.ts';
import { encodeOperation, findKind, type KindSpec } from '../../src/types/operations/catalog.ts';
import { ECONOMY, type EconomyStatus } from '../../src/types/operations/economy.ts';
import {
  type AttestationBody,
  attestationSigningBytes,
  type ReserveAttest,
} from '../../src/types/operations/economy-gold.ts';
import type { Receipt, SystemReceipt } from '../../src/types/receipt.ts';
import { decode } from '../../src/types/ssz.ts';
import { COMMON_STATUSES } from '../../src/types/status.ts';
import {
  type EncodedTransaction,
  encodeTransaction,
  type Operation,
  SCHEME_ED25519,
  TRANSACTION_VERSION,
} from '../../src/types/transaction.ts';
import { fromHex } from '../../src/util/bytes.ts';
import { hashNumber } from './blocks.ts';
import { minedBy } from './mined.ts';

/** A key with its address. The number is the seed, so every run has the same keys. */
export interface Person {
  readonly key: KeyPair;
  readonly address: string;
}

export function person(number: number): Person {
  const seed = new Uint8Array(32).fill(number % 256);
  seed[1] = number >> 8;
  const key = keyPairFromSeed(seed);
  return { key, address: addressOf(SCHEME_ED25519, fromHex(key.publicKey)) };
}

export const START_MS = 1_800_000_000_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

export const alice = person(1);
export const bob = person(2);
export const validator = person(3);
/** Accounts of the banks of genesis. */
export const bankers = [person(10), person(11), person(12)] as const;
/** Well-formed LEIs; the first three are registered at genesis with tiers 1, 2 and 3. */
export const LEIS = [
  '5493001KJTIIGC8Y1R12',
  '213800D1EI4B9WTWWD28',
  '529900T8BM49AURSDO55',
  '969500UP76J52A9OXU27',
] as const;
export const BICS = ['AAAADEFFXXX', 'BBBBFRPP', 'CCCCGB2LABC'] as const;

export const treasurers = [person(20), person(21), person(22)] as const;
export const approvers = [person(30), person(31), person(32)] as const;
export const oracles = [person(40), person(41), person(42), person(43)] as const;
export const auditors = [person(50), person(51), person(52)] as const;

const authority = (name: AuthorityName, threshold: number, people: readonly Person[]) => ({
  name,
  threshold,
  keys: people.map(({ key }) => key.publicKey),
});

export interface ChainOptions {
  readonly parameters?: Partial<Parameters>;
  readonly testnet?: boolean;
  readonly bond?: bigint;
  readonly change?: (genesis: Genesis) => Genesis;
}

export function economyGenesis(options: ChainOptions = {}): Genesis {
  const rich = [alice, ...bankers, ...oracles];
  const genesis: Genesis = {
    version: GENESIS_VERSION,
    salt: '01'.repeat(16),
    chainId: 7,
    testnet: options.testnet ?? true,
    timeMs: START_MS,
    // Payments of a few micro-AUR cross borders free of charge unless a test wants otherwise.
    parameters: { ...DEFAULT_PARAMETERS, crossBorderFeeAur: 0n, ...options.parameters },
    validators: [
      {
        id: validator.address,
        consensusKey: validator.key.publicKey,
        vrfKey: validator.key.publicKey,
        bond: options.bond ?? 5_000_000n,
      },
    ],
    allocations: [
      ...rich.map(({ address }) => ({ address, token: 'FLX' as const, amount: 1_000_000_000n })),
      { address: alice.address, token: 'GEN', amount: 60_000_000_000n },
      { address: alice.address, token: 'NEX', amount: 7_000_000n },
    ],
    meters: [{ payer: alice.address, ledger: 'docklock', token: 'FLX', amount: 1_000n }],
    banks: bankers.map(({ address }, index) => ({
      lei: LEIS[index] ?? '',
      bic: BICS[index] ?? '',
      tier: index + 1,
      account: address,
      licenseHash: hashNumber(index),
    })),
    authorities: [
      authority('treasury', 2, treasurers),
      authority('owner', 2, treasurers),
      authority('bank-approval', 2, approvers),
      authority('oracles', 1, oracles),
      // The first bank's own key is an auditor too, which must not help that bank.
      authority('auditors', 2, [...auditors, bankers[0]]),
    ],
    forks: [],
  };
  return options.change === undefined ? genesis : options.change(genesis);
}

/** One block as it was executed, with its states before they were committed. */
export interface ExecutedEconomyBlock {
  readonly begun: Begun;
  readonly section: SectionResult;
  readonly ended: Ended;
  readonly receipts: readonly Receipt[];
  readonly system: readonly SystemReceipt[];
}

/** A chain of real blocks with nothing but economy transactions, executed by the block machine. */
export class EconomyChain {
  readonly genesis: Genesis;
  readonly genesisHash: string;
  readonly state: State;
  height = 0;
  /** Rule time of the next block. */
  timeMs = START_MS;

  constructor(options: ChainOptions = {}) {
    this.genesis = economyGenesis(options);
    const { state, genesisHash } = genesisState(this.genesis);
    this.state = state;
    this.genesisHash = genesisHash;
  }

  get economy(): StateReader {
    return this.state.reader('economy');
  }

  nonceOf(sender: Pick<Person, 'address'>): bigint {
    return accountNonce(this.state, 'economy', sender.address);
  }

  /** A transaction with the sender's next nonce, plus `skip` for further ones in the same block. */
  transaction(
    sender: Person,
    operations: readonly Operation[],
    options: { maxFee?: bigint; skip?: number } = {},
  ): EncodedTransaction {
    return encodeTransaction({
      body: {
        version: TRANSACTION_VERSION,
        chainId: 7,
        ledger: 'economy',
        sender: sender.address,
        nonce: this.nonceOf(sender) + BigInt(options.skip ?? 0),
        validUntilMs: this.timeMs + HOUR_MS,
        maxFee: options.maxFee ?? 0n,
        operations: [...operations],
      },
      // The machine leaves signatures to its caller.
      auth: {
        scheme: SCHEME_ED25519,
        publicKey: fromHex(sender.key.publicKey),
        signature: new Uint8Array(64),
      },
    });
  }

  /** Executes a block with these transactions and commits it. */
  block(transactions: readonly EncodedTransaction[]): ExecutedEconomyBlock {
    const facts = {
      height: this.height + 1,
      timeMs: this.timeMs,
      genesis: this.genesis,
      genesisHash: this.genesisHash,
    };
    const outcome = executeBlock(
      this.state,
      facts,
      { economy: transactions },
      {
        ...minedBy(validator.address),
        beacon: hashNumber(this.height),
        lastCertificate: undefined,
        evidence: [],
      },
    );
    if (!outcome.valid)
      throw new Error(`the section is invalid: ${outcome.fault.code} ${JSON.stringify(outcome.fault.data)}`);
    const section = outcome.sections.find(({ ledger }) => ledger === 'economy');
    if (section === undefined) throw new Error('no economy section');
    const { begun, ended } = outcome;
    this.state.commit(ended.view);
    this.height++;
    this.timeMs += 1_000;
    return { begun, section, ended, receipts: section.receipts, system: ended.systemReceipts };
  }

  /** Like `block`, but leaves out what is inadmissible, and builds and verifies the section's Proof-of-Gold. */
  blockOfAdmissible(candidates: readonly EncodedTransaction[]): SectionResult {
    const { genesis, genesisHash, timeMs } = this;
    const begun = beginBlock(this.state, { height: this.height + 1, timeMs, genesis, genesisHash });
    const { result } = buildSection(begun, 'economy', candidates);
    const input: ProofInput = {
      ledger: 'economy',
      parent: hashNumber(this.height),
      context: begun.context,
      result,
      before: begun.view.reader('economy'),
      after: result.view.reader('economy'),
      at: (subtree) => begun.view.reader(subtree),
    };
    const fault = goldScheme.verify(goldScheme.build(input), input);
    if (fault !== undefined) throw new Error(`the proof is refused: ${fault.code} ${fault.field}`);
    const ended = endBlock(begun, [result], {
      ...minedBy(validator.address),
      beacon: hashNumber(this.height),
      lastCertificate: undefined,
      evidence: [],
    });
    this.state.commit(ended.view);
    result.discard();
    begun.discard();
    this.height++;
    this.timeMs += 1_000;
    return result;
  }

  /** A block with one transaction of one operation; its status by name. The fee is generous for who has coins. */
  send<T>(
    sender: Person,
    spec: KindSpec<T>,
    operation: T,
  ): { status: string; receipt: Receipt; block: ExecutedEconomyBlock } {
    const maxFee = rich(this, sender) ? 200_000n : 0n;
    const block = this.block([this.transaction(sender, [encodeOperation(spec, operation)], { maxFee })]);
    const receipt = block.receipts[0];
    if (receipt === undefined) throw new Error('no receipt');
    return { status: statusName(receipt.status), receipt, block };
  }
}

function rich(chain: EconomyChain, sender: Person): boolean {
  return chain.economy.get(`account/FLX/balance/${sender.address}`) !== undefined;
}

export function statusName(status: number): EconomyStatus | keyof typeof COMMON_STATUSES {
  for (const [name, code] of Object.entries({ ...COMMON_STATUSES, ...ECONOMY.statuses }))
    if (code === status) return name as EconomyStatus;
  throw new Error(`no status ${status}`);
}

/** The events of a receipt by name, decoded. */
export function eventsOf(receipt: Receipt): { name: string; value: unknown }[] {
  return receipt.events.map(({ kind, data }) => {
    const found = findKind<unknown>(ECONOMY.events, kind);
    if (found === undefined) throw new Error(`no event ${kind}`);
    return { name: found.name, value: decode(found.spec.type, data, found.name) };
  });
}

/** The operation with approvals by these people, for the sender's transaction with this nonce. */
export function approve<T extends { approvals: Approval[] }>(
  chain: Pick<EconomyChain, 'genesisHash' | 'nonceOf'>,
  spec: KindSpec<T>,
  operation: T,
  options: {
    authority: AuthorityName;
    sender: Pick<Person, 'address'>;
    signers: readonly Person[];
    nonce?: bigint;
    ledger?: LedgerName;
  },
): T {
  const target = {
    authority: options.authority,
    sender: options.sender.address,
    ledger: options.ledger ?? ('economy' as const),
    nonce: options.nonce ?? chain.nonceOf(options.sender),
  };
  const keys = options.signers.map(({ key }) => key);
  return withApprovals(chain.genesisHash, target, keys, spec, operation);
}

/** An attestation of 1 000 troy ounces of gold and nothing else, signed by two auditors; change what a test needs. */
export function attestation(
  chain: Pick<EconomyChain, 'genesisHash' | 'timeMs'>,
  changes: Partial<AttestationBody> = {},
  signers: readonly Person[] = [auditors[0], auditors[1]],
): ReserveAttest {
  const body: AttestationBody = {
    custodian: LEIS[0],
    barsRoot: hashNumber(700),
    fineMg: 31_103_477n,
    cashCents: 0n,
    asOfMs: chain.timeMs - 1_000,
    expiresMs: chain.timeMs + 20 * DAY_MS,
    ...changes,
  };
  const bytes = attestationSigningBytes(chain.genesisHash, body);
  const signatures = signers.map(({ key }) => ({ key: key.publicKey, signature: key.sign(bytes) }));
  return { ...body, signatures };
}

const OUNCE_USD = 2_000_000_000n;

/** Three oracles report the same price of an ounce: 2 000 USD unless told. */
export function reportPrices(
  chain: EconomyChain,
  prices: readonly bigint[] = [OUNCE_USD, OUNCE_USD, OUNCE_USD],
): void {
  chain.block(
    prices.map((microUsdPerOunce, index) =>
      chain.transaction(oracles[index] as Person, [
        encodeOperation(ECONOMY.operations.PriceReport, { microUsdPerOunce }),
      ]),
    ),
  );
}
