import type { Address } from '../types/ssz-bytes.ts';
import { LIMITS } from '../util/limits.ts';
import type { MemberView } from './ports/bpci.ts';
import type { BadBlockView } from './ports/chain.ts';
import type { EvidenceView } from './ports/consensus.ts';
import type { ValidatorPeerView } from './ports/network.ts';
import { ALERTS, type AlertCode, type AlertSeverity } from './schema/alerts.ts';
import { addressText, hash0x } from './text-forms.ts';

/** What a node knows of itself when it looks for alerts. Times in milliseconds, `nowMs` of the wall clock. */
export interface AlertFacts {
  readonly nowMs: number;
  readonly startedAtMs: number;
  readonly head: { readonly height: number; readonly timeMs: number };
  readonly emptyBlockIntervalMs: number;
  readonly maxClockDriftMs: number;
  readonly quorum: number;
  readonly validatorPeers: readonly ValidatorPeerView[];
  readonly self: Address | undefined;
  /** Why the node is not ready, as `/readyz` says it. */
  readonly unreadyReason: string | undefined;
  readonly sync: { readonly syncing: boolean; readonly targetHeight: number };
  readonly evidence: readonly EvidenceView[];
  readonly jailed: readonly Pick<MemberView, 'id'>[];
  readonly badBlocks: readonly BadBlockView[];
  /** Undefined if the file system does not say. */
  readonly freeDiskBytes: number | undefined;
}

/** One thing that an operator must be told of; `key` tells two with the same code apart. */
export interface Alert {
  readonly key: string;
  readonly code: AlertCode;
  readonly severity: AlertSeverity;
  readonly message: string;
  readonly hint: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** Beyond the time that an idle chain takes for a block: more than a few proposers in a row that fail. */
const STALL_MS = 30_000;
/** A node that follows is a block or two late at any moment. */
const FAR_BEHIND_BLOCKS = 10;
/** A refused block is news for so long. */
const REFUSED_BLOCK_MS = 600_000;

/** What of the closed list is the case now. */
export function findAlerts(facts: AlertFacts): Alert[] {
  return [
    ...stall(facts),
    ...lonely(facts),
    ...behind(facts),
    ...mute(facts),
    ...facts.evidence.map(contradiction),
    ...facts.jailed.map((member) => jail(member, facts)),
    ...refusals(facts),
    ...slowClock(facts),
    ...disk(facts),
  ];
}

function alert(
  code: AlertCode,
  subject: string,
  text: Pick<Alert, 'message' | 'hint' | 'details'> & { severity?: AlertSeverity },
): Alert {
  return { key: `${code} ${subject}`, code, severity: ALERTS[code], ...text };
}

function stall({ nowMs, startedAtMs, head, emptyBlockIntervalMs, sync }: AlertFacts): Alert[] {
  // A node that has just started, or fetches what others decided, knows nothing of a stall.
  const sinceMs = Math.max(head.timeMs, startedAtMs);
  if (sync.syncing || nowMs - sinceMs <= emptyBlockIntervalMs + STALL_MS) return [];
  return [
    alert('CHAIN_STALLED', '', {
      message: `no block since height ${head.height}`,
      hint: 'ibft_diagnose (metanode debug consensus) says who is missing and what to do',
      details: { height: head.height },
    }),
  ];
}

function lonely({ validatorPeers, quorum }: AlertFacts): Alert[] {
  const isHere = ({ state }: ValidatorPeerView) => state === 'self' || state === 'connected';
  const have = validatorPeers.filter(isHere).length;
  if (have >= quorum) return [];
  return [
    alert('PEERS_BELOW_QUORUM', '', {
      message: `${have} validators are in reach, a quorum is ${quorum}`,
      hint: 'admin_peerHistory says why peers left; metanode peers test <multiaddr> tries the way to one',
      details: {
        have,
        need: quorum,
        missing: validatorPeers
          .filter((view) => !isHere(view))
          .map(({ validator }) => addressText(validator)),
      },
    }),
  ];
}

function behind({ head, sync }: AlertFacts): Alert[] {
  if (sync.targetHeight - head.height <= FAR_BEHIND_BLOCKS) return [];
  return [
    alert('FAR_BEHIND', '', {
      message: `peers are more than ${FAR_BEHIND_BLOCKS} blocks ahead`,
      hint: sync.syncing
        ? 'the node is catching up'
        : 'the log of the module sync says what keeps it from fetching',
      details: { syncing: sync.syncing },
    }),
  ];
}

function mute({ self, unreadyReason }: AlertFacts): Alert[] {
  if (self === undefined || unreadyReason === undefined || unreadyReason === 'SYNCING') return [];
  return [
    alert('NOT_VOTING', unreadyReason, {
      message: `this validator signs nothing: ${unreadyReason}`,
      hint: 'bring the vote journal back, or read what metanode node start --accept-lost-journal risks',
      details: { reason: unreadyReason, validator: addressText(self) },
    }),
  ];
}

function contradiction({ validator, offence, height, hash }: EvidenceView): Alert {
  return alert('EVIDENCE_FOUND', hash, {
    message: `a validator contradicted itself at height ${height}: ${offence}`,
    hint: 'if it is yours, stop every second node that holds its key; ibft_getEvidence shows what becomes of it',
    details: { validator: addressText(validator), offence, height, evidence: hash0x(hash) },
  });
}

function jail({ id }: Pick<MemberView, 'id'>, { self }: AlertFacts): Alert {
  return alert('VALIDATOR_JAILED', id, {
    ...(id === self ? { severity: 'critical' as const } : {}),
    message: id === self ? 'this validator is jailed' : 'a validator is jailed',
    hint: 'it may leave with what remains of its bond, and then join anew',
    details: { validator: addressText(id), own: id === self },
  });
}

function refusals({ badBlocks, nowMs }: AlertFacts): Alert[] {
  return badBlocks
    .filter(({ lastAtMs }) => nowMs - lastAtMs < REFUSED_BLOCK_MS)
    .map(({ hash, height, proposer, reason }) =>
      alert('BLOCK_REFUSED', hash, {
        message: `a block proposed for height ${height} was refused: ${reason}`,
        hint: 'if other nodes accept it, this one differs from them: compare metanode version; debug_getBadBlocks has more',
        details: { height, hash: hash0x(hash), proposer: addressText(proposer), reason },
      }),
    );
}

function slowClock({ head, nowMs, maxClockDriftMs }: AlertFacts): Alert[] {
  if (head.timeMs - nowMs <= maxClockDriftMs) return [];
  return [
    alert('CLOCK_BEHIND', '', {
      message: `the clock of this machine is behind block times by more than ${maxClockDriftMs} ms`,
      hint: 'set the clock, and keep it set by NTP',
      details: { height: head.height },
    }),
  ];
}

function disk({ freeDiskBytes }: AlertFacts): Alert[] {
  if (freeDiskBytes === undefined)
    return [
      alert('DISK_UNREADABLE', '', {
        message: 'the disk of the data directory does not answer',
        hint: 'look for a failed or unmounted disk',
        details: {},
      }),
    ];
  if (freeDiskBytes >= LIMITS.minFreeDiskBytes) return [];
  return [
    alert('DISK_LOW', '', {
      message: `the disk of the data directory has less than ${LIMITS.minFreeDiskBytes / 1024 ** 3} GiB left`,
      hint: 'make room: a node that cannot write stops',
      details: { freeBytes: freeDiskBytes },
    }),
  ];
}
