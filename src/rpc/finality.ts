import type * as z from 'zod';
import type { ChainPort } from './ports/chain.ts';
import type * as bpci from './schema/bpci.ts';
import { missingBlock, selectBlock } from './selectors.ts';
import { addressText, hash0x, rfc3339 } from './text-forms.ts';

/**
 * Who made a block final: by the certificate that counts, or by that of this node while there is no next block.
 * @throws NodeError BLOCK_NOT_FOUND, PRUNED
 */
export async function finalityOf(
  chain: ChainPort,
  selector: Parameters<typeof selectBlock>[1],
): Promise<z.input<typeof bpci.Finality>> {
  const { height, hash, block, certificate } = await selectBlock(chain, selector);
  const validators = await chain.validators(height);
  if (validators === undefined) throw missingBlock(chain, height);
  const next = height < chain.head().height ? await chain.block(height + 1) : undefined;
  const { round, signers } = next?.block.body.lastCertificate[0] ?? certificate;
  const members = validators.members.map(({ id }, i) => ({ id, signed: signers.get(i) }));
  const idsOf = (signed: boolean) =>
    members.filter((member) => member.signed === signed).map(({ id }) => addressText(id));
  const signedBy = idsOf(true);
  return {
    height,
    hash: hash0x(hash),
    time: rfc3339(block.header.timeMs),
    round,
    validators: validators.size,
    quorum: validators.quorum,
    seals: signedBy.length,
    signedBy,
    missing: idsOf(false),
    countedIn: next === undefined ? null : height + 1,
  };
}
