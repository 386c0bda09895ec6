import * as z from 'zod';
import { method, SCOPES } from './method.ts';
import { noParams } from './params.ts';

export const rpcMethods = {
  'rpc.discover': method({
    scope: 'read',
    summary: 'This interface as an OpenRPC document: methods, schemas, examples, errors.',
    params: noParams,
    result: z.looseObject({ openrpc: z.string(), methods: z.array(z.looseObject({ name: z.string() })) }),
  }),
  rpc_modules: method({
    scope: 'read',
    summary:
      'The namespaces that this node serves, with their version and the scopes that their methods need.',
    params: noParams,
    result: z.record(
      z.string(),
      z.object({
        version: z.string(),
        methods: z.array(z.object({ name: z.string(), scope: z.enum(SCOPES) })),
      }),
    ),
  }),
  rpc_version: method({
    scope: 'read',
    summary: 'The version of the interface and of the node.',
    params: noParams,
    result: z.object({ rpc: z.string(), node: z.string() }),
  }),
};
