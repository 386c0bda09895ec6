import type { Address } from '../../types/ssz-bytes.ts';
import type { Handlers } from '../dispatcher.ts';
import { rpcError } from '../errors.ts';
import type { MembershipVotesPort } from '../ports/consensus.ts';
import type { RpcPorts } from '../ports/rpc-ports.ts';
import type { ibftMethods } from '../schema/ibft.ts';
import { addressText, hash0x, rfc3339 } from '../text-forms.ts';

type VoteMethods = Pick<
  typeof ibftMethods,
  'ibft_getPendingVotes' | 'ibft_proposeValidatorVote' | 'ibft_discardValidatorVote'
>;

/** Votes on members: those on the chain, and what this node's own validator votes for. */
export function membershipVoteHandlers(ports: RpcPorts): Handlers<VoteMethods> {
  const { bpci, chain, consensus } = ports;
  return {
    ibft_getPendingVotes: () => ({
      height: chain.head().height,
      votes: bpci.members().flatMap(({ id, votes }) =>
        votes.map(({ voter, decision, expiresAtMs }) => ({
          member: addressText(id),
          voter: addressText(voter),
          decision,
          expires: rfc3339(expiresAtMs),
        })),
      ),
      proposed: (consensus.membershipVotes?.list() ?? []).map(({ member, decision, txId, renewsAtMs }) => ({
        member: addressText(member),
        decision,
        txId: hash0x(txId),
        renews: rfc3339(renewsAtMs),
      })),
    }),

    ibft_proposeValidatorVote: async ({ address, add }) => {
      const own = ownVotes(ports);
      const decision = add ? 'admit' : 'remove';
      checkPoint(ports, address, decision);
      const txId = await own.propose(address, decision);
      return { member: addressText(address), decision, txId: hash0x(txId) };
    },

    ibft_discardValidatorVote: ({ address }) => ({ discarded: ownVotes(ports).discard(address) }),
  };
}

function ownVotes({ consensus }: RpcPorts): MembershipVotesPort {
  if (consensus.membershipVotes === undefined)
    throw rpcError('NOT_A_VALIDATOR', 'this node has no validator key, so it has no vote', {
      hint: 'ask a node that is a validator',
    });
  return consensus.membershipVotes;
}

/** A vote that the ledger would refuse costs its fee all the same. */
function checkPoint({ bpci, consensus }: RpcPorts, address: Address, decision: 'admit' | 'remove'): void {
  const data = { account: address };
  const member = bpci.members().find(({ id }) => id === address);
  if (member === undefined)
    throw rpcError('MEMBER_NOT_FOUND', 'the account is neither candidate nor validator', {
      data,
      hint: 'bpci_listMembers lists them; who wants to join sends ValJoin first',
    });
  const wanted = decision === 'admit' ? 'candidate' : 'validator';
  if (member.status !== wanted)
    throw rpcError('VOTE_POINTLESS', `the account is a ${member.status}, not a ${wanted}`, {
      data: { ...data, status: member.status },
      hint: decision === 'admit' ? 'only candidates can be admitted' : 'only validators can be removed',
    });
  const stands = member.votes.some((vote) => vote.voter === consensus.self && vote.decision === decision);
  const isProposed = consensus.membershipVotes
    ?.list()
    .some((proposed) => proposed.member === address && proposed.decision === decision);
  if (stands || isProposed)
    throw rpcError('ALREADY_VOTED', 'the vote of this validator stands already or is on its way', {
      data,
      hint: 'ibft_getPendingVotes shows it and when it expires',
    });
}
