import { LEDGERS, type LedgerName, PROOF_TYPES } from '../../types/names.ts';
import type { Handlers } from '../dispatcher.ts';
import { dumpOf } from '../dump.ts';
import { rpcError } from '../errors.ts';
import { decidedSectionView, ownSectionView, workerView } from '../miner-views.ts';
import { pageOf } from '../paging.ts';
import type { WorkersPort, WorkerView } from '../ports/miner.ts';
import type { RpcPorts } from '../ports/rpc-ports.ts';
import type { minerMethods } from '../schema/miner.ts';
import { selectBlock } from '../selectors.ts';
import { addressText, hash0x } from '../text-forms.ts';
import { transactionLine } from '../transaction-views.ts';

export function minerHandlers(ports: RpcPorts): Handlers<typeof minerMethods> {
  const { chain, clock, miner, pool } = ports;
  const waiting = (ledger: LedgerName) =>
    pool.status().ledgers.find((one) => one.ledger === ledger)?.pooled ?? 0;
  return {
    miner_status: () => {
      const { height, elected } = miner.election();
      const views = miner.workers?.views();
      return {
        ...dumpOf(ports, 'miner_status'),
        mining: miner.workers !== undefined,
        miner: miner.workers === undefined ? null : addressText(miner.workers.miner),
        nextHeight: height,
        ledgers: LEDGERS.map((ledger) => {
          const worker = views?.find((view) => view.ledger === ledger);
          return {
            ledger,
            proofType: PROOF_TYPES[ledger],
            elected: elected[ledger].map(addressText),
            waiting: waiting(ledger),
            worker: worker === undefined ? null : workerView(worker),
          };
        }),
      };
    },

    miner_getQueue: ({ ledger, limit }) => ({
      ...dumpOf(ports, 'miner_getQueue'),
      ledger,
      waiting: waiting(ledger),
      items: miner.queue(ledger, limit).map(transactionLine),
    }),

    miner_getWork: ({ ledger, limit }) => {
      const workers = workersOf(miner.workers);
      const { state, height, rank } = workers.views().find((view) => view.ledger === ledger) as WorkerView;
      const work = workers.work(ledger);
      return {
        ...dumpOf(ports, 'miner_getWork'),
        ledger,
        proofType: PROOF_TYPES[ledger],
        state,
        workHeight: height ?? null,
        parent: work === undefined ? null : hash0x(work.parent),
        rank: rank ?? null,
        sendsInMs:
          work?.sendsAtMs === undefined
            ? null
            : Math.max(0, Math.round(work.sendsAtMs - clock.monotonicMs())),
        heard: (work?.heard ?? []).map((heard) => ({ ...heard, miner: addressText(heard.miner) })),
        waiting: waiting(ledger),
        items: miner.queue(ledger, limit).map(transactionLine),
      };
    },

    miner_history: async ({ ledger, height, before, ...page }) => {
      const dump = dumpOf(ports, 'miner_history');
      const isWanted = (section: { readonly ledger: LedgerName }) =>
        (ledger ?? section.ledger) === section.ledger;
      if (height === undefined) {
        const workers = workersOf(miner.workers);
        const sections = LEDGERS.flatMap((name) =>
          workers.sections(name).map((section) => ({ ledger: name, ...section })),
        )
          .filter((section) => isWanted(section) && section.height < (before ?? Infinity))
          .sort((a, b) => b.height - a.height);
        return { ...dump, ...pageOf(sections, page, (section) => ownSectionView(workers.miner, section)) };
      }
      if (before !== undefined)
        throw rpcError('INVALID_PARAMS', 'params.before: give height or before, not both', {
          data: { path: 'params.before' },
        });
      const { block } = await selectBlock(chain, { height });
      const sections = block.body.sections.filter(({ section }) => isWanted(section));
      return { ...dump, ...pageOf(sections, page, decidedSectionView) };
    },

    miner_getElection: () => {
      const { height, beacon, candidates, elected } = miner.election();
      const weights = new Map(candidates.map(({ id, weight }) => [id, Number(weight)]));
      return {
        ...dumpOf(ports, 'miner_getElection'),
        nextHeight: height,
        beacon: hash0x(beacon),
        candidates: [...weights].map(([id, weight]) => ({ validator: addressText(id), weight })),
        ledgers: LEDGERS.map((ledger) => ({
          ledger,
          proofType: PROOF_TYPES[ledger],
          miners: elected[ledger].map((id, rank) => ({
            rank,
            validator: addressText(id),
            weight: weights.get(id) as number,
          })),
        })),
      };
    },
  };
}

/** @throws NodeError NOT_A_MINER */
function workersOf(workers: WorkersPort | undefined): WorkersPort {
  if (workers === undefined)
    throw rpcError('NOT_A_MINER', 'this node mines no sections ahead of proposals', {
      hint: 'ask a validator that runs without --no-mining, or give a height to see who mined that block',
    });
  return workers;
}
