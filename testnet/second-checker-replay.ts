import { verifySignature } from '../src/crypto/ed25519.ts';
import type { Begun } from '../src/ledger/begin-block.ts';
import { minersOf } from '../src/ledger/end-block.ts';
import { evidenceGround } from '../src/ledger/evidence.ts';
import { executeBlock } from '../src/ledger/execute-block.ts';
import { genesisState } from '../src/ledger/genesis-state.ts';
import type { SectionResult } from '../src/ledger/section-result.ts';
import { wrongSectionField } from '../src/ledger/section-roots.ts';
import type { State } from '../src/ledger/state/state.ts';
import { electMinersAbove } from '../src/mining/election.ts';
import { proofSchemeOf } from '../src/mining/proofs/proof-schemes.ts';
import { type BlockHeader, hashHeader } from '../src/types/block.ts';
import { certificateChecks, certificateHash } from '../src/types/certificate.ts';
import { type Evidence, evidenceRoot } from '../src/types/evidence.ts';
import { evidenceListChecks } from '../src/types/evidence-check.ts';
import type { Genesis } from '../src/types/genesis.ts';
import { LEDGERS } from '../src/types/names.ts';
import { encodeReceipt, encodeSystemReceipt, receiptListRoot, receiptsRoot } from '../src/types/receipt.ts';
import {
  EMPTY_RANK,
  PROPOSER_RANK,
  type SignedSection,
  sectionSigningBytes,
  sectionsRoot,
} from '../src/types/section.ts';
import type { Address } from '../src/types/ssz-bytes.ts';
import { decodeTransaction } from '../src/types/transaction.ts';
import type { ValidatorSet } from '../src/types/validator.ts';
import { equalBytes } from '../src/util/bytes.ts';
import type { ExportedBlock } from './second-checker-export.ts';

type Expect = (agrees: boolean, what: string) => void;

/** What is wrong with a block, by name, or nothing. */
export interface BlockFinding {
  readonly height: number;
  readonly what: string;
}

/**
 * Executes exported blocks from genesis with the rules of the ledgers alone, with no node, storage or network, and
 * compares every root and every receipt with what the chain says.
 */
export class Replay {
  readonly #genesis: Genesis;
  readonly #genesisHash: string;
  readonly #state: State;
  #validators: ValidatorSet;
  #nextValidators: ValidatorSet;
  #parent: { readonly hash: string; readonly timeMs: number; readonly stateRoot: string } | undefined;
  #height = 0;

  constructor(genesis: Genesis) {
    const { state, genesisHash, validators, stateRoot } = genesisState(genesis);
    this.#genesis = genesis;
    this.#genesisHash = genesisHash;
    this.#state = state;
    this.#validators = validators;
    this.#nextValidators = validators;
    this.#parent = { hash: genesisHash, timeMs: genesis.timeMs, stateRoot };
  }

  get genesisHash(): string {
    return this.#genesisHash;
  }

  get height(): number {
    return this.#height;
  }

  /** Applies the next block and returns everything that does not agree. */
  apply(exported: ExportedBlock): BlockFinding[] {
    const findings: BlockFinding[] = [];
    const expect: Expect = (agrees, what) => {
      if (!agrees) findings.push({ height: exported.height, what });
    };
    const { block, receipts } = exported;
    const { header, body } = block;
    this.#checkHeader(exported, expect);
    // Out of its place a block cannot be executed.
    if (header.height !== this.#height + 1) return findings;
    const parent = this.#parent as { timeMs: number };
    const transactions = Object.fromEntries(
      LEDGERS.map((ledger, index) => [ledger, (block.transactions[index] ?? []).map(decodeTransaction)]),
    );
    const outcome = executeBlock(
      this.#state,
      {
        height: header.height,
        timeMs: parent.timeMs,
        genesis: this.#genesis,
        genesisHash: this.#genesisHash,
      },
      transactions,
      {
        proposer: header.proposer,
        miners: minersOf(body.sections),
        beacon: header.beacon.output,
        lastCertificate: body.lastCertificate[0],
        evidence: body.evidence,
      },
    );
    if (!outcome.valid) {
      expect(false, `${outcome.ledger} section cannot be executed: ${outcome.fault.code}`);
      return findings;
    }
    const { begun, sections, ended } = outcome;
    const elected = electMinersAbove(begun.parent, header.height, this.#validators);
    const minerOf = ({ section: { ledger, rank } }: SignedSection) =>
      rank === PROPOSER_RANK ? header.proposer : elected[ledger][rank];
    for (const [index, result] of sections.entries()) {
      const claimed = body.sections[index];
      if (claimed === undefined) expect(false, `no ${result.ledger} section`);
      else this.#checkSection(claimed, begun, result, minerOf(claimed), expect);
      expectSame(
        result.receipts.map(encodeReceipt),
        (receipts.sections[index] ?? []).map(encodeReceipt),
        `${result.ledger} receipts`,
        expect,
      );
    }
    expectSame(
      ended.systemReceipts.map(encodeSystemReceipt),
      receipts.system.map(encodeSystemReceipt),
      'system receipts',
      expect,
    );
    const root = receiptsRoot(
      sections.map((section) => receiptListRoot(section.receipts)),
      ended.systemReceipts,
    );
    expect(root === header.receiptsRoot, 'receiptsRoot');
    expect(ended.stateRoot === header.stateRoot, 'stateRoot');
    this.#state.commit(ended.view);
    this.#validators = ended.validators;
    this.#nextValidators = ended.nextValidators;
    this.#parent = { hash: hashHeader(header), timeMs: header.timeMs, stateRoot: ended.stateRoot };
    this.#height = header.height;
    return findings;
  }

  /** What a section claims of its execution, its proof, and whether its miner signed all of it. */
  #checkSection(
    { section, signature }: SignedSection,
    begun: Begun,
    result: SectionResult,
    rightMiner: Address | undefined,
    expect: Expect,
  ): void {
    const { ledger } = result;
    const field = wrongSectionField(section, result);
    expect(field === undefined, `${ledger} section: ${field}`);
    if (section.rank === EMPTY_RANK) {
      expect(result.receipts.length === 0, `${ledger} section is not empty`);
      return;
    }
    expect(section.miner === rightMiner, `${ledger} section: not by the miner of rank ${section.rank}`);
    const miner = this.#validators.get(section.miner);
    const signed = sectionSigningBytes(this.#genesisHash, section);
    expect(
      miner !== undefined && verifySignature(miner.consensusKey, signed, signature),
      `${ledger} section: signature of its miner`,
    );
    const fault = proofSchemeOf(ledger)?.verify(section.proof, {
      ledger,
      parent: section.parent,
      context: begun.context,
      result,
      before: begun.view.reader(ledger),
      after: result.view.reader(ledger),
      at: (subtree) => begun.view.reader(subtree),
    });
    expect(fault === undefined, `${ledger} section: proof ${fault?.code} ${fault?.field}`);
  }

  /** What needs no execution: the chain of hashes, the validator sets, the certificate and its seals. */
  #checkHeader({ height, block, certificate }: ExportedBlock, expect: Expect): void {
    const { header, body } = block;
    const parent = this.#parent as { hash: string; timeMs: number };
    expect(header.height === height && height === this.#height + 1, 'height');
    expect(header.chainId === this.#genesis.chainId, 'chainId');
    expect(header.parentHash === parent.hash, 'parentHash');
    expect(header.timeMs > parent.timeMs, 'timeMs');
    expect(header.sectionsRoot === sectionsRoot(body.sections), 'sectionsRoot');
    expect(header.validatorsHash === this.#validators.hash, 'validatorsHash');
    expect(header.nextValidatorsHash === this.#nextValidators.hash, 'nextValidatorsHash');
    expect(header.lastCertificateHash === certificateHash(body.lastCertificate[0]), 'lastCertificateHash');
    expect(header.evidenceRoot === evidenceRoot(body.evidence), 'evidenceRoot');
    expect(this.#validators.has(header.proposer), 'proposer');
    this.#checkEvidence(body.evidence, expect);
    this.#checkCertificate(header, certificate, expect);
  }

  #checkEvidence(evidence: readonly Evidence[], expect: Expect): void {
    const outcome = evidenceListChecks(evidence, evidenceGround(this.#state));
    if ('fault' in outcome) {
      expect(false, `evidence: ${outcome.fault}`);
      return;
    }
    for (const { publicKey, bytes, signature } of outcome.checks)
      expect(verifySignature(publicKey, bytes, signature), 'evidence: a signature');
  }

  #checkCertificate(header: BlockHeader, certificate: ExportedBlock['certificate'], expect: Expect): void {
    const outcome = certificateChecks(certificate, {
      height: header.height,
      blockHash: hashHeader(header),
      genesisHash: this.#genesisHash,
      validators: this.#validators,
    });
    if ('fault' in outcome) {
      expect(false, `certificate: ${outcome.fault}`);
      return;
    }
    for (const { publicKey, bytes, signature } of outcome.checks)
      expect(verifySignature(publicKey, bytes, signature), 'certificate: a seal');
  }
}

function expectSame(
  own: readonly Uint8Array[],
  theirs: readonly Uint8Array[],
  what: string,
  expect: Expect,
): void {
  expect(own.length === theirs.length, `${what}: ${theirs.length} of ${own.length}`);
  for (const [index, bytes] of own.entries())
    if (theirs[index] !== undefined) expect(equalBytes(bytes, theirs[index]), `${what}: number ${index}`);
}
