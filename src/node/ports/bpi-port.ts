import type { Chain } from '../../chain/chain.ts';
import { agreementRoot, agreements, termsOf } from '../../ledger/bpi/agreements.ts';
import { evaluatePolicies } from '../../ledger/bpi/evaluation.ts';
import { OperationFailure } from '../../ledger/seam.ts';
import type { BpiPort, EvaluationOutcome } from '../../rpc/ports/bpi.ts';
import { BPI } from '../../types/operations/bpi.ts';
import type { Hash } from '../../types/ssz-bytes.ts';
import { entriesOf, oncePerBlock } from './state-listing.ts';

const EVALUATION_REFUSALS = ['AGREEMENT_UNKNOWN', 'POLICY_UNKNOWN', 'SUBJECT_INVALID'] as const;

/** What the RPC reads of the bpi ledger at the head. */
export function bpiPort(chain: Chain): BpiPort {
  const { state } = chain;
  const own = state.reader('bpi');
  const all = oncePerBlock(chain, () => entriesOf(state, 'bpi', agreements));
  return {
    agreement: (id) => {
      const agreement = agreements.get(own, id);
      if (agreement === undefined) return undefined;
      return { id, ...agreement, terms: termsOf(own, id), root: agreementRoot(own, id) };
    },
    agreements: ({ party, state: wanted }) =>
      all()
        .filter(
          ({ record }) =>
            (party === undefined || record.parties.includes(party)) &&
            (wanted === undefined || record.state === wanted),
        )
        .map(({ key }) => key[0] as Hash),
    evaluate: (request) => {
      try {
        // Rule time of the next block is the time of the head.
        return { evaluation: evaluatePolicies(request, { own, timeMs: chain.head.timeMs }) };
      } catch (error) {
        if (!(error instanceof OperationFailure)) throw error;
        return refusalOf(error);
      }
    },
  };
}

function refusalOf(error: OperationFailure): EvaluationOutcome {
  const refusal = EVALUATION_REFUSALS.find((name) => BPI.statuses[name] === error.status);
  if (refusal === undefined) throw error;
  return { refusal, message: error.message };
}
