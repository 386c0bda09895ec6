export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** `host:port` of an address to listen on, where an IPv6 host stands in brackets; undefined if it is none. */
export function parseHostPort(text: string): HostPort | undefined {
  const separator = text.lastIndexOf(':');
  const host = text.slice(0, separator).replace(/^\[|\]$/g, '');
  const digits = text.slice(separator + 1);
  if (separator < 1 || host === '' || !/^\d{1,5}$/.test(digits) || Number(digits) > 65_535) return undefined;
  return { host, port: Number(digits) };
}
