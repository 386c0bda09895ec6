import { hashOf } from '../../crypto/hash.ts';
import { encodeBlock } from '../../types/block.ts';
import { CertificateType } from '../../types/certificate.ts';
import { hashEvidence } from '../../types/evidence.ts';
import { finalityProofToJson, receiptPathOf } from '../../types/finality-proof.ts';
import { GenesisType } from '../../types/genesis.ts';
import { LEDGERS } from '../../types/names.ts';
import { BlockReceiptsType, encodeReceipt } from '../../types/receipt.ts';
import { encode } from '../../types/ssz.ts';
import { systemReceiptToJson } from '../../types/system-receipt.ts';
import { certificateView, headerView, sectionView } from '../block-views.ts';
import { chainStats } from '../chain-stats.ts';
import type { Handlers } from '../dispatcher.ts';
import { dumpOf } from '../dump.ts';
import { pageOf } from '../paging.ts';
import type { RpcPorts } from '../ports/rpc-ports.ts';
import { searchReceipts } from '../receipt-search.ts';
import type { chainMethods } from '../schema/chain.ts';
import { missingBlock, notInBlock, selectBlock, selectHeight } from '../selectors.ts';
import { addressText, bytes0x, hash0x, rfc3339 } from '../text-forms.ts';
import { receiptView } from '../transaction-views.ts';

export function chainHandlers(ports: RpcPorts): Handlers<typeof chainMethods> {
  const { chain } = ports;
  return {
    chain_getHeader: async (selector) => {
      const height = await selectHeight(chain, selector);
      const found = height < 1 ? undefined : await chain.header(height);
      if (found === undefined) throw missingBlock(chain, height);
      return {
        hash: hash0x(found.hash),
        header: headerView(found.header),
        time: rfc3339(found.header.timeMs),
      };
    },

    chain_getBlock: async (selector) => {
      const { height, hash, block } = await selectBlock(chain, selector);
      const txIds = LEDGERS.flatMap((ledger, i) =>
        (block.transactions[i] ?? []).map((bytes) => ({
          ledger,
          txId: hash0x(hashOf('transaction', bytes)),
        })),
      );
      const [lastCertificate] = block.body.lastCertificate;
      return {
        height,
        hash: hash0x(hash),
        time: rfc3339(block.header.timeMs),
        header: headerView(block.header),
        sections: block.body.sections.map(sectionView),
        txIds,
        txCount: txIds.length,
        evidence: block.body.evidence.map((evidence) => ({
          kind: evidence.kind,
          hash: hash0x(hashEvidence(evidence)),
        })),
        lastCertificate: lastCertificate === undefined ? null : certificateView(lastCertificate),
      };
    },

    chain_getBlockHash: async (selector) => {
      const height = await selectHeight(chain, selector);
      if (height === 0) return { height, hash: hash0x(chain.genesisHash) };
      const found = await chain.header(height);
      if (found === undefined) throw missingBlock(chain, height);
      return { height, hash: hash0x(found.hash) };
    },

    chain_getFinalizedHead: () => {
      const { height, hash, timeMs, header } = chain.head();
      return {
        height,
        hash: hash0x(hash),
        time: rfc3339(timeMs),
        timeMs,
        stateRoot: hash0x(header?.stateRoot ?? chain.stateRoots().stateRoot),
        receiptsRoot: header === undefined ? null : hash0x(header.receiptsRoot),
        lowestHeight: chain.lowestHeight(),
      };
    },

    chain_getCertificate: async (selector) => {
      const { height, hash, certificate } = await selectBlock(chain, selector);
      const validators = await chain.validators(height);
      if (validators === undefined) throw missingBlock(chain, height);
      return {
        height,
        hash: hash0x(hash),
        round: certificate.round,
        quorum: validators.quorum,
        validators: validators.size,
        signedBy: certificate.signers
          .getTrueBitIndexes()
          .map((index) => validators.at(index))
          .filter((validator) => validator !== undefined)
          .map(({ id }) => addressText(id)),
        certificate: certificateView(certificate),
      };
    },

    chain_getTransactionProof: async ({ txId, trustedHeight }) => {
      const proof = await chain.finalityProof(txId, trustedHeight);
      if (proof === undefined) throw notInBlock(txId);
      return finalityProofToJson(proof) as never;
    },

    chain_getReceiptProof: async ({ txId }) => {
      const place = await chain.findTransaction(txId);
      if (place === undefined) throw notInBlock(txId);
      const { height, hash, block, receipts } = await selectBlock(chain, { height: place.height });
      const { receipt, receiptPath, ledgerPath } = receiptPathOf(receipts, place.ledger, place.index);
      return {
        height,
        hash: hash0x(hash),
        receipt: receiptView(receipt),
        receiptBytes: bytes0x(encodeReceipt(receipt)),
        receiptPath: receiptPath.map(({ side, hash }) => ({ side, hash: hash0x(hash) })),
        ledgerPath: ledgerPath.map(hash0x),
        receiptsRoot: hash0x(block.header.receiptsRoot),
      };
    },

    chain_getReceipts: async ({ height: selector, ledger, ...page }) => {
      const { height, hash, receipts } = await selectBlock(chain, { height: selector });
      const wanted = receipts.sections
        .flat()
        .filter((receipt) => ledger === undefined || receipt.ledger === ledger);
      return { height, hash: hash0x(hash), ...pageOf(wanted, page, receiptView) };
    },

    chain_getSystemReceipts: async ({ height: selector, ...page }) => {
      const { height, hash, receipts } = await selectBlock(chain, { height: selector });
      return { height, hash: hash0x(hash), ...pageOf(receipts.system, page, systemReceiptToJson) };
    },

    chain_searchReceipts: (query, { signal }) => searchReceipts(chain, query, signal),

    chain_getRawBlock: async (selector) => {
      const { height, hash, block, certificate, receipts } = await selectBlock(chain, selector);
      return {
        height,
        hash: hash0x(hash),
        block: bytes0x(encodeBlock(block)),
        certificate: bytes0x(encode(CertificateType, certificate)),
        receipts: bytes0x(encode(BlockReceiptsType, receipts)),
      };
    },

    chain_stats: async ({ blocks }) => ({
      ...dumpOf(ports, 'chain_stats'),
      ...(await chainStats(chain, blocks)),
    }),

    chain_getGenesis: () => ({
      genesisHash: hash0x(chain.genesisHash),
      genesis: GenesisType.toJson(chain.genesis) as Record<string, unknown>,
    }),
  };
}
