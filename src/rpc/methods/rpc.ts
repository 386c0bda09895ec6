import type { Handlers } from '../dispatcher.ts';
import { namespaceOf, openRpcDocument } from '../openrpc.ts';
import type { RpcPorts } from '../ports/rpc-ports.ts';
import type { MethodSpec, Scope } from '../schema/method.ts';
import { METHODS } from '../schema/methods.ts';
import type { rpcMethods } from '../schema/rpc.ts';

/** Version of the interface: a second one will exist only when a method changes its meaning. */
const RPC_VERSION = '1';

export function rpcHandlers(ports: RpcPorts): Handlers<typeof rpcMethods> {
  return {
    'rpc.discover': () => ({ ...openRpcDocument(), methods: [...openRpcDocument().methods] }),
    rpc_modules: () => {
      const modules: Record<string, { version: string; methods: { name: string; scope: Scope }[] }> = {};
      for (const [name, { scope }] of Object.entries<MethodSpec>(METHODS)) {
        const namespace = namespaceOf(name);
        modules[namespace] ??= { version: RPC_VERSION, methods: [] };
        modules[namespace].methods.push({ name, scope });
      }
      return modules;
    },
    rpc_version: () => ({ rpc: RPC_VERSION, node: ports.node.version }),
  };
}
