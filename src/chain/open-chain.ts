import type { CachedVerifier } from '../crypto/cached-verifier.ts';
import { accountNonce, checkFreeOperations, feeBalance } from '../ledger/account.ts';
import { checkKnown, type Inadmissible, type InadmissibleCode } from '../ledger/admission.ts';
import { hasPendingWork } from '../ledger/end-block.ts';
import { genesisState } from '../ledger/genesis-state.ts';
import { LEDGER_RULES } from '../ledger/ledgers.ts';
import { type State, StateLoader } from '../ledger/state/state.ts';
import { chainParameters, lastBeacons } from '../ledger/system/chain-facts.ts';
import { currentValidators, nextValidators } from '../ledger/system/validator-sets.ts';
import { Mempool } from '../mempool/mempool.ts';
import type { BlockStore } from '../storage/block-store.ts';
import { type Genesis, hashGenesis } from '../types/genesis.ts';
import type { LedgerName } from '../types/names.ts';
import { statusName } from '../types/operations/catalogs.ts';
import type { Address, Hash } from '../types/ssz-bytes.ts';
import type { EncodedTransaction } from '../types/transaction.ts';
import type { Clock } from '../util/clock.ts';
import { NodeError } from '../util/errors.ts';
import { LIMITS } from '../util/limits.ts';
import type { Logger } from '../util/logger.ts';
import { Chain, type ChainErrorCode } from './chain.ts';
import type { ChainHead } from './chain-position.ts';
import { EvidencePool } from './evidence-pool.ts';
import { ChainHistory } from './history.ts';
import { TransactionPool } from './transaction-pool.ts';

export interface OpenChainOptions {
  readonly genesis: Genesis;
  readonly store: BlockStore;
  readonly verifier: CachedVerifier;
  readonly clock: Clock;
  readonly logger: Logger;
  /** A transaction of this ledger became executable. */
  readonly onExecutable: (ledger: LedgerName) => void;
  /** Whose transactions the pool takes; without it those of everyone. */
  readonly isSenderAllowed?: (sender: Address) => boolean;
}

const HINTS: Partial<Record<InadmissibleCode, string>> = {
  LEDGER_NOT_AVAILABLE: 'this version has no operations on that ledger yet',
  UNKNOWN_OPERATION: 'this version does not know that operation: is the client newer than the node?',
  TRANSACTION_TOO_EXPENSIVE: 'split the operations over several transactions',
  MAX_FEE_TOO_LOW: 'raise maxFee: the bytes of a transaction are paid for whatever happens',
  FREE_OPERATION_FAILED:
    'an operation is free where it succeeds: wait until its quota is free, or offer a maxFee that pays for the failure',
};

/**
 * Opens the chain that a store holds, or begins it at genesis: loads the state into memory and checks it against the
 * state root of the head.
 * @throws NodeError STATE_MISMATCH when the leaves on disk do not make the root that the head's certificate seals
 */
export async function openChain(options: OpenChainOptions): Promise<{ chain: Chain; pool: TransactionPool }> {
  const { genesis, store, verifier, clock, logger } = options;
  const genesisHash = hashGenesis(genesis);
  const state = await loadState(store, genesis);
  const history = new ChainHistory(store, genesis, genesisHash);
  const head = headOf(store, genesis, genesisHash);
  if (head.header !== undefined && head.header.stateRoot !== state.stateRoot())
    throw new NodeError<ChainErrorCode>('STATE_MISMATCH', 'the state on disk is not the state of the head', {
      data: { height: head.height, expected: head.header.stateRoot, found: state.stateRoot() },
      hint: 'move the db folder away and let the node sync again; keep keys and journal',
    });

  const mempool = new Mempool({
    account: (ledger, sender) => ({
      nextNonce: accountNonce(state, ledger, sender),
      available: feeBalance(state, sender, ledger, 'FLX'),
    }),
    ruleTimeMs: () => chain.head.timeMs,
    monotonicMs: () => clock.monotonicMs(),
    maxBlockWaitMs: Math.max(LIMITS.maxBlockWaitMs, 1.5 * genesis.parameters.targetBlockIntervalMs),
    doors: () => chain.validators.members.length,
    check: (transaction) => {
      const parameters = chainParameters(state.reader('system'));
      const known = checkKnown(transaction, genesis.chainId, LEDGER_RULES, parameters);
      if ('code' in known) throw inadmissible(transaction, known);
      const { height, timeMs } = chain.head;
      const facts = { height: height + 1, timeMs, genesis, genesisHash };
      const refusal = checkFreeOperations(state, transaction, facts);
      if (refusal !== undefined) throw inadmissible(transaction, refusal);
    },
    onExecutable: options.onExecutable,
    onDropped: (drop) => pool.dropped(drop),
  });
  const pool: TransactionPool = new TransactionPool({
    genesisHash,
    chainId: genesis.chainId,
    mempool,
    store,
    ...(options.isSenderAllowed === undefined ? {} : { isSenderAllowed: options.isSenderAllowed }),
    logger,
  });
  const system = state.reader('system');
  const evidence = new EvidencePool({ state, store, verifier, logger });
  await evidence.restore();
  const chain: Chain = new Chain(
    { genesis, genesisHash, history, state, pool, evidence, verifier, clock, logger },
    {
      head,
      beacon: lastBeacons(system).last,
      previousValidators: await history.validatorsAt(Math.max(1, head.height)),
      validators: currentValidators(system),
      nextValidators: nextValidators(system),
      hasPendingWork: hasPendingWork(state, head.timeMs),
    },
  );
  return { chain, pool };
}

function inadmissible({ id: txId, value }: EncodedTransaction, { code, data }: Inadmissible): NodeError {
  const { status } = data;
  return new NodeError(code, `no block can contain this transaction: ${code}`, {
    data: {
      txId,
      ...data,
      ...(typeof status === 'number' ? { status: statusName(value.body.ledger, status) } : {}),
    },
    ...(HINTS[code] === undefined ? {} : { hint: HINTS[code] }),
  });
}

async function loadState(store: BlockStore, genesis: Genesis): Promise<State> {
  if (store.head() === undefined) {
    const { state } = genesisState(genesis);
    await store.saveGenesis(state.leaves());
    return state;
  }
  const loader = new StateLoader();
  for await (const page of store.loadStateLeaves()) for (const leaf of page) loader.add(leaf);
  return loader.finish();
}

function headOf(store: BlockStore, genesis: Genesis, genesisHash: Hash): ChainHead {
  const height = store.head()?.height ?? 0;
  const header = store.loadHeader(height);
  if (header === undefined)
    return {
      height: 0,
      hash: genesisHash,
      timeMs: genesis.timeMs,
      proposer: undefined,
      header,
      certificate: undefined,
    };
  return {
    height,
    hash: store.hashAt(height) as Hash,
    timeMs: header.timeMs,
    proposer: header.proposer,
    header,
    certificate: store.loadCertificate(height),
  };
}
