import assert from 'node:assert/strict';
import { LEDGER_RULES } from '../../../../src/ledger/ledgers.ts';
import type { ProofInput } from '../../../../src/mining/proofs/proof-scheme.ts';
import { proofSchemeOf } from '../../../../src/mining/proofs/proof-schemes.ts';
import { transactScheme } from '../../../../src/mining/proofs/transact.ts';
import { LEDGERS, PROOF_TYPES } from '../../../../src/types/names.ts';
import { type TransactProof, TransactProofType } from '../../../../src/types/proofs/transact.ts';
import { NO_FAILED_OPERATION, type Receipt } from '../../../../src/types/receipt.ts';
import { decode } from '../../../../src/types/ssz.ts';
import { hashNumber } from '../../../support/blocks.ts';
import { EconomyChain } from '../../../support/economy-chain.ts';

function receipt(index: number, status: number): Receipt {
  return {
    ledger: 'bpci',
    txId: hashNumber(index),
    height: 5,
    index,
    status,
    failedOperation: NO_FAILED_OPERATION,
    gas: 1,
    charges: [],
    events: [{ operation: 0, kind: 1, data: Uint8Array.of(index) }],
    proofCommitment: hashNumber(0),
  };
}

function proofInput(receipts: readonly Receipt[]): ProofInput {
  const { genesis, genesisHash, timeMs, state } = new EconomyChain();
  const reader = state.reader('bpci');
  return {
    ledger: 'bpci',
    parent: hashNumber(4),
    context: { genesis, genesisHash, timeMs, height: 5, parameters: genesis.parameters },
    result: { txIds: receipts.map(({ txId }) => txId), receipts, proofItems: [], gas: receipts.length },
    before: reader,
    after: reader,
    at: () => reader,
  };
}

describe('Proof-of-Transact', () => {
  const input = proofInput([receipt(0, 0), receipt(1, 0), receipt(2, 4001)]);
  const proof = transactScheme.build(input);

  it('names the head, the transactions and what they came to', () => {
    const decoded: TransactProof = decode(TransactProofType, proof, 'proof');
    assert.equal(decoded.headHeight, 4);
    assert.equal(decoded.headHash, hashNumber(4));
    assert.deepEqual([decoded.itemCount, decoded.succeeded, decoded.failed], [3, 2, 1]);
    assert.equal(transactScheme.verify(proof, input), undefined);
  });

  it('is refused with any bit of it flipped', () => {
    for (let bit = 0; bit < proof.length * 8; bit++) {
      const flipped = proof.slice();
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
      assert.notEqual(transactScheme.verify(flipped, input), undefined, `bit ${bit}`);
    }
  });

  it('does not fit other transactions, outcomes, events or another head', () => {
    const [first, second, third] = input.result.receipts as [Receipt, Receipt, Receipt];
    const others = [
      proofInput([second, first, third]),
      proofInput([first, second]),
      proofInput([first, { ...second, status: 4001 }, { ...third, status: 0 }]),
      proofInput([first, second, { ...third, events: [] }]),
      { ...input, parent: hashNumber(3) },
      { ...input, context: { ...input.context, height: 6 } },
    ];
    for (const other of others) assert.equal(transactScheme.verify(proof, other)?.code, 'WRONG_PROOF_FIELD');
  });
});

describe('The proof schemes', () => {
  it('exist for the ledgers that exist, each of its own type', () => {
    for (const ledger of LEDGERS) {
      const scheme = proofSchemeOf(ledger);
      if (LEDGER_RULES.modules[ledger] !== undefined) assert.equal(scheme?.type, PROOF_TYPES[ledger]);
      else assert.equal(scheme, undefined);
    }
  });
});
