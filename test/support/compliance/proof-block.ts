import { BitArray } from '@chainsafe/ssz';
import type { BlockFault } from '../../../src/chain/block-fault.ts';
import { buildBlock } from '../../../src/chain/build-block.ts';
import type { CompleteBlock } from '../../../src/chain/complete-block.ts';
import { executeComplete } from '../../../src/chain/execute.ts';
import { checkBlockForm, checkBody } from '../../../src/chain/header-rules.ts';
import type { ParentFacts } from '../../../src/chain/parent-facts.ts';
import { SectionGround } from '../../../src/chain/section-ground.ts';
import { accountNonce, feeBalance } from '../../../src/ledger/account.ts';
import { lastBeacons } from '../../../src/ledger/system/chain-facts.ts';
import { currentValidators, nextValidators } from '../../../src/ledger/system/validator-sets.ts';
import { Mempool } from '../../../src/mempool/mempool.ts';
import { type Certificate, voteSigningBytes } from '../../../src/types/certificate.ts';
import type { LedgerName } from '../../../src/types/names.ts';
import type { SignedSection } from '../../../src/types/section.ts';
import type { EncodedTransaction } from '../../../src/types/transaction.ts';
import { LIMITS } from '../../../src/util/limits.ts';
import type { Actor, LedgerChain } from '../ledger-chain.ts';
import { type BlockChange, remakeBlock } from '../remake-block.ts';
import { validators } from './bpci.ts';

const PARENT_HASH = 'ab'.repeat(32);

/** A block as its proposer makes it, and what a validator finds wrong with one like it. */
export class ProofBlock {
  readonly complete: CompleteBlock;
  readonly #chain: LedgerChain;
  readonly #parent: ParentFacts;
  readonly #ground: SectionGround;
  readonly #proposer = validators[0];

  constructor(chain: LedgerChain, transactions: readonly EncodedTransaction[]) {
    const system = chain.state.reader('system');
    const { genesis, genesisHash, height, timeMs } = chain;
    this.#chain = chain;
    this.#parent = {
      genesis,
      genesisHash,
      height,
      hash: PARENT_HASH,
      timeMs,
      beacon: lastBeacons(system).last,
      validators: currentValidators(system),
      nextValidators: nextValidators(system),
    };
    this.#ground = new SectionGround(this.#parent, chain.state);
    const mempool = new Mempool({
      account: (ledger, sender) => ({
        nextNonce: accountNonce(chain.state, ledger, sender),
        available: feeBalance(chain.state, sender, ledger, 'FLX'),
      }),
      ruleTimeMs: () => timeMs,
      monotonicMs: () => timeMs,
      maxBlockWaitMs: LIMITS.maxBlockWaitMs,
      doors: () => 1,
    });
    for (const transaction of transactions) mempool.add(transaction, 'gossip');
    const { address: id, consensus: consensusKey, vrf: vrfKey } = this.#proposer;
    const built = buildBlock({
      ground: this.#ground,
      lastCertificate: certify(this.#parent),
      evidence: [],
      mined: [],
      mempool,
      producer: { id, consensusKey, vrfKey },
      maxTransactions: transactions.length,
      wallMs: timeMs + genesis.parameters.targetBlockIntervalMs,
    });
    built.executed.view.discard();
    this.complete = built.complete;
  }

  section(ledger: LedgerName): SignedSection['section'] {
    const { sections } = this.complete.block.body;
    return sections.find(({ section }) => section.ledger === ledger)?.section as SignedSection['section'];
  }

  /** The block with one change, every layer above it made and signed again. */
  remake(change: BlockChange): CompleteBlock {
    return remakeBlock(this.complete, this.#proposer.consensus, this.#chain.genesisHash, change);
  }

  /** What is wrong with the body, the form and the signatures of a block, before it is executed. */
  formFault(complete: CompleteBlock): BlockFault | undefined {
    return checkBody(complete) ?? checkBlockForm(complete, this.#ground);
  }

  /** What execution finds. */
  executionFault(complete: CompleteBlock): BlockFault | undefined {
    const outcome = executeComplete(complete, this.#ground);
    if ('fault' in outcome) return outcome.fault;
    outcome.executed.view.discard();
    return undefined;
  }
}

/** All validators of genesis seal the parent. */
function certify({ genesisHash, height, hash, validators: set }: ParentFacts): Certificate {
  const vote = { height, round: 0, blockHash: hash };
  const bytes = voteSigningBytes('seal', genesisHash, vote);
  const keyOf = (id: string) => (validators.find(({ address }) => address === id) as Actor).consensus;
  return {
    ...vote,
    signers: BitArray.fromBoolArray(set.members.map(() => true)),
    seals: set.members.map(({ id }) => keyOf(id).sign(bytes)),
  };
}
