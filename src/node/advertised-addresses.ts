import { isIP } from 'node:net';
import { isDialable, portOf } from '../network/peers/peer-record.ts';
import { NodeError } from '../util/errors.ts';

export type AdvertiseErrorCode = 'BAD_ADVERTISED_ADDRESS';

/** A host name of RFC 1123. */
const HOST_NAME =
  /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*\.?$/i;

/**
 * The multiaddrs that peers are told: of those that an operator names, IP addresses and host names stand for the port
 * of the first address that the node listens on.
 * @throws NodeError BAD_ADVERTISED_ADDRESS
 */
export function advertisedAddresses(advertise: readonly string[], listen: readonly string[]): string[] {
  return advertise.map((text) => {
    if (isDialable(text)) return text;
    const protocol = protocolOf(text);
    if (protocol === undefined)
      throw badAddress(`not an IP address, a host name or a TCP multiaddr: ${text.slice(0, 200)}`);
    const port = portOf(listen[0] ?? '');
    if (port === undefined || port === 0)
      throw badAddress(`which port ${text} stands for is not known before the node listens`);
    return `/${protocol}/${text}/tcp/${port}`;
  });
}

function protocolOf(text: string): string | undefined {
  const version = isIP(text);
  if (version > 0) return `ip${version}`;
  // What looks like an IP address and is none must not be looked up as a name.
  return HOST_NAME.test(text) && !/^[\d.]+$/.test(text) ? 'dns4' : undefined;
}

function badAddress(message: string) {
  return new NodeError<AdvertiseErrorCode>('BAD_ADVERTISED_ADDRESS', message, {
    hint: 'write --advertise 203.0.113.7, --advertise node.example.org or --advertise /ip4/203.0.113.7/tcp/4101',
  });
}
