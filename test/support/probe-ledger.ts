import { ContainerType } from '@chainsafe/ssz';
import { LEDGER_RULES } from '../../src/ledger/ledgers.ts';
import type { LedgerRules } from '../../src/ledger/rules.ts';
import { type LedgerModule, OperationFailure, type OperationHandler } from '../../src/ledger/seam.ts';
import { DEFAULT_PARAMETERS } from '../../src/types/genesis.ts';
import { LedgerNameType } from '../../src/types/names.ts';
import { encodeOperation, type KindSpec } from '../../src/types/operations/catalog.ts';
import { encode } from '../../src/types/ssz.ts';
import { Bytes, Hash32 } from '../../src/types/ssz-bytes.ts';
import { U16, U32 } from '../../src/types/ssz-numbers.ts';
import type { EncodedTransaction, Operation } from '../../src/types/transaction.ts';

/** Operations that do one thing each, to see the block machine at its bounds. */
const WriteType = new ContainerType({ key: U32, value: U32 });
const ReadOtherType = new ContainerType({ key: U32 });
const CountType = new ContainerType({ to: LedgerNameType, kind: U16, count: U32, bytes: U32 });
const StatusType = new ContainerType({ status: U16 });
const BlobType = new ContainerType({ data: Bytes(2048) });
const ItemType = new ContainerType({ txId: Hash32, status: U16, events: U32 });

const specs = {
  Write: { kind: 1, type: WriteType },
  Send: { kind: 2, type: CountType },
  Fail: { kind: 3, type: StatusType },
  Emit: { kind: 4, type: CountType },
  CopyFromOther: { kind: 5, type: ReadOtherType },
  Free: { kind: 6, type: WriteType },
} as const;

/** The event and message of the probe: any bytes. */
export const BLOB: KindSpec<{ data: Uint8Array }> = { kind: 1, type: BlobType };
/** A message of this kind is refused with this status. */
export const REFUSED_KIND = 99;
export const REFUSED_STATUS = 2999;
export const PROBE_GAS = 100;

/** Gas of a transaction before its operations, where genesis has the default parameters. */
export function baseGasOf({ bytes }: EncodedTransaction): number {
  return DEFAULT_PARAMETERS.gasPerTransaction + DEFAULT_PARAMETERS.gasPerByte * bytes.length;
}

const u32 = (value: number) => encode(U32, value);

// biome-ignore lint/suspicious/noExplicitAny: handlers differ in the value they take, as in LedgerModule
function handlers(other: 'bpi' | 'cluster'): OperationHandler<any>[] {
  const write: OperationHandler<{ key: number; value: number }> = {
    name: 'Write',
    spec: specs.Write,
    gas: PROBE_GAS,
    execute: ({ key, value }, { own }) => own.set(`cell/${key}`, u32(value)),
  };
  return [
    write,
    { ...write, name: 'Free', spec: specs.Free, free: true },
    {
      name: 'Send',
      spec: specs.Send,
      gas: PROBE_GAS,
      execute: ({ to, kind, count, bytes }, { send }) => {
        for (let i = 0; i < count; i++) send({ to, kind, data: new Uint8Array(bytes).fill(i) });
      },
    },
    {
      name: 'Fail',
      spec: specs.Fail,
      gas: PROBE_GAS,
      execute: ({ status }) => {
        throw new OperationFailure(status, 'asked to fail');
      },
    },
    {
      name: 'Emit',
      spec: specs.Emit,
      gas: PROBE_GAS,
      execute: ({ count, bytes }, { emit }) => {
        for (let i = 0; i < count; i++) emit(BLOB, { data: new Uint8Array(bytes) });
      },
    },
    {
      name: 'CopyFromOther',
      spec: specs.CopyFromOther,
      gas: PROBE_GAS,
      execute: ({ key }, { own, at }) => {
        const value = at(other).get(`cell/${key}`);
        own.set(`copy/${key}`, value ?? u32(0));
      },
    },
  ];
}

function probe(name: 'bpi' | 'cluster'): LedgerModule {
  return {
    name,
    handlers: handlers(name === 'bpi' ? 'cluster' : 'bpi'),
    deliver: ({ own, height }, _from, { kind, data }) => {
      const count = own.get('received');
      const number = count === undefined ? 0 : new DataView(count.slice().buffer).getUint32(0, true);
      own.set('received', u32(number + 1));
      own.set(`received/${number}`, data);
      own.set('received-at', u32(height));
      return kind === REFUSED_KIND ? { refused: REFUSED_STATUS } : {};
    },
    proofItem: ({ txId, status, events }) => encode(ItemType, { txId, status, events: events.length }),
  };
}

const { docklock: _absent, ...existing } = LEDGER_RULES.modules;

/** The real ledgers without docklock, so that one is not available, and a probe as bpi and one as cluster. */
export const PROBE_RULES: LedgerRules = {
  modules: { ...existing, bpi: probe('bpi'), cluster: probe('cluster') },
  settlement: LEDGER_RULES.settlement,
};

export const probeOperation = {
  write: (key: number, value: number): Operation => encodeOperation(specs.Write, { key, value }),
  free: (key: number, value: number): Operation => encodeOperation(specs.Free, { key, value }),
  fail: (status: number): Operation => encodeOperation(specs.Fail, { status }),
  copyFromOther: (key: number): Operation => encodeOperation(specs.CopyFromOther, { key }),
  emit: (count: number, bytes = 8): Operation =>
    encodeOperation(specs.Emit, { to: 'bpi', kind: 1, count, bytes }),
  send: (to: 'bpi' | 'cluster' | 'docklock', count: number, { kind = 1, bytes = 4 } = {}): Operation =>
    encodeOperation(specs.Send, { to, kind, count, bytes }),
};
