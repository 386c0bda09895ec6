import { beaconAlpha, nextBeacon } from '../crypto/beacon.ts';
import type { KeyPair } from '../crypto/ed25519.ts';
import { type VrfKeyPair, vrfProofToHash } from '../crypto/vrf.ts';
import { endBlock, minersOf } from '../ledger/end-block.ts';
import type { SectionBuilder, SkippedTransaction } from '../ledger/section.ts';
import type { SectionResult } from '../ledger/section-result.ts';
import type { Mempool } from '../mempool/mempool.ts';
import { type Beacon, type BlockHeader, HEADER_VERSION, hashHeader } from '../types/block.ts';
import { type Certificate, certificateHash } from '../types/certificate.ts';
import { type Evidence, evidenceRoot } from '../types/evidence.ts';
import type { Parameters } from '../types/genesis.ts';
import { LEDGERS, type LedgerName } from '../types/names.ts';
import { PROPOSER_RANK, sectionSigningBytes, sectionsRoot } from '../types/section.ts';
import type { Address } from '../types/ssz-bytes.ts';
import type { EncodedTransaction } from '../types/transaction.ts';
import type { CompleteBlock } from './complete-block.ts';
import { type ExecutedBlock, finishBlock } from './execute.ts';
import type { ParentFacts } from './parent-facts.ts';
import { candidatesOf } from './section-candidates.ts';
import type { MinedSection, SectionGround } from './section-ground.ts';

/** The keys that a block needs of its proposer. */
export interface BlockProducer {
  readonly id: Address;
  readonly consensusKey: KeyPair;
  readonly vrfKey: VrfKeyPair;
}

export interface BuildInput {
  readonly ground: SectionGround;
  /** The parent's certificate as this node holds it; undefined only on genesis. */
  readonly lastCertificate: Certificate | undefined;
  /** Proven, in the order of a block, and at most as much as a block holds. */
  readonly evidence: readonly Evidence[];
  /** Sections of elected miners, at most one of each ledger; the proposer mines the others. */
  readonly mined: readonly MinedSection[];
  readonly mempool: Mempool;
  readonly producer: BlockProducer;
  /** Over all sections; the proposer's own policy. */
  readonly maxTransactions: number;
  readonly wallMs: number;
}

export interface BuiltBlock {
  readonly complete: CompleteBlock;
  readonly executed: ExecutedBlock;
  /** Candidates that no valid section could contain. */
  readonly skipped: readonly SkippedTransaction[];
}

/** Builds and executes the next block out of elected miners' sections and the pool. */
export function buildBlock(input: BuildInput): BuiltBlock {
  const { ground, producer, lastCertificate, evidence } = input;
  const { parent } = ground;
  const { parameters } = parent.genesis;
  const { chosen, skipped } = chooseSections(input);
  const results = chosen.map(({ result }) => result);
  const sections = chosen.map(({ signed }) => signed);
  const beacon = proveBeacon(parent, producer.vrfKey);
  const ended = endBlock(ground.begun, results, {
    proposer: producer.id,
    miners: minersOf(sections),
    beacon: beacon.output,
    lastCertificate,
    evidence,
  });
  const executed = finishBlock(results, ended, sections);
  const header: BlockHeader = {
    version: HEADER_VERSION,
    chainId: parent.genesis.chainId,
    height: parent.height + 1,
    timeMs: Math.max(input.wallMs, parent.timeMs + parameters.minBlockIntervalMs),
    parentHash: parent.hash,
    proposer: producer.id,
    beacon,
    sectionsRoot: sectionsRoot(sections),
    receiptsRoot: executed.receiptsRoot,
    stateRoot: executed.stateRoot,
    validatorsHash: parent.validators.hash,
    nextValidatorsHash: parent.nextValidators.hash,
    lastCertificateHash: certificateHash(lastCertificate),
    evidenceRoot: evidenceRoot(evidence),
  };
  const complete: CompleteBlock = {
    hash: hashHeader(header),
    block: {
      header,
      body: {
        sections,
        lastCertificate: lastCertificate === undefined ? [] : [lastCertificate],
        evidence: [...evidence],
      },
      transactions: results.map((result) => result.transactions.map(({ bytes }) => bytes)),
    },
    transactions: results.map((result) => result.transactions),
  };
  return { complete, executed, skipped };
}

/** One section of each ledger, in ledger order. */
function chooseSections({ ground, mined, mempool, producer, maxTransactions }: BuildInput): {
  chosen: MinedSection[];
  skipped: SkippedTransaction[];
} {
  const { parameters } = ground.parent.genesis;
  const room = new BlockRoom(parameters, maxTransactions);
  const elected = new Map<LedgerName, MinedSection>();
  // The smallest first: a section that takes nearly the whole block finds only what the others leave.
  for (const { signed, result } of [...mined].sort((a, b) => a.result.gas - b.result.gas)) {
    // Nothing new is executed, unless it was so long ago that it was forgotten.
    const outcome = ground.execute(signed.section, result.transactions);
    if ('result' in outcome && room.takeIfFits(result))
      elected.set(result.ledger, { signed, result: outcome.result });
  }
  const waiting = LEDGERS.filter((ledger) => !elected.has(ledger) && mempool.hasExecutable(ledger));
  const skipped: SkippedTransaction[] = [];
  const chosen = LEDGERS.map((ledger): MinedSection => {
    const byMiner = elected.get(ledger);
    if (byMiner !== undefined) return byMiner;
    const builder = ground.open(ledger, room.gas);
    const place = waiting.indexOf(ledger);
    if (place >= 0) {
      const candidates = candidatesOf(mempool, ledger, parameters, {
        maxTransactions: room.share(waiting.length - place),
        maxBytes: room.bytes,
      });
      skipped.push(...builder.add(candidates));
    }
    const section = mineAsProposer(ground, ledger, builder, producer);
    room.take(section.result);
    return section;
  });
  return { chosen, skipped };
}

/** What a block holds besides transactions: header, five sections with proofs of bounded size, certificate, evidence. */
const BLOCK_OVERHEAD_BYTES = 512 * 1024;
/** Of one element of an SSZ list of variable size. */
const OFFSET_BYTES = 4;

/** What a block still has room for. */
class BlockRoom {
  gas: number;
  bytes: number;
  #transactions: number;

  constructor({ maxBlockGas, maxBlockBytes }: Parameters, transactions: number) {
    this.gas = maxBlockGas;
    this.bytes = maxBlockBytes - BLOCK_OVERHEAD_BYTES;
    this.#transactions = transactions;
  }

  /** An equal part for each of so many ledgers that wait; what one leaves over goes to the next. */
  share(ledgers: number): number {
    return Math.ceil(this.#transactions / ledgers);
  }

  takeIfFits(result: SectionResult): boolean {
    if (result.gas > this.gas || sizeOf(result.transactions) > this.bytes) return false;
    this.take(result);
    return true;
  }

  take({ gas, transactions }: SectionResult): void {
    this.gas = Math.max(0, this.gas - gas);
    this.bytes = Math.max(0, this.bytes - sizeOf(transactions));
    this.#transactions = Math.max(0, this.#transactions - transactions.length);
  }
}

function sizeOf(transactions: readonly EncodedTransaction[]): number {
  return transactions.reduce((sum, { bytes }) => sum + bytes.length + OFFSET_BYTES, 0);
}

/** The proposer's own section, behind all that are elected; nobody mines an empty one. */
function mineAsProposer(
  ground: SectionGround,
  ledger: LedgerName,
  builder: SectionBuilder,
  { id, consensusKey }: BlockProducer,
): MinedSection {
  const { genesisHash } = ground.parent;
  if (builder.size === 0) {
    builder.abandon();
    return ground.emptySection(ledger);
  }
  const result = builder.result();
  const section = ground.sectionOf(result, id, PROPOSER_RANK);
  return {
    signed: { section, signature: consensusKey.sign(sectionSigningBytes(genesisHash, section)) },
    result,
  };
}

function proveBeacon(parent: ParentFacts, key: VrfKeyPair): Beacon {
  const proof = key.prove(beaconAlpha(parent.genesisHash, parent.height + 1, parent.beacon));
  const output = vrfProofToHash(proof);
  if (output === undefined) throw new Error('an own VRF proof does not decode');
  return { proof, output: nextBeacon(parent.beacon, output) };
}
