import { keyPairFromSeed } from '../../src/crypto/ed25519.ts';
import type { Network, NetworkEvent, NetworkOptions, ValidatorIdentity } from '../../src/network/contract.ts';
import type { InboundMessage, Verdict } from '../../src/network/inbound-message.ts';
import { createNetwork } from '../../src/network/network.ts';
import { addressOf } from '../../src/types/address.ts';
import { TOPICS, type Topic } from '../../src/types/network.ts';
import { SCHEME_ED25519 } from '../../src/types/transaction.ts';
import { ValidatorSet } from '../../src/types/validator.ts';
import { fromHex } from '../../src/util/bytes.ts';
import { systemClock } from '../../src/util/clock.ts';
import { silentLogger } from '../../src/util/logger.ts';
import { freePort } from './ports.ts';
import { waitFor } from './wait-for.ts';

/** One started network with everything that it received and said. */
export interface TestNode {
  readonly network: Network;
  readonly received: InboundMessage[];
  readonly events: NetworkEvent[];
  /** The answer to every message; accept by default. */
  verdict: (message: InboundMessage) => Verdict | Promise<Verdict>;
}

function seed(kind: number, index: number): Uint8Array {
  const bytes = new Uint8Array(32).fill(kind);
  bytes[0] = index;
  return bytes;
}

export function validatorIdentity(index: number): ValidatorIdentity {
  const keyPair = keyPairFromSeed(seed(7, index));
  return { id: addressOf(SCHEME_ED25519, fromHex(keyPair.publicKey)), keyPair };
}

export function validatorSet(...indexes: number[]): ValidatorSet {
  return new ValidatorSet(
    indexes.map((index) => {
      const { id, keyPair } = validatorIdentity(index);
      return { id, consensusKey: keyPair.publicKey, vrfKey: keyPair.publicKey };
    }),
  );
}

/** Starts networks of one chain on loopback and stops them all at the end of a test. */
export class NetworkCluster {
  readonly validators: ValidatorSet;
  readonly nodes: TestNode[] = [];

  constructor(validators: ValidatorSet) {
    this.validators = validators;
  }

  /** `index` names the node key; with `validator` the node also holds that validator's key. */
  async start(
    index: number,
    settings: Partial<NetworkOptions> & { validator?: number } = {},
  ): Promise<TestNode> {
    const { validator, ...overrides } = settings;
    const network = await createNetwork({
      genesisHash: 'ab'.repeat(32),
      chainId: 7,
      protocolVersion: 1,
      forkId: '00'.repeat(32),
      nodeKeySeed: seed(9, index),
      listen: [`/ip4/127.0.0.1/tcp/${await freePort()}`],
      bootnodes: [],
      maxPeers: 32,
      loopbackTestnet: true,
      role: validator === undefined ? 'observer' : 'validator',
      ...(validator === undefined ? {} : { validatorKey: validatorIdentity(validator) }),
      head: () => ({ height: index, hash: '11'.repeat(32) }),
      logger: silentLogger,
      clock: systemClock,
      ...overrides,
    });
    const node: TestNode = { network, received: [], events: [], verdict: () => 'accept' };
    for (const topic of TOPICS)
      network.onMessage(topic, async (message) => {
        node.received.push(message);
        return await node.verdict(message);
      });
    network.subscribe((event) => node.events.push(event));
    network.setValidators(this.validators, this.validators);
    this.nodes.push(node);
    await network.start();
    return node;
  }

  /** Validators 1..count; all know only the first of them. */
  async startMesh(count: number): Promise<TestNode[]> {
    const boot = await this.start(1, { validator: 1 });
    const bootnodes = boot.network.addresses();
    const others = Array.from({ length: count - 1 }, (_, i) => i + 2);
    const nodes = [
      boot,
      ...(await Promise.all(others.map((i) => this.start(i, { validator: i, bootnodes })))),
    ];
    await waitFor('everyone is connected with everyone', () =>
      nodes.every((node) => node.network.peers().length === count - 1),
    );
    return nodes;
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map(({ network }) => network.stop()));
  }
}

export function only(node: TestNode, topic: Topic): InboundMessage[] {
  return node.received.filter((message) => message.topic === topic);
}

/** What a node said, of one kind. */
export function eventsOf<Kind extends NetworkEvent['kind']>(node: TestNode, kind: Kind) {
  return node.events.filter((event): event is Extract<NetworkEvent, { kind: Kind }> => event.kind === kind);
}
