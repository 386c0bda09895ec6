import { LEDGERS } from '../types/names.ts';
import { DOCKLOCK } from '../types/operations/docklock.ts';
import { decode } from '../types/ssz.ts';
import { COMMON_STATUSES } from '../types/status.ts';
import type { StoredBlock } from './ports/chain.ts';
import type { Filter } from './schema/filters.ts';
import type { NoticeData } from './schema/notices.ts';
import { hash0x } from './text-forms.ts';

const { StepsRecorded, AppDeployed, DesiredChanged } = DOCKLOCK.events;

/** What a block says of containers: what its owner wants of an app, and what nodes report of its replicas. */
export function containerNotices(
  { height, receipts }: StoredBlock,
  filter: Filter<'containers'> | undefined,
): NoticeData<'containers'>[] {
  const notices: NoticeData<'containers'>[] = [];
  for (const { txId, status, events } of receipts.sections[LEDGERS.indexOf('docklock')] ?? []) {
    if (status !== COMMON_STATUSES.OK) continue;
    const at = { height, txId: hash0x(txId) };
    for (const { kind, data } of events)
      if (kind === StepsRecorded.kind) {
        const steps = decode(StepsRecorded.type, data, 'StepsRecorded');
        if ((filter?.app ?? steps.app) !== steps.app || (filter?.node ?? steps.node) !== steps.node) continue;
        const { app, node, replica, generation, state, exitCode, toSequence, startLatencyMs } = steps;
        notices.push({
          kind: 'reported',
          ...at,
          app: hash0x(app),
          node: hash0x(node),
          ...{ replica, generation, state, exitCode, sequence: toSequence, startLatencyMs },
        });
      } else if (kind === AppDeployed.kind || kind === DesiredChanged.kind) {
        const wanted = wantedOf(kind, data);
        if (filter?.node !== undefined || (filter?.app ?? wanted.app) !== wanted.app) continue;
        notices.push({ kind: 'desired', ...at, ...wanted, app: hash0x(wanted.app) });
      }
  }
  return notices;
}

function wantedOf(kind: number, data: Uint8Array) {
  const { app, generation, desired, replicas } =
    kind === AppDeployed.kind
      ? decode(AppDeployed.type, data, 'AppDeployed').desired
      : decode(DesiredChanged.type, data, 'DesiredChanged');
  return { app, generation, desired, replicas };
}
