import type { Chain } from '../../chain/chain.ts';
import { type Agreement, agreementRoot, agreements, termsOf } from '../../ledger/bpi/agreements.ts';
import { evaluatePolicies } from '../../ledger/bpi/evaluation.ts';
import { OperationFailure } from '../../ledger/seam.ts';
import type { BpiPort, EvaluationOutcome } from '../../rpc/ports/bpi.ts';
import { BPI } from '../../types/operations/bpi.ts';
import type { Hash } from '../../types/ssz.ts';

const EVALUATION_REFUSALS = ['AGREEMENT_UNKNOWN', 'POLICY_UNKNOWN', 'SUBJECT_INVALID'] as const;

/** What the RPC reads of the bpi ledger at the head. */
export function bpiPort(chain: Chain): BpiPort {
  const { state } = chain;
  const own = state.reader('bpi');
  let listed: { height: number; all: [Hash, Agreement][] } | undefined;
  /** All agreements by id, sorted once per block however often they are asked for. */
  const all = (): readonly [Hash, Agreement][] => {
    const { height } = chain.head;
    if (listed?.height !== height) listed = { height, all: sortedAgreements(chain) };
    return listed.all;
  };
  return {
    agreement: (id) => {
      const agreement = agreements.get(own, id);
      if (agreement === undefined) return undefined;
      return { id, ...agreement, terms: termsOf(own, id), root: agreementRoot(own, id) };
    },
    agreements: ({ party, state: wanted }) =>
      all()
        .filter(
          ([, agreement]) =>
            (party === undefined || agreement.parties.includes(party)) &&
            (wanted === undefined || agreement.state === wanted),
        )
        .map(([id]) => id),
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

function sortedAgreements({ state }: Chain): [Hash, Agreement][] {
  const found: [Hash, Agreement][] = [];
  const prefix = agreements.path('');
  for (const { path, value } of state.scan('bpi', prefix))
    found.push([path.slice(prefix.length), agreements.decode(value)]);
  return found.sort(([a], [b]) => (a < b ? -1 : 1));
}
