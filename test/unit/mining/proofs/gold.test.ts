import assert from 'node:assert/strict';
import { beginBlock } from '../../../../src/ledger/begin-block.ts';
import { balanceAccount } from '../../../../src/ledger/economy/account.ts';
import { executeSection } from '../../../../src/ledger/section.ts';
import { goldScheme } from '../../../../src/mining/proofs/gold.ts';
import type { ProofInput } from '../../../../src/mining/proofs/proof-scheme.ts';
import { encodeOperation } from '../../../../src/types/operations/catalog.ts';
import { ECONOMY } from '../../../../src/types/operations/economy.ts';
import {
  type GoldItem,
  GoldItemType,
  type GoldProof,
  GoldProofType,
} from '../../../../src/types/proofs/gold.ts';
import { decode, encode } from '../../../../src/types/ssz.ts';
import { hashNumber } from '../../../support/blocks.ts';
import {
  alice,
  approve,
  attestation,
  bankers,
  bob,
  EconomyChain,
  LEIS,
  reportPrices,
  treasurers,
} from '../../../support/economy-chain.ts';

const { Transfer, CoinIssue, AurMint, ReserveAttest } = ECONOMY.operations;

/** A section with a transfer, an issue, a mint and a failed transfer, and everything that its proof speaks about. */
function goldSection(): ProofInput {
  const chain = new EconomyChain();
  chain.send(bankers[0], ReserveAttest, attestation(chain));
  reportPrices(chain);
  const issue = { token: 'NEX', to: bob.address, amount: 30n, basis: hashNumber(3), approvals: [] } as const;
  const transfer = { to: bob.address, token: 'GEN', amount: 7n, reference: '' } as const;
  const approval = {
    authority: 'treasury',
    sender: alice,
    signers: treasurers.slice(0, 2),
    nonce: 1n,
  } as const;
  const maxFee = 200_000n;
  const transactions = [
    chain.transaction(alice, [encodeOperation(Transfer, transfer)], { maxFee }),
    chain.transaction(
      alice,
      [encodeOperation(CoinIssue, approve(chain, CoinIssue, { ...issue, approvals: [] }, approval))],
      { maxFee, skip: 1 },
    ),
    chain.transaction(bankers[0], [encodeOperation(AurMint, { bank: LEIS[0], amount: 1_000n })], { maxFee }),
    chain.transaction(alice, [encodeOperation(Transfer, { ...transfer, amount: 10n ** 20n })], {
      maxFee,
      skip: 2,
    }),
  ];
  const { genesis, genesisHash, height, timeMs } = chain;
  const begun = beginBlock(chain.state, { genesis, genesisHash, height: height + 1, timeMs });
  const outcome = executeSection(begun, 'economy', transactions);
  assert.ok(outcome.valid);
  assert.deepEqual(
    outcome.result.receipts.map(({ status }) => status),
    [0, 0, 0, ECONOMY.statuses.INSUFFICIENT_BALANCE],
  );
  return {
    ledger: 'economy',
    parent: hashNumber(1),
    context: begun.context,
    result: outcome.result,
    before: begun.view.reader('economy'),
    after: outcome.result.view.reader('economy'),
    at: (subtree) => begun.view.reader(subtree),
  };
}

/** Every value in which one leaf of a decoded proof differs: numbers by one, hex by a digit, lists by an entry. */
function* mutations(value: unknown, path: string): Generator<{ path: string; value: unknown }> {
  if (typeof value === 'bigint') yield { path, value: value + 1n };
  else if (typeof value === 'number') yield { path, value: value + 1 };
  else if (typeof value === 'string' && value.length === 64)
    yield { path, value: (value.startsWith('0') ? '1' : '0') + value.slice(1) };
  else if (typeof value === 'string') yield { path, value: value === 'GEN' ? 'NEX' : 'GEN' };
  else if (Array.isArray(value)) {
    yield { path: `${path} shorter`, value: value.slice(0, -1) };
    for (const [index, entry] of value.entries())
      for (const change of mutations(entry, `${path}[${index}]`))
        yield { path: change.path, value: value.with(index, change.value) };
  } else
    for (const [name, field] of Object.entries(value as object))
      for (const change of mutations(field, `${path}.${name}`))
        yield { path: change.path, value: { ...(value as object), [name]: change.value } };
}

describe('Proof-of-Gold', () => {
  const input = goldSection();
  const proof = goldScheme.build(input);
  const decoded: GoldProof = decode(GoldProofType, proof, 'proof');

  it('says what the section did to the money', () => {
    const [gen, nex, flx, aur] = decoded.tokens;
    assert.ok(gen && nex && flx && aur);
    assert.deepEqual([gen.debits, gen.credits, gen.issued], [7n, 7n, 0n]);
    assert.deepEqual([nex.issued, nex.supplyAfter - nex.supplyBefore], [30n, 30n]);
    assert.deepEqual([aur.issued, aur.supplyAfter], [1_000n, 1_000n]);
    const charged = input.result.receipts.flatMap(({ charges }) => charges);
    assert.equal(
      flx.fees,
      charged.reduce((sum, { amount }) => sum + amount, 0n),
    );
    assert.equal(decoded.basisCount, 2);
    assert.equal(decoded.itemCount, 4);
    assert.equal(decoded.coverage.outstanding, 1_000n);
    assert.equal(decoded.coverage.median, 2_000_000_000n);
    assert.equal(decoded.coverage.signers.length, 3);
    assert.equal(decoded.coverage.attestations.length, 1);
  });

  it('is accepted as it was built', () => {
    assert.equal(goldScheme.verify(proof, input), undefined);
  });

  it('is refused with any field of it changed, and the fault names the field', () => {
    let count = 0;
    for (const { path, value } of mutations(decoded, '')) {
      const fault = goldScheme.verify(encode(GoldProofType, value as GoldProof), input);
      assert.equal(fault?.code, 'WRONG_PROOF_FIELD', path);
      assert.equal(fault?.field, /^\.(\w+)/.exec(path)?.[1], path);
      count++;
    }
    assert.ok(count > 40);
  });

  it('is refused with any single bit flipped', () => {
    for (let bit = 0; bit < proof.length * 8; bit += 7) {
      const flipped = proof.slice();
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
      assert.notEqual(goldScheme.verify(flipped, input), undefined, `bit ${bit}`);
    }
    assert.notEqual(goldScheme.verify(proof.subarray(1), input), undefined);
    assert.notEqual(goldScheme.verify(new Uint8Array(0), input), undefined);
  });

  const withItem = (index: number, change: (item: GoldItem) => GoldItem): ProofInput => {
    const items = input.result.proofItems.map((bytes, i) =>
      i === index ? encode(GoldItemType, change(decode(GoldItemType, bytes, 'item'))) : bytes,
    );
    return { ...input, result: { ...input.result, proofItems: items } };
  };

  it('is refused when the journal does not balance, though the proof says the same', () => {
    const lopsided = withItem(0, (item) => ({ ...item, postings: item.postings.slice(1) }));
    assert.equal(goldScheme.verify(goldScheme.build(lopsided), lopsided)?.code, 'UNBALANCED_JOURNAL');
  });

  it('is refused when a balanced journal does not explain what happened to the accounts', () => {
    const silent = withItem(0, (item) => ({
      ...item,
      postings: item.postings.map((posting) => ({ ...posting, amount: posting.amount + 1n })),
    }));
    const fault = goldScheme.verify(goldScheme.build(silent), silent);
    assert.equal(fault?.code, 'UNEXPLAINED_STATE');
    assert.equal(fault?.field, `GEN ${balanceAccount(alice.address)}`);
    const unissued = withItem(1, (item) => ({ ...item, postings: [] }));
    assert.equal(goldScheme.verify(goldScheme.build(unissued), unissued)?.code, 'UNEXPLAINED_STATE');
  });
});
