import type { BlockHeader } from '../../src/types/block.ts';
import { hashHeader } from '../../src/types/block.ts';
import type { LightBlock } from '../../src/types/light-block.ts';
import { BPCI } from '../../src/types/operations/bpci.ts';
import { clientId } from '../../src/types/operations/bpci-clients.ts';
import type { Hash } from '../../src/types/ssz-bytes.ts';
import type { Account } from '../identities.ts';
import { ForeignChain } from './foreign-chain.ts';
import { freshHash, plan } from './planning.ts';
import type { OperationScenario, PlanContext, PlannedTransaction } from './scenario.ts';

const { ClientCreate, ClientUpdate, ClientMisbehaviour } = BPCI.operations;

const DAY_MS = 86_400_000;
/** The other chain began so long ago that no header of it is from the future. */
const AGE_MS = 3_600_000;
const FIRST_HEIGHTS = 5;
const MAX_STEP = 3;
/** A fork of the other chain differs in this. */
const FORKED: Partial<BlockHeader> = { stateRoot: 'fe'.repeat(32) };

/** A client that the plan has created. Its owner does all that concerns it, so it is done in this order. */
interface PlannedClient {
  readonly id: Hash;
  readonly owner: Account;
  height: number;
}

/** The clients of one plan, all of one other chain. */
class Relayer {
  readonly #clients: PlannedClient[] = [];
  #chain: ForeignChain | undefined;

  chain({ seed, startMs }: PlanContext): ForeignChain {
    this.#chain ??= new ForeignChain(seed, startMs - AGE_MS);
    return this.#chain;
  }

  create(context: PlanContext): PlannedTransaction {
    const chain = this.chain(context);
    const owner = context.rotate(context.lane.payers);
    const height = 1 + (context.unique() % FIRST_HEIGHTS);
    const block = chain.lightBlock(height);
    const { genesisHash } = chain;
    const nonce = context.nonceOf(owner, 'bpci');
    const blockHash = hashHeader(block.header);
    const id = clientId({ creator: owner.address, nonce, operation: 0, genesisHash, blockHash });
    this.#clients.push({ id, owner, height });
    return plan(owner, 'OK', ClientCreate, { genesisHash, trustingPeriodMs: DAY_MS, block });
  }

  /** Each client in its turn. */
  any(context: PlanContext): PlannedClient | undefined {
    return this.#clients[context.unique() % Math.max(1, this.#clients.length)];
  }

  update(context: PlanContext): PlannedTransaction | undefined {
    const client = this.any(context);
    if (client === undefined) return undefined;
    const chain = this.chain(context);
    const step = 1 + (context.unique() % MAX_STEP);
    client.height = Math.min(client.height + step, chain.lastInReach(client.height));
    return plan(client.owner, 'OK', ClientUpdate, {
      client: client.id,
      block: chain.lightBlock(client.height),
    });
  }

  /** Ends the oldest client by a fork at its height. */
  freeze(context: PlanContext): PlannedTransaction | undefined {
    const client = this.#clients.shift();
    if (client === undefined) return undefined;
    const chain = this.chain(context);
    const first = chain.lightBlock(client.height);
    return conflict(client, first, chain.lightBlock(client.height, FORKED), 'OK');
  }
}

function conflict(
  { id, owner }: PlannedClient,
  { validators, ...first }: LightBlock,
  second: LightBlock,
  expected: string,
): PlannedTransaction {
  const value = {
    client: id,
    validators,
    first,
    second: { header: second.header, certificate: second.certificate },
  };
  return plan(owner, expected, ClientMisbehaviour, value);
}

/** Clients of a chain that is made up on the spot, but sealed with real keys. */
export function clientScenarios(): readonly OperationScenario[] {
  const relayer = new Relayer();
  return [
    {
      operation: 'ClientCreate',
      weight: 1,
      succeed: (context) => relayer.create(context),
      fail: (context) => {
        const chain = relayer.chain(context);
        const block = chain.lightBlock(2, {}, 1);
        const value = { genesisHash: chain.genesisHash, trustingPeriodMs: DAY_MS, block };
        return plan(context.rotate(context.lane.payers), 'CERTIFICATE_BELOW_QUORUM', ClientCreate, value);
      },
    },
    {
      operation: 'ClientUpdate',
      weight: 6,
      succeed: (context) => relayer.update(context),
      fail: (context) => {
        const client = relayer.any(context);
        const chain = relayer.chain(context);
        if (client === undefined) {
          const value = { client: freshHash(context, 'client'), block: chain.lightBlock(2) };
          return plan(context.rotate(context.lane.payers), 'CLIENT_UNKNOWN', ClientUpdate, value);
        }
        const { certificate, validators, header } = chain.lightBlock(client.height + 1);
        const forged = { header: { ...header, ...FORKED }, certificate, validators };
        const value = { client: client.id, block: forged };
        return plan(client.owner, 'CERTIFICATE_OF_OTHER_BLOCK', ClientUpdate, value);
      },
    },
    {
      operation: 'ClientMisbehaviour',
      weight: 1,
      succeed: (context) => relayer.freeze(context),
      fail: (context) => {
        const client = relayer.any(context);
        if (client === undefined) return undefined;
        const block = relayer.chain(context).lightBlock(client.height);
        return conflict(client, block, block, 'HEADERS_NOT_CONFLICTING');
      },
    },
  ];
}
