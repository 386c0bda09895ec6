import type { Handlers } from '../dispatcher.ts';
import { rpcError } from '../errors.ts';
import type { ClosedEpochView, EpochView, OperatorIndexView, PoeIndexView } from '../ports/poe.ts';
import type { RpcPorts } from '../ports/rpc-ports.ts';
import type { poeMethods } from '../schema/poe.ts';
import { addressText, hash0x, rfc3339 } from '../text-forms.ts';

export function poeHandlers({ chain, poe }: RpcPorts): Handlers<typeof poeMethods> {
  const lastEpoch = () => {
    const closed = poe.lastClosed();
    return closed === undefined ? null : closedEpochView(closed);
  };
  return {
    poe_getIndex: ({ address, app }) => {
      if (address !== undefined && app !== undefined)
        throw rpcError('INVALID_PARAMS', 'an address and an app are two questions', {
          hint: 'ask for an address, for an app, or for neither: then for the network',
        });
      const about = { height: chain.head().height, epoch: epochView(poe.epoch()), lastEpoch: lastEpoch() };
      const nobody = { address: null, app: null, weight: null, pool: null };
      if (address !== undefined) {
        const index = poe.operator(address);
        return {
          ...about,
          ...nobody,
          subject: 'operator',
          address: addressText(address),
          ...indexView(index),
          weight: Number(index.weight),
          pool: poolView(index),
        };
      }
      if (app === undefined) return { ...about, ...nobody, subject: 'network', ...indexView(poe.network()) };
      return { ...about, ...nobody, subject: 'app', app: hash0x(app), ...indexView(poe.app(app)) };
    },
  };
}

export function epochView({ index, startMs, endMs, nexCap }: EpochView) {
  return { index, startsAt: rfc3339(startMs), endsAt: rfc3339(endMs), nexCap: nexCap.toString() };
}

export function closedEpochView({ epoch, next, activeNodes, workers, ...amounts }: ClosedEpochView) {
  return { epoch, next, activeNodes, workers, ...inDecimal(amounts) };
}

function indexView({ phi, gamma, running }: PoeIndexView) {
  return {
    ...inDecimal({ phi, gamma }),
    running: {
      usage: inDecimal(running.usage),
      ...inDecimal({ work: running.work, phi: running.phi }),
    },
  };
}

function poolView({ pool }: OperatorIndexView) {
  return pool === undefined ? null : { address: addressText(pool.pool), feePpm: pool.feePpm };
}

/** Amounts as the decimal text that JSON carries. */
function inDecimal<Name extends string>(amounts: Readonly<Record<Name, bigint>>): Record<Name, string> {
  return Object.fromEntries(
    Object.entries<bigint>(amounts).map(([name, amount]) => [name, amount.toString()]),
  ) as Record<Name, string>;
}
