import { useEffect, useRef, useState } from 'preact/hooks';
import type { MethodName, MethodParams, MethodResult } from '../../rpc/schema/methods.ts';
import { NodeError } from '../../util/errors.ts';
import { useNode } from './node.ts';

/** The last answer of the node, and the error of the last call if it failed. */
export interface Answer<T> {
  readonly data: T | undefined;
  readonly error: NodeError | undefined;
}

export interface CallTiming {
  /** Asks again after so many milliseconds, while the page is visible. */
  readonly everyMs?: number;
  /** Asks again with each block. */
  readonly everyBlock?: true;
  /** Shows the answer to other params until theirs is there. */
  readonly keep?: true;
  /** Does not ask at all. */
  readonly off?: boolean;
}

const NOTHING: Answer<never> = { data: undefined, error: undefined };

/** Calls a method of the node, and again as the timing says. Other params begin with no answer; never two calls at once. */
export function useCall<Name extends MethodName>(
  method: Name,
  params: MethodParams<Name>,
  { everyMs, everyBlock, keep, off = false }: CallTiming = {},
): Answer<MethodResult<Name>> {
  const { client, feed, socket } = useNode();
  const [answer, setAnswer] = useState<Answer<MethodResult<Name>>>(NOTHING);
  const wanted = useRef(params);
  wanted.current = params;
  const call = useRef<() => void>(undefined);
  const key = JSON.stringify(params);
  const life = keep === true ? method : key;

  // The text of the params stands for them
  useEffect(() => {
    if (off) return;
    const gone = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let calling = false;
    let again = false;
    setAnswer(NOTHING);
    const ask = async (): Promise<void> => {
      clearTimeout(timer);
      again = calling;
      if (calling) return;
      calling = true;
      try {
        if (!document.hidden && socket.state.value.kind !== 'disconnected') {
          const data = await client.call<MethodName>(method, wanted.current as never, {
            signal: gone.signal,
          });
          if (!gone.signal.aborted) setAnswer({ data: data as MethodResult<Name>, error: undefined });
        }
      } catch (error) {
        if (!gone.signal.aborted && error instanceof NodeError) setAnswer(({ data }) => ({ data, error }));
      }
      calling = false;
      if (gone.signal.aborted) return;
      if (again) void ask();
      else if (everyMs !== undefined) timer = setTimeout(ask, everyMs);
    };
    call.current = () => void ask();
    const stop = everyBlock === true ? feed.heads.onChange(call.current) : undefined;
    const stopLink = socket.state.onChange(() => {
      if (socket.state.value.kind === 'live') void ask();
    });
    return () => {
      call.current = undefined;
      gone.abort();
      clearTimeout(timer);
      stop?.();
      stopLink();
    };
  }, [client, feed, socket, method, life, everyMs, everyBlock, off]);

  useEffect(() => call.current?.(), [client, method, key, off]);
  return answer;
}
