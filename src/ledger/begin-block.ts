import type { Genesis } from '../types/genesis.ts';
import { LEDGERS, type LedgerName } from '../types/names.ts';
import type { QueuedMessage, SentMessage } from '../types/section-parts.ts';
import type { Hash } from '../types/ssz-bytes.ts';
import { COMMON_STATUSES } from '../types/status.ts';
import { SYSTEM_RECEIPTS, type SystemReceiptBody, systemReceipt } from '../types/system-receipt.ts';
import { LIMITS } from '../util/limits.ts';
import { LEDGER_RULES } from './ledgers.ts';
import { Outbox } from './outbox.ts';
import type { LedgerRules } from './rules.ts';
import { type BlockContext, InvariantViolation, type LedgerContext } from './seam.ts';
import type { StateGround, StateView } from './state/state.ts';
import { chainIdentity, chainParameters, stateHeight } from './system/chain-facts.ts';
import { outboxQueue } from './system/outbox-queue.ts';

/** What is given of a block before it is executed. */
export interface BlockFacts {
  readonly height: number;
  /** Rule time: `timeMs` of the parent header, of genesis at height 1. */
  readonly timeMs: number;
  readonly genesis: Genesis;
  readonly genesisHash: Hash;
}

/** S, the state after BeginBlock, on which the five sections of a block are executed in any order. */
export interface Begun {
  readonly context: BlockContext;
  readonly rules: LedgerRules;
  readonly parent: StateGround;
  readonly view: StateView;
  /** Receipts of what BeginBlock did, still without their places. */
  readonly systemReceipts: readonly SystemReceiptBody[];
  /** What the ledgers sent in BeginBlock, in ledger order. */
  readonly sent: readonly SentMessage[];
  /** How many messages each section may send. */
  readonly sectionOutboxBound: number;
  /** A ledger's sub-root in S: `pre` of its section. */
  preRoot(ledger: LedgerName): string;
  /** Gives the memory of the overlay back; the results of sections on it stay usable. */
  discard(): void;
}

/**
 * Delivers queued messages, first in, first out, then lets each ledger expire and place what is due. It depends on
 * the state after the parent block alone, so every node has the same S before anyone builds a section.
 */
export function beginBlock(parent: StateGround, facts: BlockFacts, rules: LedgerRules = LEDGER_RULES): Begun {
  const view = parent.extend();
  const system = view.reader('system');
  if (stateHeight(system) !== facts.height - 1)
    throw new InvariantViolation(
      `the state is that of block ${stateHeight(system)}, not ${facts.height - 1}`,
    );
  if (chainIdentity(system).genesisHash !== facts.genesisHash)
    throw new InvariantViolation('the state belongs to another chain');
  const context: BlockContext = { ...facts, parameters: chainParameters(system) };
  const outboxes = new Map(LEDGERS.map((ledger) => [ledger, new Outbox(ledger, LIMITS.maxOutboxPerSection)]));
  const ledgerContext = (ledger: LedgerName): LedgerContext => ({
    ...context,
    own: view.writer(ledger),
    at: (subtree) => view.reader(subtree),
    lock: (ref) => rules.settlement.readLock(view.reader('economy'), ledger, ref),
    send: (message) => outboxes.get(ledger)?.send(message),
  });

  const receipts: SystemReceiptBody[] = [];
  const writer = view.writer('system');
  for (let delivered = 0; delivered < LIMITS.maxOutboxDeliveriesPerBlock; delivered++) {
    const queued = outboxQueue.shift(writer);
    if (queued === undefined) break;
    receipts.push(deliver(queued.position, queued.value, view, rules, ledgerContext));
  }
  for (const ledger of LEDGERS)
    receipts.push(...(rules.modules[ledger]?.beginBlock?.(ledgerContext(ledger)) ?? []));

  const sent = [...outboxes.values()].flatMap((outbox) => outbox.messages);
  return begunOn({ context, rules, parent, view, systemReceipts: receipts, sent });
}

/**
 * A stand-in for S that leaves the work of BeginBlock out: cheap, and right wherever that work changes nothing. It is
 * for a first look at a transaction; no block is made on it.
 */
export function withoutBeginBlock(
  parent: StateGround,
  facts: BlockFacts,
  rules: LedgerRules = LEDGER_RULES,
): Begun {
  const view = parent.extend();
  const context = { ...facts, parameters: chainParameters(view.reader('system')) };
  return begunOn({ context, rules, parent, view, systemReceipts: [], sent: [] });
}

function begunOn(
  done: Pick<Begun, 'context' | 'rules' | 'parent' | 'view' | 'systemReceipts' | 'sent'>,
): Begun {
  const { view } = done;
  // A section that wrote here would change what the others read.
  view.seal();
  const room = Math.max(0, LIMITS.maxOutboxQueue - outboxQueue.length(view.reader('system')));
  const roots = new Map<LedgerName, string>();
  return {
    ...done,
    sectionOutboxBound: Math.min(LIMITS.maxOutboxPerSection, Math.floor(room / LEDGERS.length)),
    preRoot: (ledger) => {
      const root = roots.get(ledger) ?? view.root(ledger);
      roots.set(ledger, root);
      return root;
    },
    discard: () => view.discard(),
  };
}

/** Applies one message, or bounces it without a trace but the receipt. */
function deliver(
  position: number,
  { height, message }: QueuedMessage,
  view: StateView,
  rules: LedgerRules,
  ledgerContext: (ledger: LedgerName) => LedgerContext,
): SystemReceiptBody {
  const { from, to, kind, data } = message;
  const delivery = { position, sentAt: height, from, to, kind };
  view.checkpoint(to);
  const answer = rules.modules[to]?.deliver?.(ledgerContext(to), from, { to, kind, data }) ?? {
    refused: COMMON_STATUSES.NOT_DELIVERABLE,
  };
  if (answer.refused === undefined) {
    view.accept(to);
    return systemReceipt(SYSTEM_RECEIPTS.OutboxDelivered, delivery);
  }
  view.revert(to);
  return systemReceipt(SYSTEM_RECEIPTS.OutboxBounced, { ...delivery, status: answer.refused });
}
