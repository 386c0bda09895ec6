import { useState } from 'preact/hooks';
import type { LedgerName } from '../../types/names.ts';
import { shortened } from '../format.ts';
import { hashOf } from '../route.ts';

const SHOWN_MS = 1_200;

/** Copies a text; says so for a moment. */
export function CopyButton({ text, what }: { text: string; what: string }) {
  const [done, setDone] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setDone(true);
    setTimeout(() => setDone(false), SHOWN_MS);
  };
  return (
    <button
      type="button"
      class="copy"
      aria-label={`Copy ${what}`}
      title={done ? 'copied' : 'copy'}
      onClick={copy}
    >
      <svg viewBox="0 0 24 24" aria-hidden="true">
        <path d={done ? 'm5 13 4 4L19 7' : 'M9 9h11v11H9zM5 15H4V4h11v1'} />
      </svg>
    </button>
  );
}

/** A hash, an address or a peer id: short on the page, whole in its title and when copied. */
export function Name({ text, what, whole = false }: { text: string; what: string; whole?: boolean }) {
  return (
    <span class="name">
      <code title={text}>{whole ? text : shortened(text, text.startsWith('meta1') ? 11 : 10, 6)}</code>
      <CopyButton text={text} what={what} />
    </span>
  );
}

export function BlockLink({ height, children }: { height: number; children?: string }) {
  return <a href={hashOf({ view: 'block', height })}>{children ?? height}</a>;
}

export function TransactionLink({ txId }: { txId: string }) {
  return (
    <a href={hashOf({ view: 'transaction', txId })} title={txId}>
      <code>{shortened(txId, 12, 6)}</code>
    </a>
  );
}

/** A ledger with its colour and shape. */
export function LedgerBadge({ ledger }: { ledger: LedgerName }) {
  return (
    <span class="ledger" data-ledger={ledger}>
      <i aria-hidden="true" />
      {ledger}
    </span>
  );
}
