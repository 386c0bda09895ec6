import assert from 'node:assert/strict';
import { unbonding } from '../../../src/ledger/bpci/membership.ts';
import { nextNonce } from '../../../src/ledger/nonces.ts';
import { outboxQueue } from '../../../src/ledger/system/outbox-queue.ts';
import type { LightBlock } from '../../../src/types/light-block.ts';
import { BPCI, keyClaimBytes, keyRotationBytes } from '../../../src/types/operations/bpci.ts';
import { clientId } from '../../../src/types/operations/bpci-clients.ts';
import { type NodeMsg, nodeMessageSigningBytes } from '../../../src/types/operations/bpci-records.ts';
import { encodeOperation } from '../../../src/types/operations/catalog.ts';
import { ECONOMY } from '../../../src/types/operations/economy.ts';
import { RELEASE_LOCK } from '../../../src/types/operations/settlement-messages.ts';
import { TransactProofType } from '../../../src/types/proofs/transact.ts';
import { decode } from '../../../src/types/ssz.ts';
import type { Operation } from '../../../src/types/transaction.ts';
import { LIMITS } from '../../../src/util/limits.ts';
import { hashNumber } from '../blocks.ts';
import { certificateOf, ForeignChain, sealedHeader } from '../foreign-chain.ts';
import { type Actor, actor, type LedgerChain } from '../ledger-chain.ts';
import { failing, type LedgerFixture, plan } from './fixture.ts';

const { operations } = BPCI;

export const validators = ['v0', 'v1', 'v2', 'v3'].map(actor) as [Actor, Actor, Actor, Actor];
const [joiner, candidate, leaver, outsider, relayer] = [
  'joiner',
  'candidate',
  'leaver',
  'outsider',
  'relayer',
].map(actor) as [Actor, Actor, Actor, Actor, Actor];
const bondOf = new Map([joiner, candidate, leaver].map((who, i) => [who, hashNumber(i)]));

const bond = (who: Actor): Operation =>
  encodeOperation(ECONOMY.operations.Lock, {
    ledger: 'bpci',
    purpose: 'bond',
    ref: bondOf.get(who) as string,
    token: 'GEN',
    amount: 1_000_000n,
  });

function join(chain: LedgerChain, who: Actor): Operation {
  const keys = { consensusKey: who.consensus.publicKey, vrfKey: who.vrf.publicKey };
  const claim = keyClaimBytes(chain.genesisHash, { validator: who.address, ...keys });
  return encodeOperation(operations.ValJoin, {
    ...keys,
    bondRef: bondOf.get(who) ?? hashNumber(99),
    consensusProof: who.consensus.sign(claim),
    vrfProof: who.vrf.prove(claim),
  });
}

function rotation(chain: LedgerChain, who: Actor, fresh: Actor, signer: Actor): Operation {
  const nonce = nextNonce(chain.state.reader('bpci'), who.address);
  const keys = { consensusKey: fresh.consensus.publicKey, vrfKey: fresh.vrf.publicKey };
  const bytes = keyRotationBytes(chain.genesisHash, { validator: who.address, nonce, ...keys });
  return encodeOperation(operations.KeyRotate, {
    ...keys,
    oldSignature: signer.consensus.sign(bytes),
    newSignature: fresh.consensus.sign(bytes),
    vrfProof: fresh.vrf.prove(keyClaimBytes(chain.genesisHash, { validator: who.address, ...keys })),
  });
}

const leave = ({ address }: Actor): Operation => encodeOperation(operations.ValLeave, { validator: address });
const admit = ({ address }: Actor): Operation =>
  encodeOperation(operations.ValVote, { candidate: address, decision: 'admit' });

/** Another chain as old as this one, and a header of it that its validators sealed a second time. */
const foreign = new ForeignChain();
const client = (nonce: bigint) => {
  const { genesisHash } = foreign;
  const { blockHash } = foreign.lightBlock(3).certificate;
  return clientId({ creator: relayer.address, nonce, operation: 0, genesisHash, blockHash });
};
const FOLLOWING = client(0n);
const BETRAYED = client(1n);
const creation = (height: number, trustingPeriodMs = 86_400_000) => ({
  genesisHash: foreign.genesisHash,
  trustingPeriodMs,
  block: foreign.lightBlock(height),
});
const conflict = (client: string, second: LightBlock) => ({
  client,
  validators: foreign.lightBlock(3).validators,
  first: sealedHeader(foreign.lightBlock(3)),
  second: sealedHeader(second),
});

/** Height of a header of this chain that the set-up makes final. */
const FINAL = 1;
const anchor = (height: number) => ({
  height,
  blockHash: hashNumber(height),
  target: 'bitcoin',
  reference: 'transaction 1',
});

function message(chain: LedgerChain, nonce: bigint): NodeMsg {
  const header = {
    source: outsider.consensus.publicKey,
    destination: joiner.consensus.publicKey,
    service: hashNumber(7),
    nonce,
    frameHash: hashNumber(8),
  };
  const signature = outsider.consensus.sign(nodeMessageSigningBytes(chain.genesisHash, header));
  return { ...header, signature };
}

export const bpciFixture: LedgerFixture = {
  ledger: 'bpci',
  proof: TransactProofType,
  actors: [joiner, candidate, leaver, outsider, relayer],
  setUp: (chain) => {
    const locks = [joiner, candidate, leaver].map((who) => chain.transaction(who, 'economy', [bond(who)]));
    for (const { status } of chain.block(locks).receipts) assert.equal(status, 0);
    const joins = [candidate, leaver].map((who) => chain.transaction(who, 'bpci', [join(chain, who)]));
    for (const { status } of chain.block(joins).receipts) assert.equal(status, 0);
    const create = encodeOperation(operations.ClientCreate, creation(3));
    for (const id of [FOLLOWING, BETRAYED]) {
      const { status, events } = chain.run(relayer, 'bpci', [create]);
      assert.equal(status, 0);
      assert.equal(decode(BPCI.events.ClientCreated.type, events[0]?.data as Uint8Array, 'event').client, id);
    }
    chain.block([], 1_000, certificateOf({ height: FINAL, blockHash: hashNumber(FINAL) }, validators.length));
  },
  cases: {
    ClientCreate: {
      succeeding: () => plan(relayer, operations.ClientCreate, creation(4)),
      failing: () => failing(relayer, operations.ClientCreate, creation(4, 0), 'TRUSTING_PERIOD_INVALID'),
    },
    ClientUpdate: {
      succeeding: () =>
        plan(relayer, operations.ClientUpdate, { client: FOLLOWING, block: foreign.lightBlock(5) }),
      failing: () =>
        failing(
          relayer,
          operations.ClientUpdate,
          { client: FOLLOWING, block: foreign.variant(5, {}, 2) },
          'CERTIFICATE_BELOW_QUORUM',
        ),
    },
    ClientMisbehaviour: {
      succeeding: () =>
        plan(
          outsider,
          operations.ClientMisbehaviour,
          conflict(BETRAYED, foreign.variant(3, { stateRoot: hashNumber(9) })),
        ),
      failing: () =>
        failing(
          outsider,
          operations.ClientMisbehaviour,
          conflict(BETRAYED, foreign.lightBlock(3)),
          'HEADERS_NOT_CONFLICTING',
        ),
    },
    Anchor: {
      succeeding: () => plan(outsider, operations.Anchor, anchor(FINAL)),
      failing: () => failing(outsider, operations.Anchor, anchor(9_999), 'ANCHOR_NOT_FINAL'),
    },
    NodeMsg: {
      succeeding: (chain) => plan(relayer, operations.NodeMsg, message(chain, 1n)),
      failing: (chain) =>
        failing(relayer, operations.NodeMsg, message(chain, 0n), 'MESSAGE_NONCE_NOT_HIGHER'),
    },
    ValJoin: {
      succeeding: (chain) => ({ sender: joiner, operation: join(chain, joiner) }),
      failing: (chain) => ({
        sender: outsider,
        operation: join(chain, outsider),
        status: 'BOND_UNKNOWN',
      }),
    },
    ValLeave: {
      succeeding: () => ({ sender: leaver, operation: leave(leaver) }),
      failing: () => ({ sender: outsider, operation: leave(outsider), status: 'NOT_REGISTERED' }),
    },
    KeyRotate: {
      succeeding: (chain) => ({
        sender: validators[1],
        operation: rotation(chain, validators[1], actor('fresh 1'), validators[1]),
      }),
      failing: (chain) => ({
        sender: validators[2],
        operation: rotation(chain, validators[2], actor('fresh 2'), validators[1]),
        status: 'ROTATION_SIGNATURE_WRONG',
      }),
    },
    ValVote: {
      succeeding: () => ({ sender: validators[0], operation: admit(candidate) }),
      failing: () => ({ sender: outsider, operation: admit(candidate), status: 'NOT_A_VALIDATOR' }),
    },
  },
  backlog: {
    bound: LIMITS.maxExpiriesPerBlock,
    fill: (chain, count) => {
      const view = chain.state.extend();
      for (let i = 0; i < count; i++)
        unbonding.push(view.writer('bpci'), {
          owner: outsider.address,
          bondRef: hashNumber(i),
          releaseAtMs: chain.timeMs,
        });
      chain.state.commit(view);
    },
    done: ({ height }, chain) => {
      const system = chain.state.reader('system');
      const { head, tail } = outboxQueue.range(system);
      const numbers: number[] = [];
      for (let position = head; position < tail; position++) {
        const queued = outboxQueue.at(system, position);
        if (queued?.height !== height || queued.message.from !== 'bpci') continue;
        const { ref } = decode(RELEASE_LOCK.type, queued.message.data, 'release');
        numbers.push(Number.parseInt(ref, 16));
      }
      return numbers;
    },
  },
};
