import { type QueuedMessage, QueuedMessageType } from '../../types/section-parts.ts';
import { Queue } from '../state/queue.ts';

/** Messages between ledgers that are on their way, oldest first: by height, then ledger, then index. */
export const outboxQueue = new Queue<QueuedMessage>('outbox', QueuedMessageType);
