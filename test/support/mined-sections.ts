import type { SectionGround } from '../../src/chain/section-ground.ts';
import type { KeyPair } from '../../src/crypto/ed25519.ts';
import { LEDGERS, type LedgerName } from '../../src/types/names.ts';
import { BPCI } from '../../src/types/operations/bpci.ts';
import { BPI } from '../../src/types/operations/bpi.ts';
import { encodeOperation } from '../../src/types/operations/catalog.ts';
import { CLUSTER } from '../../src/types/operations/cluster.ts';
import { DOCKLOCK } from '../../src/types/operations/docklock.ts';
import {
  encodeSectionMessage,
  PROPOSER_RANK,
  type Section,
  type SectionMessage,
  sectionSigningBytes,
} from '../../src/types/section.ts';
import type { Address } from '../../src/types/ssz-bytes.ts';
import type { EncodedTransaction, Operation } from '../../src/types/transaction.ts';
import type { ChainWorld } from './chain.ts';

const NOBODY = 'ab'.repeat(32);

/** An operation of a ledger that every chain can execute. All but the payment fail, which pays and is proven too. */
export function operationOn(ledger: LedgerName, payment: Operation): Operation {
  switch (ledger) {
    case 'docklock':
      return encodeOperation(DOCKLOCK.operations.Start, { app: NOBODY, expectedGeneration: 1 });
    case 'cluster':
      return encodeOperation(CLUSTER.operations.WorkloadCancel, { app: 'nothing' });
    case 'bpi':
      return encodeOperation(BPI.operations.Activate, { agreement: NOBODY });
    case 'bpci':
      return encodeOperation(BPCI.operations.ValVote, { candidate: NOBODY, decision: 'admit' });
    case 'economy':
      return payment;
  }
}

/** A transaction on a ledger: Alice's, on bpci a validator's, which alone can pay there. */
export function workOn(world: ChainWorld, ledger: LedgerName, nonce = 0): EncodedTransaction {
  const sender = ledger === 'bpci' ? world.validators[0]?.account : world.alice;
  return world.sign(sender ?? world.alice, nonce, [operationOn(ledger, world.payment(1_000n))], {
    ledger,
    maxFee: 200_000n,
  });
}

/** One of each ledger. */
export function workOnAll(world: ChainWorld, nonce = 0): EncodedTransaction[] {
  return LEDGERS.map((ledger) => workOn(world, ledger, nonce));
}

export interface SectionOptions {
  /** By default whom the ground elected for the rank. */
  readonly miner?: Address;
  /** By default the miner's. */
  readonly key?: KeyPair;
  /** What is claimed instead of the truth; the miner signs it. */
  readonly change?: Partial<Section>;
}

/** A section as its miner sends it, made on `ground`, which is best another node's than the one under test. */
export function mineSection(
  world: ChainWorld,
  ground: SectionGround,
  rank: number,
  transactions: readonly EncodedTransaction[],
  { miner, key, change = {} }: SectionOptions = {},
): { message: SectionMessage; bytes: Uint8Array } {
  const ledger = transactions[0]?.value.body.ledger ?? 'economy';
  const elected = miner ?? ground.elected[ledger][rank];
  const id = elected ?? (rank === PROPOSER_RANK ? world.producer(0).id : undefined);
  if (id === undefined) throw new Error(`nobody has rank ${rank} of ${ledger}`);
  const builder = ground.open(ledger);
  const [skipped] = builder.add(transactions);
  if (skipped !== undefined) throw new Error(`not minable: ${skipped.reason.code}`);
  const result = builder.result();
  const section: Section = { ...ground.sectionOf(result, id, rank), ...change };
  const signing = key ?? world.identity(id).consensus;
  const signature = signing.sign(sectionSigningBytes(world.genesisHash, section));
  const message = { signed: { section, signature }, transactionIds: [...result.txIds] };
  return { message, bytes: encodeSectionMessage(message) };
}
