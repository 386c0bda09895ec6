import { type Alert, findAlerts } from './alerts.ts';
import type { BpciPort } from './ports/bpci.ts';
import type { ChainPort } from './ports/chain.ts';
import type { ConsensusPort, SyncPort } from './ports/consensus.ts';
import type { NetworkPort } from './ports/network.ts';
import type { NodePort } from './ports/node.ts';
import type { NoticeData } from './schema/notices.ts';
import { rfc3339 } from './text-forms.ts';

/** What alerts are found in. */
export interface AlertPorts {
  readonly node: Pick<NodePort, 'startedAtMs' | 'readiness' | 'usage'>;
  readonly chain: Pick<ChainPort, 'genesis' | 'head' | 'validators' | 'badBlocks'>;
  readonly consensus: Pick<ConsensusPort, 'self' | 'pendingEvidence' | 'appliedEvidence'>;
  readonly bpci: Pick<BpciPort, 'members'>;
  readonly sync: SyncPort;
  readonly network: Pick<NetworkPort, 'validatorPeers'>;
  readonly clock: { wallMs(): number; monotonicMs(): number };
}

const LOOK_EVERY_MS = 1_000;

type AlertNotice = NoticeData<'alerts'>;

interface Raised {
  readonly alert: Alert;
  readonly notice: AlertNotice;
}

/**
 * Looks for alerts once a second while somebody follows, and tells what is raised and what has passed. What lasts is
 * told once.
 */
export class AlertWatch {
  readonly #ports: AlertPorts;
  readonly #lookEveryMs: number;
  readonly #raised = new Map<string, Raised>();

  constructor(ports: AlertPorts, lookEveryMs = LOOK_EVERY_MS) {
    this.#ports = ports;
    this.#lookEveryMs = lookEveryMs;
  }

  /** Tells of each change until the returned function is called; what is raised already counts as one. */
  follow(tell: (change: AlertNotice) => void): () => void {
    let timer: NodeJS.Timeout | undefined;
    let stopped = false;
    const look = async () => {
      const found = await this.#find().catch(() => undefined);
      if (stopped) return;
      if (found !== undefined) for (const change of this.#take(found)) tell(change);
      timer = setTimeout(look, this.#lookEveryMs);
      timer.unref();
    };
    void look();
    return () => {
      stopped = true;
      clearTimeout(timer);
      this.#raised.clear();
    };
  }

  /** What is the case, as the last look saw it. */
  raised(): readonly AlertNotice[] {
    return [...this.#raised.values()].map(({ notice }) => notice);
  }

  async #find(): Promise<Alert[]> {
    const { node, chain, consensus, bpci, sync, network, clock } = this.#ports;
    const head = chain.head();
    const { parameters } = chain.genesis;
    const validators = await chain.validators(head.height + 1);
    return findAlerts({
      nowMs: clock.wallMs(),
      startedAtMs: node.startedAtMs,
      head,
      emptyBlockIntervalMs: parameters.emptyBlockIntervalMs,
      maxClockDriftMs: parameters.maxClockDriftMs,
      quorum: validators?.quorum ?? 0,
      validatorPeers: network
        .validatorPeers()
        .filter(({ validator }) => validators === undefined || validators.has(validator)),
      self: consensus.self,
      unreadyReason: node.readiness().reason,
      sync: sync.status(),
      evidence: [...consensus.pendingEvidence(), ...consensus.appliedEvidence()],
      jailed: bpci.members().filter(({ status }) => status === 'jailed'),
      badBlocks: chain.badBlocks(),
      freeDiskBytes: node.usage().freeDiskBytes,
    });
  }

  #take(found: readonly Alert[]): AlertNotice[] {
    const nowMs = this.#ports.clock.wallMs();
    const keys = new Set(found.map(({ key }) => key));
    const changes: AlertNotice[] = [];
    for (const [key, { alert }] of this.#raised)
      if (!keys.has(key)) {
        this.#raised.delete(key);
        changes.push(noticeOf('cleared', alert, nowMs));
      }
    for (const alert of found) {
      if (this.#raised.has(alert.key)) continue;
      const notice = noticeOf('raised', alert, nowMs);
      this.#raised.set(alert.key, { alert, notice });
      changes.push(notice);
    }
    return changes;
  }
}

function noticeOf(
  state: 'raised' | 'cleared',
  { code, severity, message, hint, details }: Alert,
  atMs: number,
): AlertNotice {
  return { code, severity, state, message, hint, details: { ...details }, at: rfc3339(atMs) };
}
