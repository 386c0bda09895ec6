import type { MethodResult } from '../../rpc/schema/methods.ts';

/** What `ibft_diagnose` says, as it says it. Its place is there before the first answer. */
export function Verdict({ diagnosis }: { diagnosis: MethodResult<'ibft_diagnose'> | undefined }) {
  const tone = diagnosis === undefined ? 'waiting' : diagnosis.ok ? 'good' : 'bad';
  return (
    <output class="verdict" data-tone={tone} aria-live="polite">
      <strong>{diagnosis?.verdict ?? 'asking the node …'}</strong>
      {diagnosis?.hints.map((hint) => (
        <span key={hint}>{hint}</span>
      ))}
    </output>
  );
}
