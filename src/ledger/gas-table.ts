import type { BPCI } from '../types/operations/bpci.ts';
import type { BPI } from '../types/operations/bpi.ts';
import type { CLUSTER } from '../types/operations/cluster.ts';
import type { DOCKLOCK } from '../types/operations/docklock.ts';
import type { ECONOMY } from '../types/operations/economy.ts';

/**
 * Gas of every operation, for what it does whatever it brings along. One unit of gas stands for about 100 ns of one
 * core in the execution of a whole block, as `npm run bench -- micro` measures it where a signature check takes about
 * 55 µs. So `maxBlockGas` is the time that a full block takes: 3 000 000 are 300 ms. What every transaction costs
 * besides (nonce, fee, receipt, settlement: `gasPerTransaction`, and its bytes: `gasPerByte`) is not in here.
 *
 * Most stand for what was measured on a small state. Where the work grows with the state, the figure lies between that
 * and the worst case, within a factor of four of both: a cancelled workload has 1 to 32 placed replicas, an invocation
 * reads terms of up to 64 policies, a join stands in a list of up to 256 nodes, a price and a mint look at up to 64
 * custodians. Keys that nobody has seen before cost two signature checks each, which repeated measurements do not show:
 * ValJoin and KeyRotate bring some.
 */
export const OPERATION_GAS = {
  docklock: {
    ImageRegister: 1_500,
    Deploy: 300,
    Start: 200,
    Stop: 200,
    Scale: 200,
    Update: 200,
    Delete: 200,
    StepBatch: 2_000,
  },
  cluster: {
    NodeJoin: 3_500,
    NodeLeave: 1_000,
    Heartbeat: 3_000,
    SuspectReport: 1_000,
    Refute: 2_500,
    SvcRegister: 300,
    SvcUpdate: 300,
    SvcDeregister: 300,
    WorkloadSubmit: 1_000,
    WorkloadCancel: 4_000,
    Rebalance: 500,
  },
  bpi: {
    AgreementPropose: 6_000,
    AgreementSign: 500,
    Activate: 500,
    Invoke: 3_000,
    PolicyCheck: 2_500,
    ComplianceAttest: 1_500,
    Terminate: 500,
  },
  bpci: {
    ClientCreate: 1_500,
    ClientUpdate: 1_000,
    ClientMisbehaviour: 1_500,
    Anchor: 400,
    ValJoin: 20_000,
    ValLeave: 400,
    KeyRotate: 22_000,
    NodeMsg: 1_800,
    ValVote: 400,
  },
  economy: {
    Transfer: 200,
    Lock: 500,
    Unlock: 800,
    MeterDeposit: 300,
    MeterWithdraw: 600,
    CoinIssue: 500,
    CoinRedeem: 400,
    BankRegister: 800,
    ReserveAttest: 1_000,
    PriceReport: 2_000,
    AurMint: 2_000,
    AurBurn: 1_200,
    BankTransfer: 2_000,
    OwnerAccount: 400,
    OwnerHold: 400,
    Faucet: 400,
    PoolJoin: 400,
    PoolLeave: 400,
  },
} as const satisfies {
  docklock: GasOf<typeof DOCKLOCK>;
  cluster: GasOf<typeof CLUSTER>;
  bpi: GasOf<typeof BPI>;
  bpci: GasOf<typeof BPCI>;
  economy: GasOf<typeof ECONOMY>;
};

type GasOf<Catalog extends { readonly operations: object }> = {
  readonly [Name in keyof Catalog['operations']]: number;
};

/** A signature that an operation brings, with its key: approvals, seals, auditors, signers of an image. */
const GAS_PER_SIGNATURE = 1_300;

/** Gas of signatures that are checked, or may be. */
export function signatureGas(signatures: readonly unknown[]): number {
  return GAS_PER_SIGNATURE * signatures.length;
}

/** A byte of an agreement in YAML: it is scanned, parsed and turned into terms. */
export const GAS_PER_YAML_BYTE = 15;
/** A step of a container: its place in the chain of steps is hashed. */
export const GAS_PER_STEP = 150;
/** An endpoint of a service: the container behind it is looked up. */
export const GAS_PER_ENDPOINT = 100;
/** A replica that a rebalance may move, in the next BeginBlock. */
export const GAS_PER_MOVE = 700;
