import { beaconAlpha, nextBeacon } from '../crypto/beacon.ts';
import { merkleRoot } from '../crypto/merkle.ts';
import { vrfVerify } from '../crypto/vrf.ts';
import type { ElectedMiners } from '../mining/election.ts';
import { type Block, HEADER_VERSION } from '../types/block.ts';
import { certificateHash } from '../types/certificate.ts';
import { evidenceRoot } from '../types/evidence.ts';
import { LEDGERS } from '../types/names.ts';
import { ELECTED_RANKS, PROPOSER_RANK, type SignedSection, sectionsRoot } from '../types/section.ts';
import type { Hash } from '../types/ssz-bytes.ts';
import { fromHex, toHex } from '../util/bytes.ts';
import type { BlockFault } from './block-fault.ts';
import { blockBytes, type CompleteBlock } from './complete-block.ts';
import type { ParentFacts } from './parent-facts.ts';
import { checkSectionForm, checkSectionSize } from './section-rules.ts';

/** A parent, and who was elected to mine on it; electing takes a while, so it is only asked for where it matters. */
export interface ElectionGround {
  readonly parent: ParentFacts;
  readonly elected: ElectedMiners;
}

/**
 * Whether the body is the one that the header commits to. A header hash says nothing of the body that came with it:
 * what is found out about a block may be kept under its hash only after this check.
 */
export function checkBody({ block, transactions }: CompleteBlock): BlockFault | undefined {
  const { header, body } = block;
  if (transactions.length !== LEDGERS.length || body.sections.length !== LEDGERS.length)
    return 'WRONG_LEDGER_COUNT';
  if (header.sectionsRoot !== sectionsRoot(body.sections)) return 'WRONG_SECTIONS_ROOT';
  if (header.lastCertificateHash !== certificateHash(body.lastCertificate[0]))
    return 'WRONG_LAST_CERTIFICATE';
  if (header.evidenceRoot !== evidenceRoot(body.evidence)) return 'WRONG_EVIDENCE_ROOT';
  for (const [i, { section }] of body.sections.entries()) {
    const list = transactions[i] ?? [];
    if (section.txCount !== list.length) return 'WRONG_TRANSACTION_COUNT';
    if (section.txRoot !== toHex(merkleRoot(list.map(({ id }) => fromHex(id)))))
      return 'WRONG_TRANSACTION_ROOT';
  }
  return undefined;
}

/**
 * Everything else about a block whose body fits its header that needs neither execution nor the wall clock, cheapest
 * first.
 */
export function checkBlockForm(complete: CompleteBlock, ground: ElectionGround): BlockFault | undefined {
  const { block } = complete;
  const { parent } = ground;
  const { header } = block;
  const { parameters } = parent.genesis;
  if (header.version !== HEADER_VERSION) return 'WRONG_VERSION';
  if (header.chainId !== parent.genesis.chainId) return 'WRONG_CHAIN';
  if (header.height !== parent.height + 1) return 'WRONG_HEIGHT';
  if (header.parentHash !== parent.hash) return 'WRONG_PARENT';
  if (header.timeMs < parent.timeMs + parameters.minBlockIntervalMs) return 'TIME_TOO_EARLY';
  const proposer = parent.validators.get(header.proposer);
  if (proposer === undefined) return 'WRONG_PROPOSER';
  if (header.validatorsHash !== parent.validators.hash) return 'WRONG_VALIDATORS_HASH';
  if (header.nextValidatorsHash !== parent.nextValidators.hash) return 'WRONG_NEXT_VALIDATORS_HASH';
  if (blockBytes(complete).length > parameters.maxBlockBytes) return 'BLOCK_TOO_LARGE';
  if (block.body.lastCertificate.length !== (parent.height === 0 ? 0 : 1)) return 'WRONG_LAST_CERTIFICATE';
  return checkSections(complete, ground) ?? checkBeacon(block, parent, proposer.vrfKey);
}

function checkBeacon(block: Block, parent: ParentFacts, vrfKey: string): BlockFault | undefined {
  const { beacon, height } = block.header;
  const output = vrfVerify(vrfKey, beaconAlpha(parent.genesisHash, height, parent.beacon), beacon.proof);
  if (output === undefined || beacon.output !== nextBeacon(parent.beacon, output)) return 'BAD_BEACON';
  return undefined;
}

/** Places, miners and signatures of the five sections, and their bounds, the gas that they claim among them, before execution. */
function checkSections(complete: CompleteBlock, ground: ElectionGround): BlockFault | undefined {
  const { parent } = ground;
  const seen = new Set<Hash>();
  let gas = 0;
  for (const [i, ledger] of LEDGERS.entries()) {
    const signed = complete.block.body.sections[i] as SignedSection;
    const transactions = complete.transactions[i] ?? [];
    if (signed.section.ledger !== ledger) return 'WRONG_SECTION_PLACE';
    const { rank } = signed.section;
    const { proposer } = complete.block.header;
    const miner =
      rank === PROPOSER_RANK ? proposer : rank < ELECTED_RANKS ? ground.elected[ledger][rank] : undefined;
    const fault = checkSectionForm(signed, parent, miner) ?? checkSectionSize(signed, transactions, parent);
    if (fault !== undefined) return fault;
    gas += signed.section.work;
    if (gas > parent.genesis.parameters.maxBlockGas) return 'BLOCK_TOO_LARGE';
    for (const { id } of transactions) {
      if (seen.has(id)) return 'DUPLICATE_TRANSACTION';
      seen.add(id);
    }
  }
  return undefined;
}
