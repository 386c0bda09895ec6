import { useEffect, useMemo, useState } from 'preact/hooks';
import { createClient } from '../../client/client.ts';
import type { MethodName } from '../../rpc/schema/methods.ts';
import { errorMessage, NodeError } from '../../util/errors.ts';
import { duration } from '../format.ts';
import { curlOf, type Described, describedMethods, schemaSentence } from '../live/rpc-catalogue.ts';
import { useCall } from '../live/use-call.ts';
import { Failure } from '../parts/failure.tsx';
import { CopyButton } from '../parts/names.tsx';
import { Empty, Panel } from '../parts/panel.tsx';
import { hashOf } from '../route.ts';

const CALL_TIMEOUT_MS = 60_000;

/** Every method of the node, with its example, to be called by hand. */
export function ConsoleView({ method }: { method: string | undefined }) {
  const [wanted, setWanted] = useState('');
  const [token, setToken] = useState('');
  const { data, error } = useCall('rpc.discover', {});
  const methods = useMemo(() => describedMethods(data?.methods ?? []), [data]);
  const shown = methods.filter(({ name, summary }) =>
    `${name} ${summary}`.toLowerCase().includes(wanted.trim().toLowerCase()),
  );
  const chosen = methods.find(({ name }) => name === method);
  return (
    <>
      <h1>RPC console</h1>
      {error !== undefined && <Failure error={error} />}
      <div class="columns console">
        <Panel
          title="Methods"
          note={
            <input
              class="small"
              type="search"
              placeholder="filter"
              aria-label="Filter methods"
              value={wanted}
              onInput={({ currentTarget }) => setWanted(currentTarget.value)}
            />
          }
        >
          <ul class="scroll methods">
            {shown.map(({ name, scope }) => (
              <li key={name}>
                <a
                  href={hashOf({ view: 'console', method: name })}
                  aria-current={name === method ? 'true' : undefined}
                >
                  <code>{name}</code>
                  <span class="dim">{scope}</span>
                </a>
              </li>
            ))}
          </ul>
        </Panel>
        {chosen === undefined ? (
          <Panel title="Call">
            <Empty>Choose a method.</Empty>
          </Panel>
        ) : (
          <Caller key={chosen.name} method={chosen} token={token} onToken={setToken} />
        )}
      </div>
    </>
  );
}

interface CallerProps {
  readonly method: Described;
  readonly token: string;
  readonly onToken: (token: string) => void;
}

type Result =
  | { readonly kind: 'none' | 'calling' }
  | { readonly kind: 'done'; readonly text: string; readonly failed: boolean; readonly elapsedMs: number };

function Caller({ method, token, onToken }: CallerProps) {
  const [text, setText] = useState(() => JSON.stringify(method.example, null, 2));
  const [result, setResult] = useState<Result>({ kind: 'none' });
  const params = useMemo(() => parsed(text), [text]);
  useEffect(() => setResult({ kind: 'none' }), [method]);

  const call = async (event: SubmitEvent) => {
    event.preventDefault();
    if (params === undefined) return;
    setResult({ kind: 'calling' });
    const client = createClient(`${location.origin}/`, {
      fetch: (...request) => fetch(...request),
      timeoutMs: CALL_TIMEOUT_MS,
      ...(token === '' ? {} : { headers: { authorization: `Bearer ${token}` } }),
    });
    const startedMs = performance.now();
    const finish = (answer: unknown, failed: boolean) =>
      setResult({
        kind: 'done',
        text: JSON.stringify(answer, null, 2),
        failed,
        elapsedMs: performance.now() - startedMs,
      });
    try {
      finish(await client.call<MethodName>(method.name as MethodName, params as never), false);
    } catch (error) {
      finish(described(error), true);
    }
  };
  return (
    <Panel title={method.name} note={<span>scope {method.scope}</span>}>
      <form class="caller" onSubmit={(event) => void call(event)}>
        <p>{method.summary}</p>
        {method.params.length > 0 && (
          <dl class="params">
            {method.params.map(({ name, required, schema }) => (
              <div key={name}>
                <dt>
                  <code>{name}</code>
                  {required && <span title="required"> *</span>}
                </dt>
                <dd class="dim" title={schemaSentence(schema)}>
                  {schemaSentence(schema)}
                </dd>
              </div>
            ))}
          </dl>
        )}
        <textarea
          class="mono"
          rows={5}
          aria-label="Params as JSON"
          aria-invalid={params === undefined}
          spellcheck={false}
          value={text}
          onInput={({ currentTarget }) => setText(currentTarget.value)}
        />
        <div class="actions">
          <button type="submit" class="primary" disabled={params === undefined || result.kind === 'calling'}>
            Call
          </button>
          <span class="with-copy">
            as curl
            <CopyButton
              text={curlOf(`${location.origin}/`, method.name, params ?? {})}
              what="the call as curl"
            />
          </span>
          {method.scope === 'admin' && (
            <input
              type="password"
              class="small"
              placeholder="admin token"
              aria-label="Admin token"
              autocomplete="off"
              value={token}
              onInput={({ currentTarget }) => onToken(currentTarget.value.trim())}
            />
          )}
          <output class="dim">
            {params === undefined && 'the params are no JSON object'}
            {result.kind === 'calling' && 'calling …'}
            {result.kind === 'done' &&
              `${result.failed ? 'failed' : 'answered'} after ${duration(result.elapsedMs)}`}
          </output>
        </div>
      </form>
      <section
        class="json answer"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        tabIndex={0}
        aria-label="Answer"
        data-failed={result.kind === 'done' && result.failed}
      >
        <pre data-testid="answer">{result.kind === 'done' ? result.text : ''}</pre>
      </section>
    </Panel>
  );
}

function parsed(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text === '' ? '{}' : text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function described(error: unknown): unknown {
  if (!(error instanceof NodeError)) return errorMessage(error);
  const { code, message, hint, data } = error;
  return { reason: code, message, hint: hint ?? null, details: data };
}
