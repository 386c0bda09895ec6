import type * as z from 'zod';
import { nodesOf, pathFromNodes } from '../crypto/merkle-log.ts';
import { BillingProofType, type BillLinePath, BillLinePathType } from '../types/bill-proof.ts';
import { type BillLine, BillLineType, type BlockBill, sumLines } from '../types/billing.ts';
import { LEDGERS } from '../types/names.ts';
import { encode } from '../types/ssz.ts';
import type { Address } from '../types/ssz-bytes.ts';
import { toHex } from '../util/bytes.ts';
import { LIMITS } from '../util/limits.ts';
import { rpcError } from './errors.ts';
import type { BillingPort } from './ports/billing.ts';
import type { RpcPorts } from './ports/rpc-ports.ts';
import { blockPositionOf } from './receipt-search.ts';
import type { Bill } from './schema/billing.ts';
import { missingBlock } from './selectors.ts';
import { addressText, hash0x } from './text-forms.ts';

type BillView = z.input<typeof Bill>;

export interface BillQuery {
  readonly payer: Address;
  /** The open window if undefined. */
  readonly window?: number | undefined;
  readonly limit: number;
  readonly cursor?: string | null | undefined;
}

/**
 * The lines of a payer in a window, in the order of the chain. One call looks at no more than
 * LIMITS.maxBilledBlocksPerCall blocks and gives way to other work between them; the cursor says where to go on, also
 * when nothing was found so far.
 * @throws NodeError BILLING_WINDOW_NOT_FOUND, INVALID_PARAMS, PRUNED
 */
export async function billOf(
  ports: Pick<RpcPorts, 'billing' | 'chain'>,
  query: BillQuery,
): Promise<BillView> {
  const { billing, chain } = ports;
  const { window, fromHeight, toHeight, proof } = await selectWindow(ports, query.window);
  // Of a window that began before the snapshot at which this node began, a part of the bill would be a lie.
  if (fromHeight < chain.lowestHeight()) throw missingBlock(chain, fromHeight);
  let { height, index } =
    typeof query.cursor === 'string' ? blockPositionOf(query.cursor) : { height: fromHeight, index: 0 };
  const stop = Math.min(toHeight, height + LIMITS.maxBilledBlocksPerCall - 1);
  const lines: BillLine[] = [];
  const items: BillView['items'] = [];
  for (; height <= stop && items.length < query.limit; height++, index = 0) {
    const bill = height < fromHeight ? undefined : billing.blockBill(height);
    if (bill === undefined) continue;
    const own = [...bill.lines.entries()].filter(([at, { payer }]) => at >= index && payer === query.payer);
    if (own.length > 0) {
      const pathOf = proof && linePaths(billing, bill, proof.commitment.blocks);
      const receipts = (await chain.block(height))?.receipts;
      if (receipts === undefined) throw missingBlock(chain, height);
      for (const [at, line] of own) {
        if (items.length === query.limit) return answer(`${height}.${at}`);
        const txId = receipts.sections[LEDGERS.indexOf(line.ledger)]?.[line.receipt]?.txId;
        lines.push(line);
        items.push({
          line: lineView(line),
          txId: txId === undefined ? null : hash0x(txId),
          path: pathOf === undefined ? null : (BillLinePathType.toJson(pathOf(at)) as never),
        });
      }
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  return answer(height <= toHeight ? `${height}.0` : null);

  function answer(nextCursor: string | null): BillView {
    return {
      payer: addressText(query.payer),
      window,
      closed: proof !== undefined,
      fromHeight,
      toHeight,
      commitment:
        proof === undefined
          ? null
          : { height: proof.header.height, proof: BillingProofType.toJson(proof) as Record<string, unknown> },
      items,
      sums: sumLines(lines).map((sum) => ({ ...sum, amount: sum.amount.toString() })),
      nextCursor,
    };
  }
}

function lineView({ payer, amount, ...line }: BillLine) {
  return { payer: addressText(payer), ...line, amount: amount.toString() };
}

/** The window that a caller means; the open one reaches to the head. */
async function selectWindow(
  { billing, chain }: Pick<RpcPorts, 'billing' | 'chain'>,
  wanted: number | undefined,
) {
  const open = billing.openWindow();
  if (open !== undefined && (wanted === undefined || wanted === open.window))
    return { ...open, toHeight: chain.head().height, proof: undefined };
  const proof = wanted === undefined ? undefined : await billing.commitment(wanted);
  if (proof === undefined)
    throw rpcError(
      'BILLING_WINDOW_NOT_FOUND',
      wanted === undefined ? 'there is no block yet' : `no block fell into window ${wanted}`,
      {
        data: { window: wanted ?? null, open: open?.window ?? null },
        hint: 'without window the open one is meant; those before it have smaller numbers',
      },
    );
  const { window, fromHeight, toHeight } = proof.commitment;
  return { window, fromHeight, toHeight, proof };
}

/** The paths of the lines of one block; the block's own tree is made once. */
function linePaths(billing: BillingPort, bill: BlockBill, blocks: number): (index: number) => BillLinePath {
  const { window, index: block, lines } = bill;
  const nodeAt = nodesOf(lines.map((line) => encode(BillLineType, line)));
  const blockPath = billing.blockPath(window, block, blocks);
  return (index) => ({
    index,
    lines: lines.length,
    linePath: pathFromNodes(index, lines.length, nodeAt).map(toHex),
    block,
    blockPath,
  });
}
