import { signNodeMessage } from '../../src/client/bpci-operations.ts';
import type { KeyPair } from '../../src/crypto/ed25519.ts';
import { BPCI } from '../../src/types/operations/bpci.ts';
import type { Account } from '../identities.ts';
import { deriveKeys } from '../identities.ts';
import { clientScenarios } from './bpci-clients.ts';
import { freshHash, plan } from './planning.ts';
import type { LedgerScenarios, OperationScenario, PlanContext } from './scenario.ts';

const { operations } = BPCI;

/** Anchors leave while the header that they name is surely within the window, however fast blocks come. */
const ANCHORS_UNTIL_MS = 120_000;

const anchor: OperationScenario = {
  operation: 'Anchor',
  weight: 3,
  succeed(context) {
    const { finalBlock, runId } = context;
    if (context.atMs > ANCHORS_UNTIL_MS) return undefined;
    const { height, hash } = finalBlock;
    const target = `system-${runId}-${context.unique()}`;
    const value = { height, blockHash: hash, target, reference: `record ${context.unique()}` };
    return plan(context.rotate(context.lane.payers), 'OK', operations.Anchor, value);
  },
  fail(context) {
    const blockHash = freshHash(context, 'block');
    const value = { height: 1, blockHash, target: 'No Label', reference: 'nowhere' };
    return plan(context.rotate(context.lane.payers), 'ANCHOR_TARGET_INVALID', operations.Anchor, value);
  },
};

/** A node of a payer, which carries its messages, so that they arrive in their order. */
class Messenger {
  readonly #nodes = new Map<Account, { readonly keys: KeyPair; sent: bigint }>();

  #nodeOf(carrier: Account, { seed, runId }: PlanContext) {
    let node = this.#nodes.get(carrier);
    if (node === undefined) {
      node = { keys: deriveKeys(seed, `messenger/${carrier.name}/${runId}`), sent: 0n };
      this.#nodes.set(carrier, node);
    }
    return node;
  }

  /** The next message of a node, or with `again` one whose nonce has served. */
  message(context: PlanContext, again = false) {
    const carrier = context.rotate(context.lane.payers);
    const node = this.#nodeOf(carrier, context);
    if (!again) node.sent += 1n;
    const value = signNodeMessage(context.genesisHash, node.keys, {
      destination: freshHash(context, 'destination'),
      service: 'ab'.repeat(32),
      nonce: node.sent,
      frameHash: freshHash(context, 'frame'),
    });
    return { carrier, value };
  }
}

function messages(): OperationScenario {
  const messenger = new Messenger();
  return {
    operation: 'NodeMsg',
    weight: 6,
    succeed(context) {
      const { carrier, value } = messenger.message(context);
      return plan(carrier, 'OK', operations.NodeMsg, value);
    },
    fail(context) {
      const replays = context.unique() % 2 === 0;
      const { carrier, value } = messenger.message(context, replays);
      if (replays) return plan(carrier, 'MESSAGE_NONCE_NOT_HIGHER', operations.NodeMsg, value);
      const forged = { ...value, frameHash: freshHash(context, 'other frame') };
      return plan(carrier, 'MESSAGE_SIGNATURE_WRONG', operations.NodeMsg, forged);
    },
  };
}

/** Everything on the bpci ledger but the validator set, which is a story of its own. */
export const bpciScenarios: LedgerScenarios = {
  ledger: 'bpci',
  create: () => [...clientScenarios(), anchor, messages()],
};
