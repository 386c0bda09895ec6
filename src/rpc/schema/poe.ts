import * as z from 'zod';
import { method } from './method.ts';
import { AddressParam, HashParam } from './params.ts';
import { Address, Count, Decimal, Hash, Height, Time } from './results.ts';

/** An epoch that has ended. Φ and Γ of the network are in millionths, Φ per active node; work is in micro-NEX. */
export const ClosedEpoch = z.object({
  epoch: Count,
  next: Count,
  phi: Decimal,
  gamma: Decimal,
  activeNodes: Count,
  workers: Count,
  work: Decimal,
  fees: Decimal,
  nexCap: Decimal,
  nexMinted: Decimal,
  flxMinted: Decimal,
});

/** The running epoch: a window of rule time, which ends with the first block after it. */
export const RunningEpoch = z.object({ index: Count, startsAt: Time, endsAt: Time, nexCap: Decimal });

const Usage = z.object({
  cpuMs: Decimal,
  memoryMbS: Decimal,
  storageMicroGbDay: Decimal,
  egressBytes: Decimal,
  receipts: Decimal,
});

export const poeMethods = {
  poe_getIndex: method({
    scope: 'read',
    summary:
      'The PoE index Φ and Γ = Φ / (1 + Φ), in millionths, of an operator of nodes (with its weight as a miner), of an app, or of the network.',
    params: z.strictObject({ address: AddressParam.optional(), app: HashParam.optional() }),
    result: z.object({
      height: Height,
      epoch: RunningEpoch,
      subject: z.enum(['network', 'operator', 'app']),
      address: Address.nullable(),
      app: Hash.nullable(),
      phi: Decimal,
      gamma: Decimal,
      weight: Count.nullable(),
      pool: z.object({ address: Address, feePpm: Count }).nullable(),
      running: z.object({ usage: Usage, work: Decimal, phi: Decimal }),
      lastEpoch: ClosedEpoch.nullable(),
    }),
  }),
};
