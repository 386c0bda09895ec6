import type { ValidatorSet } from '../../types/validator.ts';
import { NodeError } from '../../util/errors.ts';
import type { SimulationErrorCode } from '../invariants.ts';
import type { CoreState } from './core-states.ts';

/** What one honest validator has come to. */
export interface Conclusion {
  readonly validator: number;
  readonly state: CoreState;
}

/**
 * No two honest validators decide different blocks; and where the honest commits of a round and the faulty validators
 * together are a quorum, so that the block may be decided without anybody seeing it, no honest validator commits
 * another block in a later round. The second breaks earlier than the first.
 * @throws NodeError INVARIANT_VIOLATED
 */
export function checkAgreement(honest: readonly Conclusion[], validators: ValidatorSet): void {
  let decided: Conclusion | undefined;
  for (const conclusion of honest) {
    if (conclusion.state.decided === undefined) continue;
    if (decided !== undefined && decided.state.decided !== conclusion.state.decided)
      violated('two honest validators decided different blocks', {
        validators: [decided.validator, conclusion.validator],
        hashes: [decided.state.decided, conclusion.state.decided],
      });
    decided ??= conclusion;
  }
  checkCommits(honest, validators);
}

function checkCommits(honest: readonly Conclusion[], validators: ValidatorSet): void {
  const commits = honest.flatMap(({ state }) => state.commits.map(({ commit }) => commit));
  const faulty = validators.size - honest.length;
  for (const { body } of commits) {
    const signers = commits.filter(
      (other) => other.body.round === body.round && other.body.blockHash === body.blockHash,
    );
    // Two thirds in integers, not taken from the code under test.
    if (3 * (signers.length + faulty) < 2 * validators.size) continue;
    const later = commits.find(
      (other) => other.body.round > body.round && other.body.blockHash !== body.blockHash,
    );
    if (later !== undefined)
      violated('a commit against a block that may be decided', {
        rounds: [body.round, later.body.round],
        hashes: [body.blockHash, later.body.blockHash],
      });
  }
}

function violated(what: string, data: Record<string, unknown>): never {
  throw new NodeError<SimulationErrorCode>('INVARIANT_VIOLATED', what, { data });
}
