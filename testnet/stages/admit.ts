import { setTimeout as sleep } from 'node:timers/promises';
import { signValJoin } from '../../src/client/bpci-operations.ts';
import { TransactionSender } from '../../src/client/transaction-sender.ts';
import { sha256 } from '../../src/crypto/hash.ts';
import { vrfKeyPairFromSeed } from '../../src/crypto/vrf.ts';
import { addressToText } from '../../src/types/address.ts';
import { MICRO } from '../../src/types/names.ts';
import { BPCI } from '../../src/types/operations/bpci.ts';
import { encodeOperation } from '../../src/types/operations/catalog.ts';
import { ECONOMY } from '../../src/types/operations/economy.ts';
import { BOND_PURPOSE } from '../../src/types/operations/settlement-messages.ts';
import { toHex, utf8 } from '../../src/util/bytes.ts';
import { errorCode, NodeError } from '../../src/util/errors.ts';
import { LIMITS } from '../../src/util/limits.ts';
import type { TestnetErrorCode } from '../directory.ts';
import { TESTNET_BOND } from '../genesis.ts';
import { type Account, deriveFounder, deriveValidator, type ValidatorIdentity } from '../identities.ts';
import { connectNode, type NodeRpc } from '../rpc.ts';
import type { Supervisor } from '../supervisor.ts';

/** 1 FLX, more than any operation costs. */
const MAX_FEE = MICRO;
const RECEIPT_MS = 60_000;
const POLL_MS = 250;
/** What a validator has beyond its bond, for its fees. */
const PURSE = { FLX: 20n * MICRO, GEN: 5n * MICRO } as const;

/**
 * Makes a running node a validator, as people do it on a real chain: somebody gives its account coins, it locks its bond
 * and joins, and a quorum of the validators votes for it. All their keys derive from the seed of the testnet.
 * @returns its id, in the set from two blocks later on
 * @throws NodeError NOT_ADMITTED if it is no validator within `timeoutMs`; REFUSED, FAILED_RECEIPT
 */
export async function admit(
  supervisor: Supervisor,
  seed: string,
  name: string,
  timeoutMs: number,
): Promise<string> {
  const node = connectNode(supervisor.node(name));
  const candidate = deriveValidator(seed, name);
  const id = addressToText(candidate.account.address);
  const set = await node.call('ibft_getValidatorsByBlockNumber', { height: 'latest' });
  const members = new Set(set.validators.map((member) => member.id));
  const voters = supervisor.validators
    .filter(({ validator }) => validator !== null && members.has(validator))
    .slice(0, set.quorum);
  await endow(node, deriveFounder(seed), candidate.account);
  await join(node, candidate);
  await Promise.all(voters.map((voter) => vote(node, deriveValidator(seed, voter.name).account, candidate)));
  for (const deadline = performance.now() + timeoutMs; performance.now() < deadline; await sleep(POLL_MS)) {
    const { items } = await node.call('bpci_listMembers', {
      status: 'validator',
      limit: LIMITS.maxPageItems,
    });
    if (!items.some((member) => member.id === id)) continue;
    await supervisor.noteAdmitted(name, id);
    return id;
  }
  throw new NodeError<TestnetErrorCode>(
    'NOT_ADMITTED',
    `${voters.length} of ${set.validators.length} validators voted for ${name}, ${set.quorum} were needed`,
    { data: { name, votes: voters.length, quorum: set.quorum }, hint: 'see: metanode bpci members' },
  );
}

async function senderOf(node: NodeRpc, { keys }: Account): Promise<TransactionSender> {
  return await TransactionSender.open(node, keys, { maxFee: MAX_FEE, timeoutMs: RECEIPT_MS });
}

/** Bond and purse, and the meter that pays for operations of validators. */
async function endow(node: NodeRpc, from: Account, { address }: Account): Promise<void> {
  const { Transfer, MeterDeposit } = ECONOMY.operations;
  const give = (token: 'FLX' | 'GEN', amount: bigint) =>
    encodeOperation(Transfer, { to: address, token, amount, reference: 'to validate' });
  const fill = (token: 'FLX' | 'GEN') =>
    encodeOperation(MeterDeposit, { payer: address, ledger: 'bpci', token, amount: PURSE[token] });
  await (await senderOf(node, from)).send('economy', [
    give('GEN', TESTNET_BOND),
    give('FLX', PURSE.FLX),
    fill('FLX'),
    fill('GEN'),
  ]);
}

async function join(node: NodeRpc, { account, consensus, vrf }: ValidatorIdentity): Promise<void> {
  const sender = await senderOf(node, account);
  const ref = toHex(sha256(utf8(`bond of ${account.name} on ${sender.chain.genesisHash}`)));
  const bond = {
    ledger: 'bpci' as const,
    purpose: BOND_PURPOSE,
    ref,
    token: 'GEN' as const,
    amount: TESTNET_BOND,
  };
  await sender.send('economy', [encodeOperation(ECONOMY.operations.Lock, bond)]);
  const keys = { consensus, vrf: vrfKeyPairFromSeed(vrf.seed) };
  const value = signValJoin(sender.chain.genesisHash, account.address, keys, ref);
  await sender.send('bpci', [encodeOperation(BPCI.operations.ValJoin, value)]);
}

/** A vote that comes after those that sufficed is one too many, and no failure. */
async function vote(node: NodeRpc, voter: Account, candidate: ValidatorIdentity): Promise<void> {
  const value = { candidate: candidate.account.address, decision: 'admit' as const };
  try {
    await (await senderOf(node, voter)).send('bpci', [encodeOperation(BPCI.operations.ValVote, value)]);
  } catch (error) {
    if (errorCode(error) !== 'FAILED_RECEIPT') throw error;
  }
}
