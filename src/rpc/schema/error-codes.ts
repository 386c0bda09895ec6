/** Codes of JSON-RPC 2.0 §5.1, and ours, one per class of failure. */
export const JSON_RPC_CODES = {
  parse: -32700,
  request: -32600,
  method: -32601,
  params: -32602,
  internal: -32603,
  notFound: -32001,
  unavailable: -32002,
  rejected: -32003,
  disabled: -32004,
  limit: -32005,
  auth: -32040,
  peer: -32050,
} as const;
