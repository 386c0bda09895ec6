import type { StateView } from '../ledger/state/state.ts';
import type { Hash } from '../types/ssz-bytes.ts';
import type { BlockFault } from './block-fault.ts';
import { completeBlock } from './complete-block.ts';
import { executeComplete } from './execute.ts';
import type { StoredBlock } from './history.ts';
import type { ParentFacts } from './parent-facts.ts';
import { SectionGround } from './section-ground.ts';

/** What executing a committed block once more came to: the roots, which are those of its header, or what differs. */
export type ReplayedBlock =
  | { readonly hash: Hash; readonly stateRoot: Hash; readonly receiptsRoot: Hash }
  | { readonly hash: Hash; readonly fault: BlockFault };

/**
 * Executes a committed block once more, on the state that it was executed on, and compares everything that it claims.
 * Nothing of the outcome is kept, and the view is given back.
 */
export function replayBlock(
  stored: StoredBlock,
  below: { readonly parent: ParentFacts; readonly view: StateView },
): ReplayedBlock {
  const ground = new SectionGround(below.parent, below.view);
  try {
    const outcome = executeComplete(completeBlock(stored.block), ground);
    if ('fault' in outcome) return { hash: stored.hash, fault: outcome.fault };
    outcome.executed.view.discard();
    const { stateRoot, receiptsRoot } = outcome.executed;
    return { hash: stored.hash, stateRoot, receiptsRoot };
  } finally {
    ground.discard();
    below.view.discard();
  }
}
