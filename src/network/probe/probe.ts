import type { Connection } from '@libp2p/interface';
import { multiaddr } from '@multiformats/multiaddr';
import { keyPairFromSeed } from '../../crypto/ed25519.ts';
import type { Status } from '../../types/network.ts';
import { errorMessage } from '../../util/errors.ts';
import { LIMITS } from '../../util/limits.ts';
import { asRefusal, judgeStatus, STATUS_PROTOCOL, shakeHands } from '../peers/handshake.ts';
import { isDialable, peerIdOf, signPeerRecord } from '../peers/peer-record.ts';
import { endpointOf, openTcp, resolveName, usesSwarmKey } from './first-bytes.ts';
import { fetchGenesis } from './genesis-fetch.ts';
import { createProbeHost, type ProbeHost } from './probe-host.ts';
import { ProbeFailure, type ProbeStep, type ProbeStepName } from './probe-step.ts';

export interface ProbeOptions {
  /** Identity to show; a node of the own with this key must not run meanwhile. */
  readonly nodeKeySeed: Uint8Array;
  /** Bytes of a swarm key file. */
  readonly swarmKey: Uint8Array | undefined;
  readonly chain: Pick<Status, 'chainId' | 'genesisHash' | 'protocolVersion'>;
  /** The last step; the genesis is asked for only if somebody wants it. */
  readonly upTo: 'identify' | 'handshake' | 'genesis';
  readonly nowMs: () => number;
  readonly wallMs: () => number;
  readonly onStep?: (step: ProbeStep) => void;
}

export interface ProbeResult {
  readonly ok: boolean;
  /** The peer id under which this side appeared. */
  readonly self: string | undefined;
  /** The peer that answered. */
  readonly peerId: string | undefined;
  readonly steps: readonly ProbeStep[];
  /** What the peer said of itself in the handshake. */
  readonly status: Status | undefined;
  /** SSZ bytes that the peer gave for the genesis; the caller checks their hash. */
  readonly genesis: Uint8Array | undefined;
}

/**
 * Goes the way to a peer step by step and stops at the first that fails, with its reason and what to do about it.
 * It ends all that it opened.
 */
export async function probePeer(address: string, options: ProbeOptions): Promise<ProbeResult> {
  return await new Probe(address, options).run();
}

class Probe {
  readonly #address: string;
  readonly #options: ProbeOptions;
  readonly #steps: ProbeStep[] = [];
  #host: ProbeHost | undefined;

  constructor(address: string, options: ProbeOptions) {
    this.#address = address;
    this.#options = options;
  }

  async run(): Promise<ProbeResult> {
    let peerId: string | undefined;
    let status: Status | undefined;
    let genesis: Uint8Array | undefined;
    // The time limits of libp2p keep no process alive; without this it could end while it waits for one of them.
    const alive = setInterval(() => undefined, LIMITS.probeTimeoutMs);
    try {
      await this.#reach();
      const connection = await this.#encrypt();
      peerId = connection.remotePeer.toString();
      await this.#identify(connection);
      const { upTo } = this.#options;
      if (upTo !== 'identify') status = await this.#handshake(connection);
      if (status !== undefined && upTo === 'genesis') genesis = await this.#genesis(connection);
    } catch (error) {
      if (!(error instanceof StoppedHere)) throw error;
    } finally {
      await this.#host?.libp2p.stop();
      clearInterval(alive);
    }
    const self = this.#host?.libp2p.peerId.toString();
    return { ok: this.#steps.every((step) => step.ok), self, peerId, steps: this.#steps, status, genesis };
  }

  /** From the text to an open port, and whether a swarm key is used there. */
  async #reach(): Promise<void> {
    const address = await this.#step('address', async () => {
      if (!isDialable(this.#address))
        throw new ProbeFailure(
          'BAD_MULTIADDR',
          `not an ip or dns address with tcp: ${this.#address.slice(0, 200)}`,
        );
      return { value: multiaddr(this.#address), detail: this.#address };
    });
    const { host, port, family } = endpointOf(address);
    const ips = await this.#step('dns', async () => {
      if (family === undefined) return { value: [host], detail: 'an IP address needs none' };
      const found = await resolveName(host, family);
      return { value: found, detail: `${host} is ${found.join(', ')}` };
    });
    const socket = await this.#step('tcp', async () => {
      const opened = await openFirst(ips, port);
      return { value: opened, detail: `${opened.remoteAddress} port ${port} is open` };
    });
    const hasKey = this.#options.swarmKey !== undefined;
    const begunMs = this.#options.nowMs();
    try {
      const needsKey = await usesSwarmKey(socket);
      if (needsKey && !hasKey) throw new ProbeFailure('SWARM_KEY_NEEDED', 'the node there uses a swarm key');
      if (!needsKey && hasKey)
        throw new ProbeFailure('SWARM_KEY_NOT_USED_THERE', 'the node there uses no swarm key');
    } catch (error) {
      this.#fail('swarm-key', begunMs, error);
    }
  }

  /** Whether two swarm keys agree shows only when noise begins: until then each side reads what the other ciphered. */
  async #encrypt(): Promise<Connection> {
    const { nodeKeySeed, swarmKey, nowMs } = this.#options;
    const begunMs = nowMs();
    const host = await createProbeHost(nodeKeySeed, swarmKey);
    this.#host = host;
    const keyDetail = swarmKey === undefined ? 'none on either side' : 'both sides have the same';
    try {
      const connection = await host.libp2p.dial(multiaddr(this.#address), {
        signal: AbortSignal.timeout(LIMITS.probeTimeoutMs),
      });
      this.#pass('swarm-key', begunMs, keyDetail);
      this.#pass('noise', begunMs, `peer ${connection.remotePeer}`);
      return connection;
    } catch (error) {
      if (!host.hasBegunNoise() && swarmKey !== undefined)
        this.#fail('swarm-key', begunMs, new ProbeFailure('SWARM_KEY_MISMATCH_LIKELY', errorMessage(error)));
      this.#pass('swarm-key', begunMs, keyDetail);
      const expected = peerIdOf(this.#address);
      const isOther = expected !== undefined && /peer|identity/i.test(errorMessage(error));
      const reason = isOther ? 'PEER_ID_MISMATCH' : 'NOISE_FAILED';
      return this.#fail('noise', begunMs, new ProbeFailure(reason, errorMessage(error)));
    }
  }

  async #identify(connection: Connection): Promise<void> {
    await this.#step('identify', async () => {
      const signal = AbortSignal.timeout(LIMITS.probeTimeoutMs);
      const said = await (this.#host as ProbeHost).libp2p.services.identify
        .identify(connection, { signal })
        .catch((error) => {
          throw new ProbeFailure('IDENTIFY_FAILED', errorMessage(error));
        });
      if (!said.protocols.includes(STATUS_PROTOCOL))
        throw new ProbeFailure(
          'NO_METANODE',
          `${said.agentVersion ?? 'it'} does not speak ${STATUS_PROTOCOL}`,
        );
      const announced = said.listenAddrs.slice(0, LIMITS.maxAddressesPerPeer).join(', ');
      const seen = said.observedAddr === undefined ? '' : `, it sees this machine as ${said.observedAddr}`;
      return {
        value: undefined,
        detail: `${said.agentVersion ?? 'no name'}, it announces ${announced || 'no address'}${seen}`,
      };
    });
  }

  async #handshake(connection: Connection): Promise<Status | undefined> {
    const { chain, nowMs } = this.#options;
    const begunMs = nowMs();
    const signal = AbortSignal.timeout(LIMITS.handshakeTimeoutMs);
    try {
      const stream = await connection.newStream(STATUS_PROTOCOL, { signal });
      const judge = (remote: Status) => judgeStatus(chain, remote);
      const { remote } = await shakeHands(stream, this.#status(), judge, nowMs, signal);
      this.#pass('handshake', begunMs, `${remote.record.body.role} at height ${remote.head.height}`);
      return remote;
    } catch (error) {
      const { refusedBy, reason } = asRefusal(error, signal.aborted);
      const self = this.#host?.libp2p.peerId;
      this.#record({
        step: 'handshake',
        ok: false,
        ms: nowMs() - begunMs,
        reason: reason.code,
        detail: `${refusedBy === 'remote' ? 'the peer refused' : 'refused here'}: ${reason.message}`,
        hint:
          reason.code === 'PEER_NOT_ALLOWED'
            ? `ask the operator there to add ${self} to the allow-list`
            : (reason.hint ?? 'see admin_peerHistory of both nodes'),
      });
      return undefined;
    }
  }

  async #genesis(connection: Connection): Promise<Uint8Array> {
    return await this.#step('genesis', async () => {
      const value = await fetchGenesis(connection).catch((error) => {
        throw new ProbeFailure('GENESIS_NOT_GIVEN', errorMessage(error));
      });
      return { value, detail: `${value.length} bytes` };
    });
  }

  #status(): Status {
    const { chain, nodeKeySeed, wallMs } = this.#options;
    const peerId = (this.#host as ProbeHost).libp2p.peerId.toString();
    const own = { peerId, role: 'observer', addresses: [], sequence: wallMs() } as const;
    return {
      ...chain,
      forkId: chain.genesisHash,
      head: { height: 0, hash: '00'.repeat(32) },
      record: signPeerRecord(chain.genesisHash, keyPairFromSeed(nodeKeySeed), undefined, own),
    };
  }

  async #step<Value>(
    step: ProbeStepName,
    work: () => Promise<{ value: Value; detail: string }>,
  ): Promise<Value> {
    const begunMs = this.#options.nowMs();
    try {
      const { value, detail } = await work();
      this.#pass(step, begunMs, detail);
      return value;
    } catch (error) {
      return this.#fail(step, begunMs, error);
    }
  }

  #pass(step: ProbeStepName, begunMs: number, detail: string): void {
    this.#record({ step, ok: true, ms: Math.round(this.#options.nowMs() - begunMs), detail });
  }

  #fail(step: ProbeStepName, begunMs: number, error: unknown): never {
    if (!(error instanceof ProbeFailure)) throw error;
    const ms = Math.round(this.#options.nowMs() - begunMs);
    this.#record({ step, ok: false, ms, reason: error.reason, detail: error.message, hint: error.hint });
    throw new StoppedHere();
  }

  #record(step: ProbeStep): void {
    this.#steps.push(step);
    this.#options.onStep?.(step);
  }
}

/** A step failed and is recorded. */
class StoppedHere extends Error {}

/** The first of the addresses of a name that accepts. @throws ProbeFailure of the last one */
async function openFirst(ips: readonly string[], port: number) {
  let failure: unknown = new ProbeFailure('NAME_NOT_FOUND', 'the name has no address');
  for (const ip of ips) {
    try {
      return await openTcp(ip, port);
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}
