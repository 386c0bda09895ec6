import { isDeepStrictEqual } from 'node:util';
import { beginBlock } from '../ledger/begin-block.ts';
import { baseGas } from '../ledger/cost.ts';
import type { LedgerRules } from '../ledger/rules.ts';
import type { LedgerModule, OperationHandler, StateReader, StateWriter } from '../ledger/seam.ts';
import { executeSection } from '../ledger/section.ts';
import type { StateView } from '../ledger/state/state.ts';
import { LEDGERS, type LedgerName, type SubtreeName } from '../types/names.ts';
import type { Receipt } from '../types/receipt.ts';
import type { Hash } from '../types/ssz-bytes.ts';
import { decodeTransaction } from '../types/transaction.ts';
import { LIMITS } from '../util/limits.ts';
import type { StoredBlock } from './history.ts';
import { blockFacts, type ParentFacts } from './parent-facts.ts';

/** A path of the state that an operation read or wrote, and how long its value was; undefined where there was none. */
export interface StateAccess {
  readonly subtree: SubtreeName;
  readonly path: string;
  readonly bytes: number | undefined;
}

/** Each path once, in the order in which it came up; `total` counts those, too, for which there was no room. */
export interface Accesses {
  readonly items: readonly StateAccess[];
  readonly total: number;
}

/** An operation that was begun. What it read and wrote for itself; nonce, fees and meters are the machine's affair. */
export interface TracedOperation {
  readonly operation: number;
  readonly name: string;
  readonly gas: number;
  readonly reads: Accesses;
  readonly writes: Accesses;
}

export interface TracedTransaction {
  /** As executed now. */
  readonly receipt: Receipt;
  /** Whether it is the receipt that the block holds. */
  readonly isSame: boolean;
  /** Of the transaction before its operations. */
  readonly baseGas: number;
  readonly operations: readonly TracedOperation[];
}

/**
 * Executes a section of a committed block once more, up to one of its transactions, and notes what the operations of that
 * one do to the state. Undefined if the section cannot be executed any more as it stands. Nothing of the outcome is
 * kept, and the view is given back.
 */
export function traceTransaction(
  stored: StoredBlock,
  below: { readonly parent: ParentFacts; readonly view: StateView },
  ledger: LedgerName,
  index: number,
): TracedTransaction | undefined {
  const place = LEDGERS.indexOf(ledger);
  const transactions = (stored.block.transactions[place] ?? []).slice(0, index + 1).map(decodeTransaction);
  const traced = transactions[index];
  const begun = beginBlock(below.view, blockFacts(below.parent));
  try {
    if (traced === undefined) return undefined;
    const recorder = new OperationRecorder(traced.id, ledger);
    const outcome = executeSection({ ...begun, rules: recorder.watch(begun.rules) }, ledger, transactions);
    if (!outcome.valid) return undefined;
    const receipt = outcome.result.receipts[index] as Receipt;
    outcome.result.discard();
    return {
      receipt,
      isSame: isDeepStrictEqual(receipt, stored.receipts.sections[place]?.[index]),
      baseGas: baseGas(traced, begun.context.parameters),
      operations: recorder.operations(),
    };
  } finally {
    begun.discard();
    below.view.discard();
  }
}

/** Stands between the machine and the handlers of one ledger, and notes what those of one transaction ask of the state. */
class OperationRecorder {
  readonly #txId: Hash;
  readonly #ledger: LedgerName;
  readonly #operations: {
    name: string;
    gas: number;
    index: number;
    reads: AccessList;
    writes: AccessList;
  }[] = [];

  constructor(txId: Hash, ledger: LedgerName) {
    this.#txId = txId;
    this.#ledger = ledger;
  }

  operations(): TracedOperation[] {
    return this.#operations.map(({ index, name, gas, reads, writes }) => ({
      operation: index,
      name,
      gas,
      reads: reads.list(),
      writes: writes.list(),
    }));
  }

  watch(rules: LedgerRules): LedgerRules {
    const module = rules.modules[this.#ledger];
    if (module === undefined) return rules;
    const handlers: LedgerModule['handlers'] = module.handlers.map((handler) => this.#watched(handler));
    return { ...rules, modules: { ...rules.modules, [this.#ledger]: { ...module, handlers } } };
  }

  #watched<T>(handler: OperationHandler<T>): OperationHandler<T> {
    return {
      ...handler,
      execute: (operation, context) => {
        if (context.txId !== this.#txId) {
          handler.execute(operation, context);
          return;
        }
        const [reads, writes] = [new AccessList(), new AccessList()];
        const gas = handler.gas + (handler.extraGas?.(operation) ?? 0);
        this.#operations.push({ name: handler.name, gas, index: context.operationIndex, reads, writes });
        handler.execute(operation, {
          ...context,
          own: watchedWriter(this.#ledger, context.own, reads, writes),
          at: (subtree) => watchedReader(subtree, context.at(subtree), reads),
        });
      },
    };
  }
}

function watchedReader(subtree: SubtreeName, reader: StateReader, reads: AccessList): StateReader {
  return {
    get: (path) => {
      const value = reader.get(path);
      reads.note(subtree, path, value);
      return value;
    },
  };
}

function watchedWriter(
  subtree: SubtreeName,
  writer: StateWriter,
  reads: AccessList,
  writes: AccessList,
): StateWriter {
  return {
    ...watchedReader(subtree, writer, reads),
    set: (path, value) => {
      writer.set(path, value);
      writes.note(subtree, path, value);
    },
    delete: (path) => {
      writer.delete(path);
      writes.note(subtree, path, undefined);
    },
  };
}

/** The last that was seen of each path. */
class AccessList {
  readonly #seen = new Map<string, StateAccess>();
  #left = 0;

  note(subtree: SubtreeName, path: string, value: Uint8Array | undefined): void {
    const key = `${subtree} ${path}`;
    if (this.#seen.size < LIMITS.maxTracedPaths || this.#seen.has(key))
      this.#seen.set(key, { subtree, path, bytes: value?.length });
    else this.#left++;
  }

  list(): Accesses {
    return { items: [...this.#seen.values()], total: this.#seen.size + this.#left };
  }
}
