import * as z from 'zod';
import { method } from './method.ts';
import { noParams } from './params.ts';
import { dumpFields } from './results.ts';

export const bundleMethods = {
  debug_bundle: method({
    scope: 'admin',
    summary:
      'What somebody needs who is to find out what is wrong with this node: the answers of many methods at one moment, each under its name. It holds no keys, passwords or tokens; options name files.',
    waits: true,
    params: noParams,
    result: z.object({
      ...dumpFields,
      /** By the name of the method; one that failed has its reason in place of an answer. */
      answers: z.record(
        z.string(),
        z.union([z.object({ result: z.unknown() }), z.object({ error: z.string() })]),
      ),
    }),
  }),
};
