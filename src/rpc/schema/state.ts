import * as z from 'zod';
import { method } from './method.ts';
import { noParams, SubtreeParam } from './params.ts';
import { Certificate, Hash, Header, Height, Hex, Subtree } from './results.ts';

const pathParams = z.strictObject({ subtree: SubtreeParam, path: z.string().min(1).max(256) });

export const stateMethods = {
  state_get: method({
    scope: 'read',
    summary: 'The bytes at a path of a sub-tree at the head, or null.',
    params: pathParams,
    result: z.object({ height: Height, value: Hex.nullable() }),
  }),
  state_getProof: method({
    scope: 'read',
    summary:
      'Proof of presence or absence of a path at the head, with header and certificate of the same instant.',
    params: pathParams,
    result: z.object({
      height: Height,
      hash: Hash,
      subtree: Subtree,
      path: z.string(),
      value: Hex.nullable(),
      /** Siblings from the sub-tree's root downwards, and the leaf at the end of the path (crypto/state-proof.ts). */
      proof: z.object({
        siblings: z.array(Hash),
        terminal: z.object({ key: Hash, valueHash: Hash }).nullable(),
      }),
      subtreeRoots: z.record(Subtree, Hash),
      header: Header,
      certificate: Certificate,
    }),
  }),
  state_getRoot: method({
    scope: 'read',
    summary: 'The state root at the head.',
    params: noParams,
    result: z.object({ height: Height, hash: Hash, stateRoot: Hash }),
  }),
  state_getLedgerRoots: method({
    scope: 'read',
    summary: 'The root of each sub-tree at the head.',
    params: noParams,
    result: z.object({ height: Height, hash: Hash, stateRoot: Hash, roots: z.record(Subtree, Hash) }),
  }),
};
