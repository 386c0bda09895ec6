import { useEffect, useRef, useState } from 'preact/hooks';
import type { MethodResult } from '../../rpc/schema/methods.ts';
import { BoundedMap } from './bounded.ts';
import { useNode } from './node.ts';

const REMEMBERED = 200;
const PER_BATCH = 20;

export interface Sealers {
  readonly round: number;
  readonly validators: ReadonlySet<string>;
}

/** Whose seals stand in the certificates of blocks; each is asked for once. */
export function useSealers(heights: readonly number[]): (height: number) => Sealers | undefined {
  const { client } = useNode();
  const known = useRef(new BoundedMap<number, Sealers>(REMEMBERED));
  const asked = useRef(false);
  const [, setVersion] = useState(0);
  const wanted = heights.filter((height) => !known.current.has(height)).slice(-PER_BATCH);
  const key = wanted.join();

  useEffect(() => {
    if (wanted.length === 0 || asked.current) return;
    asked.current = true;
    const ask = async () => {
      const calls = wanted.map((height) => ({
        method: 'ibft_getBlockCommitters' as const,
        params: { height },
      }));
      const outcomes = await client.batch(calls).catch(() => []);
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected') continue;
        const { height, round, committers } = outcome.value as MethodResult<'ibft_getBlockCommitters'>;
        known.current.set(height, { round, validators: new Set(committers) });
      }
      asked.current = false;
      if (outcomes.length > 0) setVersion((version) => version + 1);
    };
    void ask();
  }, [client, key]);
  return (height) => known.current.get(height);
}
