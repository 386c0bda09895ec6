import type { Connection, Stream } from '@libp2p/interface';
import type { Status } from '../../types/network.ts';
import type { Clock } from '../../util/clock.ts';
import { LIMITS } from '../../util/limits.ts';
import type { Logger } from '../../util/logger.ts';
import type { DisconnectReason } from '../contract.ts';
import { type NetworkError, networkError } from '../errors.ts';
import type { Host } from '../libp2p/host.ts';
import {
  asRefusal,
  type HandshakeRefusal,
  type HandshakeResult,
  STATUS_PROTOCOL,
  shakeHands,
} from './handshake.ts';
import type { Peer, PeerTable } from './peer-table.ts';

/** How long the connection that loses against another of the same peer stays open. */
const SECOND_CONNECTION_GRACE_MS = 3000;

export interface AdmissionDeps {
  readonly host: Host;
  readonly peers: PeerTable;
  readonly localStatus: () => Status;
  /** Why this peer may not stay, or undefined. */
  readonly judge: (remote: Status, peerId: string) => NetworkError | undefined;
  readonly onAdmitted: (peer: Peer) => void;
  /** The peer stays, on another connection. */
  readonly onReplaced: (peer: Peer) => void;
  readonly onRemoved: (peer: Peer, reason: DisconnectReason) => void;
  readonly onRefused: (peerId: string, refusal: HandshakeRefusal) => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** One connection, from its opening to its end. */
interface Session {
  readonly connection: Connection;
  readonly outcome: PromiseWithResolvers<Peer>;
  deadline: NodeJS.Timeout | undefined;
  isShakingHands: boolean;
  /** Why this side closes it, if it does. */
  closing: DisconnectReason | undefined;
}

/**
 * Turns connections into peers: the handshake on every connection, at most one connection per peer, and a reason for
 * every end. The dialer opens the status stream.
 */
export class Admission {
  readonly #deps: AdmissionDeps;
  readonly #sessions = new Map<string, Session>();
  #stopping = false;

  constructor(deps: AdmissionDeps) {
    this.#deps = deps;
    const { host } = deps;
    host.addEventListener('connection:open', ({ detail }) => {
      this.#sessionOf(detail);
    });
    host.addEventListener('connection:close', ({ detail }) => {
      this.#onClosed(detail);
    });
  }

  async start(): Promise<void> {
    await this.#deps.host.handle(
      STATUS_PROTOCOL,
      async (stream, connection) => {
        const session = this.#sessionOf(connection);
        if (connection.direction === 'inbound') await this.#shakeHands(session, stream);
        else stream.abort(new Error('the dialer opens the status stream'));
      },
      { maxInboundStreams: 1, maxOutboundStreams: 1 },
    );
  }

  /** The peer behind a connection once its handshake is done, undefined if that fails. */
  async admitted(connection: Connection): Promise<Peer | undefined> {
    return await this.#sessionOf(connection).outcome.promise.catch(() => undefined);
  }

  /** The same, but says why. @throws NetworkError */
  async outcome(connection: Connection): Promise<Peer> {
    return await this.#sessionOf(connection).outcome.promise;
  }

  /** Ends the connection with a peer at once. */
  disconnect(peer: Peer, code: DisconnectReason['code'], message: string): void {
    const session = this.#sessions.get(peer.connection.id);
    if (session !== undefined) session.closing ??= { code, message, data: {} };
    peer.connection.abort(new Error(message));
  }

  /** Ends that come now are this node's doing. */
  stop(): void {
    this.#stopping = true;
    for (const { deadline } of this.#sessions.values()) clearTimeout(deadline);
  }

  #sessionOf(connection: Connection): Session {
    const existing = this.#sessions.get(connection.id);
    if (existing !== undefined) return existing;
    const session: Session = {
      connection,
      outcome: Promise.withResolvers<Peer>(),
      deadline: undefined,
      isShakingHands: false,
      closing: undefined,
    };
    session.outcome.promise.catch(() => undefined); // whoever waits hears of it; nobody has to wait
    if (connection.status !== 'open') {
      session.outcome.reject(networkError('REMOTE_CLOSED', 'the connection has ended'));
      return session;
    }
    this.#sessions.set(connection.id, session);
    session.deadline = setTimeout(
      () => this.#refuse(session, asRefusal(undefined, true)),
      LIMITS.handshakeTimeoutMs,
    );
    if (connection.direction === 'outbound') void this.#openStatus(session);
    return session;
  }

  async #openStatus(session: Session): Promise<void> {
    try {
      const signal = AbortSignal.timeout(LIMITS.handshakeTimeoutMs);
      await this.#shakeHands(session, await session.connection.newStream(STATUS_PROTOCOL, { signal }));
    } catch (error) {
      this.#refuse(session, asRefusal(error, false));
    }
  }

  async #shakeHands(session: Session, stream: Stream): Promise<void> {
    if (session.isShakingHands) {
      stream.abort(new Error('one handshake per connection'));
      return;
    }
    session.isShakingHands = true;
    const { localStatus, judge, clock } = this.#deps;
    const peerId = session.connection.remotePeer.toString();
    const signal = AbortSignal.timeout(LIMITS.handshakeTimeoutMs);
    try {
      const result = await shakeHands(
        stream,
        localStatus(),
        (remote) => judge(remote, peerId),
        () => clock.monotonicMs(),
        signal,
      );
      this.#admit(session, result);
      await stream.close({ signal });
    } catch (error) {
      this.#refuse(session, asRefusal(error, signal.aborted));
    }
  }

  #admit(session: Session, { remote, rttMs }: HandshakeResult): void {
    const { connection } = session;
    clearTimeout(session.deadline);
    if (connection.status !== 'open' || this.#stopping) {
      session.outcome.reject(networkError('REMOTE_CLOSED', 'the connection has ended'));
      return;
    }
    const existing = this.#deps.peers.get(remote.record.body.peerId);
    if (existing === undefined) {
      const peer = this.#deps.peers.add(connection, remote, rttMs);
      this.#deps.onAdmitted(peer);
      session.outcome.resolve(peer);
      return;
    }
    const isPreferred = this.#isPreferred(connection, existing.connection);
    this.#deps.logger.debug({ peerId: existing.peerId, isPreferred }, 'second connection with a peer');
    const loser = isPreferred ? existing.connection : connection;
    if (isPreferred) {
      existing.connection = connection;
      existing.head = remote.head;
      this.#deps.onReplaced(existing);
    }
    session.outcome.resolve(existing);
    // The other side may still have to shake hands on the one that stays; until then it uses this one.
    const timer = setTimeout(() => {
      loser.close().catch(() => loser.abort(new Error('second connection')));
    }, SECOND_CONNECTION_GRACE_MS);
    timer.unref();
  }

  /**
   * Of two connections that cross, the one dialed by the smaller peer id stays: both ends decide alike. Of two from one
   * side the newer stays: that side knows that the older one is gone.
   */
  #isPreferred(newer: Connection, older: Connection): boolean {
    if (older.status !== 'open' || newer.direction === older.direction) return true;
    const self = this.#deps.host.peerId.toString();
    const remote = newer.remotePeer.toString();
    return (
      (newer.direction === 'outbound' ? self : remote) < (newer.direction === 'outbound' ? remote : self)
    );
  }

  #refuse(session: Session, refusal: HandshakeRefusal): void {
    clearTimeout(session.deadline);
    if (session.closing !== undefined) return;
    const { code, message, data } = refusal.reason;
    session.closing = { code, message, data };
    session.outcome.reject(refusal.reason);
    if (!this.#stopping) this.#deps.onRefused(session.connection.remotePeer.toString(), refusal);
    const { connection } = session;
    connection.close().catch(() => connection.abort(new Error(message)));
  }

  #onClosed(connection: Connection): void {
    const session = this.#sessions.get(connection.id);
    if (session === undefined) return;
    this.#sessions.delete(connection.id);
    clearTimeout(session.deadline);
    // A handshake under way may still read why: the verdict arrived just before the end.
    if (!session.isShakingHands)
      session.outcome.reject(networkError('REMOTE_CLOSED', 'the connection has ended'));
    const peer = this.#deps.peers.get(connection.remotePeer.toString());
    if (peer === undefined || peer.connection.id !== connection.id) return;
    const reason = this.#stopping
      ? ({ code: 'STOPPED', message: 'this node stops', data: {} } as const)
      : (session.closing ??
        ({ code: 'REMOTE_CLOSED', message: 'the other side ended the connection', data: {} } as const));
    this.#deps.onRemoved(peer, reason);
  }
}
