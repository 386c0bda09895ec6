import { beaconAlpha, nextBeacon } from '../crypto/beacon.ts';
import type { KeyPair } from '../crypto/ed25519.ts';
import { type VrfKeyPair, vrfProofToHash } from '../crypto/vrf.ts';
import { type Begun, beginBlock } from '../ledger/begin-block.ts';
import { endBlock } from '../ledger/end-block.ts';
import { buildSection, type SectionResult, type SkippedTransaction } from '../ledger/section.ts';
import { sectionRoots } from '../ledger/section-roots.ts';
import type { State } from '../ledger/state/state.ts';
import type { Mempool } from '../mempool/mempool.ts';
import { proofSchemeOf } from '../mining/proofs/proof-schemes.ts';
import { type Beacon, type BlockHeader, HEADER_VERSION, hashHeader } from '../types/block.ts';
import { type Certificate, certificateHash } from '../types/certificate.ts';
import { type Evidence, evidenceRoot } from '../types/evidence.ts';
import { LEDGERS } from '../types/names.ts';
import {
  emptySection,
  PROPOSER_RANK,
  type Section,
  type SignedSection,
  sectionSigningBytes,
  sectionsRoot,
} from '../types/section.ts';
import type { Address } from '../types/ssz.ts';
import { LIMITS } from '../util/limits.ts';
import type { CompleteBlock } from './complete-block.ts';
import { blockFacts, type ExecutedBlock, finishBlock, proofInputOf } from './execute.ts';
import type { ParentFacts } from './header-rules.ts';

/** The keys that a block needs of its proposer. */
export interface BlockProducer {
  readonly id: Address;
  readonly consensusKey: KeyPair;
  readonly vrfKey: VrfKeyPair;
}

export interface BuildInput {
  readonly parent: ParentFacts;
  /** The parent's certificate as this node holds it; undefined only on genesis. */
  readonly lastCertificate: Certificate | undefined;
  /** Proven, in the order of a block, and at most as much as a block holds. */
  readonly evidence: readonly Evidence[];
  readonly state: State;
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

/** Builds and executes the next block out of the pool; the proposer mines all five sections itself. */
export function buildBlock(input: BuildInput): BuiltBlock {
  const { parent, state, mempool, producer } = input;
  const { parameters } = parent.genesis;
  const begun = beginBlock(state, blockFacts(parent));
  const results: SectionResult[] = [];
  try {
    const skipped: SkippedTransaction[] = [];
    let room = parameters.maxBlockBytes - BLOCK_OVERHEAD_BYTES;
    let transactionRoom = input.maxTransactions;
    let ledgersWaiting = LEDGERS.filter((ledger) => mempool.hasExecutable(ledger)).length;
    for (const ledger of LEDGERS) {
      // An equal share for each ledger that still waits; what one leaves over goes to the next.
      const share = Math.ceil(transactionRoom / Math.max(1, ledgersWaiting));
      if (mempool.hasExecutable(ledger)) ledgersWaiting -= 1;
      const candidates = mempool.executable(ledger, {
        maxBytes: Math.min(parameters.maxSectionBytes, Math.max(0, room)),
        maxOperations: parameters.maxSectionOperations,
        maxTransactions: Math.min(LIMITS.maxTransactionsPerSection, share),
      });
      const built = buildSection(begun, ledger, candidates);
      results.push(built.result);
      skipped.push(...built.skipped);
      transactionRoom -= built.result.transactions.length;
      for (const { bytes } of built.result.transactions) room -= bytes.length + OFFSET_BYTES;
    }
    const sections = results.map((result) => mineSection(begun, result, parent, producer));
    const beacon = proveBeacon(parent, producer.vrfKey);
    const { lastCertificate, evidence } = input;
    const ended = endBlock(begun, results, { beacon: beacon.output, lastCertificate, evidence });
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
  } finally {
    for (const result of results) result.discard();
    begun.discard();
  }
}

/** What a block holds besides transactions: header, five sections with proofs of bounded size, certificate, evidence. */
const BLOCK_OVERHEAD_BYTES = 512 * 1024;
/** Of one element of an SSZ list of variable size. */
const OFFSET_BYTES = 4;

function mineSection(
  begun: Begun,
  result: SectionResult,
  parent: ParentFacts,
  producer: BlockProducer,
): SignedSection {
  const { ledger } = result;
  const height = parent.height + 1;
  const scheme = proofSchemeOf(ledger);
  if (result.transactions.length === 0 || scheme === undefined)
    return emptySection(ledger, height, parent.hash, result.preRoot);
  const section: Section = {
    ledger,
    height,
    parent: parent.hash,
    miner: producer.id,
    rank: PROPOSER_RANK,
    ...sectionRoots(result),
    proof: scheme.build(proofInputOf(begun, result, parent)),
  };
  return { section, signature: producer.consensusKey.sign(sectionSigningBytes(parent.genesisHash, section)) };
}

function proveBeacon(parent: ParentFacts, key: VrfKeyPair): Beacon {
  const proof = key.prove(beaconAlpha(parent.genesisHash, parent.height + 1, parent.beacon));
  const output = vrfProofToHash(proof);
  if (output === undefined) throw new Error('an own VRF proof does not decode');
  return { proof, output: nextBeacon(parent.beacon, output) };
}
