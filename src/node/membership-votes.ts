import type { Chain } from '../chain/chain.ts';
import type { TransactionPool } from '../chain/transaction-pool.ts';
import type { KeyPair } from '../crypto/ed25519.ts';
import { members, votes } from '../ledger/bpci/membership.ts';
import type { ProposedVoteView } from '../rpc/ports/consensus.ts';
import { BPCI } from '../types/operations/bpci.ts';
import { encodeOperation } from '../types/operations/catalog.ts';
import { signBody } from '../types/sign-transaction.ts';
import type { Address, Hash } from '../types/ssz-bytes.ts';
import type { Clock } from '../util/clock.ts';
import { errorMessage } from '../util/errors.ts';
import type { Logger } from '../util/logger.ts';

export interface MembershipVotesDeps {
  readonly chain: Chain;
  readonly pool: TransactionPool;
  readonly validator: Address;
  /** Loads the key of the account behind the validator; asked for each vote, so that no node keeps it in memory. */
  readonly accountKey: () => Promise<KeyPair>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A vote costs a fraction of it; what is not charged is not paid. */
const MAX_FEE = 1_000_000n;
const TRANSACTION_LIFETIME_MS = 600_000;
/** When a renewal that the pool refused is tried again. */
const RETRY_MS = 60_000;

interface Proposed {
  readonly decision: 'admit' | 'remove';
  txId: Hash;
  renewsAtMs: number;
}

/**
 * What this node's validator wants of the membership of others. A proposal votes at once, and again whenever its vote
 * has expired without effect, until it took effect, is discarded, or the node stops.
 */
export class MembershipVotes {
  readonly #deps: MembershipVotesDeps;
  readonly #proposed = new Map<Address, Proposed>();
  readonly #stop: () => void;
  /** Votes leave one after the other: each takes the next nonce of the account. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(deps: MembershipVotesDeps) {
    this.#deps = deps;
    this.#stop = deps.chain.onCommitted(() => this.#review());
  }

  stop(): void {
    this.#stop();
    this.#proposed.clear();
  }

  list(): ProposedVoteView[] {
    return [...this.#proposed].map(([member, proposed]) => ({ member, ...proposed }));
  }

  /** The id of the transaction with the vote. @throws NodeError ACCOUNT_KEY_MISSING, or why the pool refuses it */
  async propose(member: Address, decision: 'admit' | 'remove'): Promise<Hash> {
    const txId = await this.#vote(member, decision);
    this.#proposed.set(member, { decision, txId, renewsAtMs: this.#expiryOfNewVote() });
    return txId;
  }

  /** Whether there was such a proposal. A vote that stands on the chain stays until it expires. */
  discard(member: Address): boolean {
    return this.#proposed.delete(member);
  }

  async #vote(member: Address, decision: 'admit' | 'remove'): Promise<Hash> {
    const vote = this.#last.then(async () => {
      const { chain, pool, validator, accountKey, clock } = this.#deps;
      const { chainId } = chain.genesis;
      const transaction = signBody(
        await accountKey(),
        { chainId, genesisHash: chain.genesisHash },
        {
          ledger: 'bpci',
          nonce: pool.mempool.nextNonce('bpci', validator),
          validUntilMs: clock.wallMs() + TRANSACTION_LIFETIME_MS,
          maxFee: MAX_FEE,
          operations: [encodeOperation(BPCI.operations.ValVote, { candidate: member, decision })],
        },
      );
      return await pool.submit(transaction.bytes);
    });
    this.#last = vote.catch(() => undefined);
    return await vote;
  }

  /** Rule time at which a vote that the next block holds expires. */
  #expiryOfNewVote(): number {
    const { head, genesis } = this.#deps.chain;
    return head.timeMs + genesis.parameters.validatorVoteExpiryMs;
  }

  /** Forgets what has taken effect, and votes anew where a vote has expired. */
  #review(): void {
    const { chain, validator } = this.#deps;
    if (this.#proposed.size === 0) return;
    const bpci = chain.state.reader('bpci');
    for (const [member, proposed] of this.#proposed) {
      const isOpen =
        members.get(bpci, member)?.status === (proposed.decision === 'admit' ? 'candidate' : 'validator');
      if (!isOpen) {
        this.#proposed.delete(member);
        continue;
      }
      const standing = votes
        .get(bpci, member)
        ?.find(({ voter, decision }) => voter === validator && decision === proposed.decision);
      // The block that took the vote up says when it expires; how long that took, nobody knew.
      if (standing !== undefined) proposed.renewsAtMs = Math.max(proposed.renewsAtMs, standing.expiresAtMs);
      if (chain.head.timeMs > proposed.renewsAtMs) void this.#renew(member, proposed);
    }
  }

  /** Never rejects. */
  async #renew(member: Address, proposed: Proposed): Promise<void> {
    const { decision } = proposed;
    proposed.renewsAtMs = this.#expiryOfNewVote();
    try {
      proposed.txId = await this.#vote(member, decision);
    } catch (error) {
      proposed.renewsAtMs = this.#deps.chain.head.timeMs + RETRY_MS;
      this.#deps.logger.warn(
        { member, decision, error: errorMessage(error) },
        'a vote on a member could not be renewed and is tried again',
      );
    }
  }
}
