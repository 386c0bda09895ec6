import { multiaddr } from '@multiformats/multiaddr';
import type { PeerRecord } from '../../types/network.ts';
import { errorCode, errorMessage } from '../../util/errors.ts';
import type { NetworkOptions } from '../contract.ts';
import { networkError } from '../errors.ts';
import type { Host } from '../libp2p/host.ts';
import type { Admission } from './admission.ts';
import { measureBusyShare } from './busy-share.ts';
import { missingTargets } from './dial-targets.ts';
import { Dialer, type DialTarget } from './dialer.ts';
import type { EntryRules } from './entry-rules.ts';
import { Leisure } from './leisure.ts';
import type { PeerBook } from './peer-book.ts';
import { isDialable, peerIdOf } from './peer-record.ts';
import type { Peer, PeerTable } from './peer-table.ts';
import { RemovedPeers } from './removed-peers.ts';

export interface ConnectorDeps {
  readonly options: NetworkOptions;
  readonly host: Host;
  readonly book: PeerBook;
  readonly peers: PeerTable;
  readonly entry: EntryRules;
  readonly admission: Admission;
  readonly ownRecord: () => PeerRecord;
  readonly isValidator: () => boolean;
  readonly isReportedConnected: (peerId: string) => boolean;
  /** In [0, 1), for jitter. */
  readonly random: () => number;
}

/** Opens connections: by itself with whom this node should be connected, and with whom an operator names. */
export class Connector {
  readonly #deps: ConnectorDeps;
  readonly #removed: RemovedPeers;
  readonly #dialer: Dialer;

  constructor(deps: ConnectorDeps) {
    const { options, book, peers, entry, ownRecord, isValidator, isReportedConnected, random } = deps;
    const { bootnodes, head, clock } = options;
    this.#deps = deps;
    this.#removed = new RemovedPeers(bootnodes);
    const claimed = () => peers.all.reduce((most, peer) => Math.max(most, peer.head.height), 0);
    const busyShare = measureBusyShare(clock);
    const leisure = new Leisure({ height: () => head().height, claimed, busyShare, clock });
    this.#dialer = new Dialer({
      missing: () =>
        missingTargets({
          bootnodes,
          book,
          peers,
          ownRecord,
          isValidator,
          speakNext: options.speakNext ?? (() => []),
          isReportedConnected,
          isWanted: (key) => !this.#removed.has(key) && (key.startsWith('/') || entry.isAllowed(key)),
          monotonicMs: () => clock.monotonicMs(),
        }),
      dial: (target) => this.#dialTarget(target),
      onFault: (target, error) => void this.#reportFault(target, error),
      hasLeisure: () => leisure.grant(),
      clock,
      random,
    });
  }

  /** Looks again at who is missing. */
  reconsider(): void {
    this.#dialer.reconsider();
  }

  close(): void {
    this.#dialer.close();
  }

  /** Connects with a peer by hand, one that was removed by hand too. @throws NetworkError */
  async dial(address: string): Promise<string> {
    if (!isDialable(address))
      throw networkError('BAD_MULTIADDR', `not a TCP multiaddr: ${address.slice(0, 200)}`);
    const expected = peerIdOf(address);
    const refusal = expected === undefined ? undefined : this.#deps.entry.refusal(expected);
    if (refusal !== undefined) throw refusal;
    this.#removed.delete(expected ?? address);
    const { peerId } = await this.#connect([address]);
    this.#removed.delete(peerId);
    return peerId;
  }

  /** The peer is not dialed again before somebody has this node do so. */
  remove(peerId: string): void {
    this.#removed.add(peerId, this.#deps.peers.get(peerId)?.connection.remoteAddr);
  }

  async #dialTarget(target: DialTarget): Promise<void> {
    try {
      await this.#connect(target.addresses);
    } catch (error) {
      const { book, peers } = this.#deps;
      const record = book.get(target.key);
      const validator = record === undefined ? undefined : book.validatorOf(record);
      if (validator !== undefined) peers.noteDialFailure(validator, errorMessage(error));
      throw error;
    }
  }

  /** An address that an operator wrote down is worth the question why nobody answers there. */
  async #reportFault({ key, addresses }: DialTarget, error: unknown): Promise<void> {
    const { bootnodes, findObstacle, logger } = this.#deps.options;
    const code = errorCode(error);
    const bootnode = code === 'DIAL_FAILED' ? bootnodes.find((one) => addresses.includes(one)) : undefined;
    const obstacle =
      bootnode === undefined ? undefined : await findObstacle?.(bootnode).catch(() => undefined);
    const why =
      obstacle === undefined
        ? { code, reason: errorMessage(error) }
        : { code: obstacle.reason, step: obstacle.step, reason: obstacle.detail, hint: obstacle.hint };
    logger.warn({ peer: key, addresses, ...why }, 'dial failed');
  }

  async #connect(addresses: readonly string[]): Promise<Peer> {
    let connection: Parameters<Admission['outcome']>[0];
    try {
      connection = await this.#deps.host.dial(addresses.map((address) => multiaddr(address)));
    } catch (error) {
      throw networkError('DIAL_FAILED', `${addresses.join(', ')}: ${errorMessage(error)}`, {
        data: { addresses: [...addresses] },
        cause: error,
      });
    }
    return await this.#deps.admission.outcome(connection);
  }
}
