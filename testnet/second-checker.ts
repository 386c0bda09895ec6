import { addressToText } from '../src/types/address.ts';
import { TOKENS, type TokenName } from '../src/types/names.ts';
import { decodeTransaction } from '../src/types/transaction.ts';
import type { NodeRpc } from './rpc.ts';
import { BillBook } from './second-checker-bills.ts';
import { Books } from './second-checker-books.ts';
import { exportBlocks, exportGenesis } from './second-checker-export.ts';
import { type BlockFinding, Replay } from './second-checker-replay.ts';

export interface SecondCheckReport {
  readonly ok: boolean;
  readonly genesisHash: string;
  readonly blocks: number;
  readonly transactions: number;
  readonly balancesCompared: number;
  readonly supply: Readonly<Record<TokenName, string>>;
  /** What does not agree, at most {@link MAX_FINDINGS}. */
  readonly findings: readonly BlockFinding[];
}

const MAX_FINDINGS = 50;
/** Balances are asked one by one while the chain goes on; this often it is tried again on a newer block. */
const ATTEMPTS = 20;

/**
 * Checks a whole chain a second time, from outside: exports every block, replays all of them from genesis through the
 * ledger rules, keeps its own books from the receipts, and compares both with what the node answers.
 */
export async function checkChain(
  node: NodeRpc,
  onProgress: (height: number) => void = () => {},
): Promise<SecondCheckReport> {
  const genesis = await exportGenesis(node);
  const replay = new Replay(genesis);
  const books = new Books(genesis);
  const bills = new BillBook(genesis);
  let ruleTimeMs = genesis.timeMs;
  const findings: BlockFinding[] = [];
  let transactions = 0;
  const follow = async () => {
    const { height: head } = await node.call('chain_getFinalizedHead');
    for await (const exported of exportBlocks(node, replay.height + 1, head)) {
      findings.push(...replay.apply(exported));
      if (findings.length > 0) return; // after a difference everything that follows differs
      const senders = new Map<string, string>();
      for (const bytes of exported.block.transactions.flat()) {
        const { id, value } = decodeTransaction(bytes);
        senders.set(id, value.body.sender);
      }
      transactions += senders.size;
      const senderOf = (txId: string) => senders.get(txId) ?? '';
      books.apply(exported.receipts, senderOf);
      bills.apply(exported.height, ruleTimeMs, exported.receipts, senderOf);
      ruleTimeMs = exported.block.header.timeMs;
      onProgress(exported.height);
    }
  };
  await follow();
  let balancesCompared = 0;
  for (let attempt = 0; findings.length === 0; attempt++) {
    const outcome = await compareBalances(node, books, replay.height);
    if (outcome !== 'moved') {
      findings.push(...outcome.findings);
      balancesCompared = outcome.compared;
      break;
    }
    if (attempt === ATTEMPTS) {
      findings.push({
        height: replay.height,
        what: 'the chain never stood still long enough to compare balances',
      });
      break;
    }
    await follow();
  }
  for (const fault of books.faults) findings.push({ height: replay.height, what: `books: ${fault}` });
  for (const fault of bills.faults) findings.push({ height: replay.height, what: `bills: ${fault}` });
  for (const token of TOKENS)
    if (books.held(token) !== books.supply(token))
      findings.push({
        height: replay.height,
        what: `books: ${token} held is ${books.held(token)}, supply ${books.supply(token)}`,
      });
  return {
    ok: findings.length === 0,
    genesisHash: `0x${replay.genesisHash}`,
    blocks: replay.height,
    transactions,
    balancesCompared,
    supply: Object.fromEntries(TOKENS.map((token) => [token, books.supply(token).toString()])) as Record<
      TokenName,
      string
    >,
    findings: findings.slice(0, MAX_FINDINGS),
  };
}

/** Compares every balance and the supplies at `height`, or says that the chain has moved on meanwhile. */
async function compareBalances(
  node: NodeRpc,
  books: Books,
  height: number,
): Promise<'moved' | { findings: BlockFinding[]; compared: number }> {
  const findings: BlockFinding[] = [];
  let compared = 0;
  const supply = await node.call('economy_getSupply');
  if (supply.height !== height) return 'moved';
  for (const { token, supply: amount, ok } of supply.tokens) {
    if (BigInt(amount) !== books.supply(token))
      findings.push({ height, what: `supply of ${token}: node ${amount}, books ${books.supply(token)}` });
    if (!ok) findings.push({ height, what: `the node itself says that ${token} does not add up` });
  }
  const claims = await claimsOf(node);
  for (const key of new Set([...claims.keys(), ...books.claims.keys()]))
    if (claims.get(key) !== books.claims.get(key))
      findings.push({
        height,
        what: `claim on ${key}: node ${claims.get(key)}, books ${books.claims.get(key)}`,
      });
  const answers = await balancesOf(node, books.addresses);
  for (const [index, answer] of answers.entries()) {
    if (answer.height !== height) return 'moved';
    const address = books.addresses[index] as string;
    for (const token of TOKENS) {
      const theirs = answer.balances.find((entry) => entry.token === token)?.amount ?? '0';
      compared++;
      if (BigInt(theirs) !== books.balance(address, token))
        findings.push({
          height,
          what: `${answer.address} ${token}: node ${theirs}, books ${books.balance(address, token)}`,
        });
    }
  }
  return { findings, compared };
}

/** Claims by `<LEI> <claimant>`. */
async function claimsOf(node: NodeRpc): Promise<Map<string, bigint>> {
  const claims = new Map<string, bigint>();
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: { items: { bank: string; claimant: string; amount: string }[]; nextCursor: string | null } =
      await node.call('economy_getClaims', cursor === '' ? {} : { cursor });
    for (const { bank, claimant, amount } of page.items) claims.set(`${bank} ${claimant}`, BigInt(amount));
    cursor = page.nextCursor;
  }
  return claims;
}

type BalanceAnswer = Awaited<ReturnType<typeof askBalance>>;

async function askBalance(node: NodeRpc, address: string) {
  return await node.call('economy_getBalance', { address: addressToText(address) });
}

const BATCH = 100;

async function balancesOf(node: NodeRpc, addresses: readonly string[]): Promise<BalanceAnswer[]> {
  const answers: BalanceAnswer[] = [];
  for (let start = 0; start < addresses.length; start += BATCH) {
    const calls = addresses.slice(start, start + BATCH).map((address) => ({
      method: 'economy_getBalance' as const,
      params: { address: addressToText(address) },
    }));
    for (const outcome of await node.batch(calls)) {
      if (outcome.status === 'rejected') throw outcome.reason;
      answers.push(outcome.value as BalanceAnswer);
    }
  }
  return answers;
}
