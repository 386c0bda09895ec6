import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { errorMessage, NodeError } from '../util/errors.ts';
import type { NodeOptions } from './options.ts';

export type TlsFilesErrorCode = 'BAD_TLS_FILES';

export interface TlsFiles {
  /** PEM: the certificate, and those between it and the root. */
  readonly cert: Buffer;
  /** PEM. */
  readonly key: Buffer;
}

/** Certificate and key of the RPC, if the options name them. @throws NodeError BAD_TLS_FILES */
export async function readTlsFiles({
  rpcTlsCert,
  rpcTlsKey,
}: Pick<NodeOptions, 'rpcTlsCert' | 'rpcTlsKey'>): Promise<TlsFiles | undefined> {
  if (rpcTlsCert === undefined && rpcTlsKey === undefined) return undefined;
  try {
    if (rpcTlsCert === undefined || rpcTlsKey === undefined) throw new Error('one of the two is missing');
    const files = { cert: await readFile(rpcTlsCert), key: await readFile(rpcTlsKey) };
    createSecureContext(files);
    return files;
  } catch (cause) {
    throw new NodeError<TlsFilesErrorCode>(
      'BAD_TLS_FILES',
      `the RPC cannot use TLS: ${errorMessage(cause)}`,
      {
        hint: 'give --rpc-tls-cert and --rpc-tls-key, PEM files that belong together',
        cause,
      },
    );
  }
}
