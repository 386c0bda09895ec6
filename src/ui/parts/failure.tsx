import type { NodeError } from '../../util/errors.ts';

/** Why the node did not answer, and what to do. */
export function Failure({ error }: { error: NodeError }) {
  return (
    <p class="failure" role="alert">
      <strong>{error.code}</strong> {error.message}
      {error.hint !== undefined && <span class="dim"> – {error.hint}</span>}
    </p>
  );
}
