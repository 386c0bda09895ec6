import type { SignedContent } from '../../consensus/signed-parts.ts';
import { ZERO_HASH } from '../../types/consensus-message.ts';
import { faultTolerance } from '../../types/quorum.ts';
import { NodeError } from '../../util/errors.ts';
import { campaignOf, seedOfRun } from '../campaign.ts';
import { searchSmall } from '../exploration/search.ts';
import { tryAllTwins } from '../exploration/twins.ts';
import { ALL_FAULTS, isPossible } from '../faults/faults.ts';
import type { SimulationErrorCode } from '../invariants.ts';
import { playScenario } from '../scenario/scenario.ts';
import type { Scenario } from '../scenario/scenario-schema.ts';
import { Ed25519Scheme } from '../signatures.ts';

/** What is held against a consensus core, from the quickest to the longest. */
export const CHECKS = ['signatures', 'scenarios', 'search', 'twins', 'random'] as const;
export type CheckName = (typeof CHECKS)[number];

/** Runs one check on the code that this module was loaded with. @throws NodeError of the property that is broken */
export function runCheck(check: CheckName, scenarios: readonly Scenario[]): void {
  switch (check) {
    case 'signatures':
      checkSignatures();
      break;
    case 'scenarios':
      for (const scenario of scenarios) playScenario(scenario);
      break;
    case 'search':
      // The liar that leads the second round can do the most harm by proposals, others by what the leader believes.
      searchSmall({ rounds: 2, maxStates: 30_000, liars: [1, 2] });
      break;
    case 'twins':
      tryAllTwins({ n: 4, twins: 1, rounds: 2, parts: 2 });
      break;
    case 'random':
      checkRandomSchedules();
      break;
  }
}

/** A signature is good for the very content it was made for: another tag, height, round or block breaks it. */
function checkSignatures(): void {
  const scheme = new Ed25519Scheme(ZERO_HASH);
  const key = scheme.publicKeyOf('somebody');
  const body = { height: 5, round: 3, blockHash: 'ab'.repeat(32) };
  const changed = [
    { ...body, height: 6 },
    { ...body, round: 4 },
    { ...body, blockHash: ZERO_HASH },
  ];
  const tags = ['proposal', 'prepare', 'seal'] as const;
  for (const tag of tags) {
    const others: SignedContent[] = [
      ...changed.map((other) => ({ tag, body: other })),
      ...tags.filter((other) => other !== tag).map((other) => ({ tag: other, body })),
    ];
    checkBinding(scheme, key, { tag, body }, others);
  }
  const claim = { height: 5, round: 3, preparedRound: 1, preparedHash: body.blockHash };
  const claims = [
    { ...claim, height: 6 },
    { ...claim, round: 4 },
    { ...claim, preparedRound: 2 },
    { ...claim, preparedHash: ZERO_HASH },
  ];
  const tag = 'round-change';
  checkBinding(
    scheme,
    key,
    { tag, body: claim },
    claims.map((other) => ({ tag, body: other })),
  );
}

function checkBinding(
  scheme: Ed25519Scheme,
  key: string,
  content: SignedContent,
  others: readonly SignedContent[],
): void {
  const signature = scheme.sign(key, content);
  for (const other of others)
    if (scheme.verify(key, other, signature))
      throw new NodeError<SimulationErrorCode>(
        'INVARIANT_VIOLATED',
        'a signature is good for something else',
        {
          data: { content, other },
        },
      );
}

const SCHEDULES = [
  { n: 21, runs: 1, mode: 'safety' },
  { n: 4, runs: 100, mode: 'safety' },
  { n: 4, runs: 100, mode: 'liveness' },
  { n: 7, runs: 30, mode: 'safety' },
  { n: 7, runs: 30, mode: 'liveness' },
] as const;

/** Mixed faults, first the ones that show the most in the least time. */
function checkRandomSchedules(): void {
  for (const { n, runs, mode } of SCHEDULES) {
    const faults = ALL_FAULTS.filter((fault) => isPossible(fault, n, faultTolerance(n)));
    for (let run = 0; run < runs; run++) {
      const seed = seedOfRun(`mutants ${n}`, run);
      const [failure] = campaignOf({ seed, n, heights: 5, mode, faults }).failures;
      if (failure !== undefined) throw new NodeError(failure.code, failure.message, { data: failure.data });
    }
  }
}
