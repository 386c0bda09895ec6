import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  type InvalidProof,
  PROOF_CHECKS,
  verifyFinalityProof,
  verifyFinalityProofJson,
} from '../../../src/client/verify-proof.ts';
import type { TrustedBlock } from '../../../src/types/check-finality.ts';
import {
  buildFinalityProof,
  changesValidators,
  decodeFinalityProof,
  encodeFinalityProof,
  type FinalityProof,
  finalityProofFromJson,
  finalityProofToJson,
} from '../../../src/types/finality-proof.ts';
import { encodeTransaction } from '../../../src/types/transaction.ts';
import { CertifiedChain, certify, setOf, validatorGroup } from '../../support/certified-chain.ts';

const FIRST = validatorGroup(1, 3);
const SECOND = validatorGroup(20, 2);
const THIRD = validatorGroup(40, 1);

/** Turns over completely at height 3 and in the block after it, changes back at 5, and then stays. */
function turnoverChain(): CertifiedChain {
  const chain = new CertifiedChain([FIRST, FIRST, SECOND, THIRD, SECOND]);
  for (let height = 1; height <= 6; height++)
    chain.append([chain.nextTransaction(), chain.nextTransaction(), chain.nextTransaction()]);
  return chain;
}

function proofOf(
  chain: CertifiedChain,
  height: number,
  index: number,
  trustedHeight?: number,
): FinalityProof {
  const { block, certificate, receipts, transactions } = chain.blockAt(height);
  const linkAt = (at: number) => ({
    header: chain.blockAt(at).block.header,
    certificate: chain.blockAt(at).certificate,
    validators: setOf(chain.groupAt(at + 1)).members,
  });
  const changes = chain.blocks
    .map((one) => one.height)
    .filter((at) => changesValidators(chain.blockAt(at).block.header));
  return buildFinalityProof({
    genesisHash: chain.genesisHash,
    transaction: transactions[index]?.bytes as Uint8Array,
    receipts,
    ledger: 'economy',
    index,
    header: block.header,
    certificate,
    anchor: trustedHeight === undefined ? undefined : linkAt(trustedHeight),
    links: changes.filter((at) => at > (trustedHeight ?? 0) && at < height).map(linkAt),
  });
}

const chain = turnoverChain();
const { genesis } = chain;
const trusted: TrustedBlock = { height: 3, hash: chain.blockAt(3).hash };

function checkOf(proof: FinalityProof, at?: TrustedBlock): string {
  const verdict = verifyFinalityProof(proof, genesis, at);
  return verdict.valid ? 'VALID' : verdict.check;
}

describe('the offline verifier of finality proofs', () => {
  it('accepts every transaction of a chain whose validators turn over completely, twice, and change back', () => {
    for (const { height, transactions } of chain.blocks)
      for (const index of transactions.keys()) {
        const verdict = verifyFinalityProof(proofOf(chain, height, index), genesis);
        assert.ok(verdict.valid, JSON.stringify(verdict));
        assert.equal(verdict.height, height);
        assert.equal(verdict.txId, transactions[index]?.id);
        assert.equal(verdict.status, 'OK');
        assert.equal(verdict.ledger, 'economy');
        assert.equal(verdict.blockHash, chain.blockAt(height).hash);
        assert.equal(verdict.seals, setOf(chain.groupAt(height)).quorum);
        assert.equal(verdict.links, Math.max(0, Math.min(height, 5) - 2));
      }
  });

  it('accepts a proof that starts at a trusted block and refuses it for any other trust', () => {
    const proof = proofOf(chain, 6, 1, trusted.height);
    assert.equal(checkOf(proof, trusted), 'VALID');
    assert.equal(checkOf(proof), 'ANCHOR');
    assert.equal(checkOf(proof, { ...trusted, hash: chain.blockAt(4).hash }), 'ANCHOR');
    assert.equal(checkOf(proof, { ...trusted, height: 4 }), 'ANCHOR');
    assert.equal(checkOf(proof, { ...trusted, hash: 'no hash' }), 'ANCHOR');
    assert.equal(checkOf(proofOf(chain, 6, 1), trusted), 'ANCHOR');
  });

  it('reads back what it wrote, as bytes and as JSON', () => {
    const proof = proofOf(chain, 6, 2);
    assert.deepEqual(
      encodeFinalityProof(decodeFinalityProof(encodeFinalityProof(proof))),
      encodeFinalityProof(proof),
    );
    const json = JSON.parse(JSON.stringify(finalityProofToJson(proof)));
    assert.deepEqual(encodeFinalityProof(finalityProofFromJson(json)), encodeFinalityProof(proof));
    assert.ok(verifyFinalityProofJson(json, genesis).valid);
  });

  for (const [name, proof, at] of [
    ['from genesis', proofOf(chain, 6, 1), undefined],
    ['from a trusted block', proofOf(chain, 6, 1, trusted.height), trusted],
  ] as const) {
    it(`finds every flipped byte of a proof ${name}`, () => {
      const bytes = encodeFinalityProof(proof);
      for (let i = 0; i < bytes.length; i++) {
        const flipped = Uint8Array.from(bytes);
        flipped[i] = (flipped[i] as number) ^ (1 << (i % 8));
        let verdict: ReturnType<typeof verifyFinalityProof>;
        try {
          verdict = verifyFinalityProof(decodeFinalityProof(flipped), genesis, at);
        } catch (error) {
          assert.equal((error as { code?: string }).code, 'MALFORMED_BYTES', `byte ${i}: ${error}`);
          continue;
        }
        assert.ok(!verdict.valid, `byte ${i} of ${bytes.length} is bound by nothing`);
        assert.ok(PROOF_CHECKS.includes((verdict as InvalidProof).check));
      }
    });
  }

  it('finds every changed character of a proof file', () => {
    const text = JSON.stringify(finalityProofToJson(proofOf(chain, 4, 0)));
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.integer({ min: 0x20, max: 0x7e }), (position, code) => {
        const character = String.fromCharCode(code);
        fc.pre(text[position] !== character);
        let json: unknown;
        try {
          json = JSON.parse(text.slice(0, position) + character + text.slice(position + 1));
        } catch {
          return;
        }
        const verdict = verifyFinalityProofJson(json, genesis);
        assert.ok(!verdict.valid, `${JSON.stringify(character)} at ${position}`);
      }),
      { numRuns: 1500 },
    );
  });

  it('never throws for JSON of any shape', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (json) => {
        assert.equal((verifyFinalityProofJson(json, genesis) as InvalidProof).check, 'FORM');
      }),
      { numRuns: 200 },
    );
  });

  it('refuses a second spelling of the same proof', () => {
    const json = JSON.parse(JSON.stringify(finalityProofToJson(proofOf(chain, 3, 0))));
    for (const changed of [
      { ...json, remark: 'hello' },
      { ...json, version: '1' },
      { ...json, transaction: json.transaction.toUpperCase().replace('0X', '0x') },
      { ...json, genesisHash: json.genesisHash.slice(2) },
    ])
      assert.equal((verifyFinalityProofJson(changed, genesis) as InvalidProof).check, 'FORM');
  });

  it('names the check that fails', () => {
    const proof = proofOf(chain, 6, 1);
    const other = proofOf(chain, 6, 2);
    const [first, second] = proof.links as [FinalityProof['links'][0], FinalityProof['links'][0]];
    const cases: [string, FinalityProof][] = [
      ['VERSION', { ...proof, version: 2 }],
      ['GENESIS', { ...proof, genesisHash: '00'.repeat(32) }],
      ['TRANSACTION', { ...proof, transaction: proof.transaction.subarray(1) }],
      ['TX_ID', { ...proof, transaction: other.transaction }],
      ['RECEIPT', { ...proof, receipt: { ...proof.receipt, ledger: 'bpi' } }],
      ['RECEIPT', { ...proof, receipt: { ...proof.receipt, height: 5 } }],
      ['RECEIPT_PATH', { ...proof, receipt: { ...proof.receipt, status: 1 } }],
      ['RECEIPT_PATH', { ...proof, receiptPath: [] }],
      ['RECEIPT_PATH', { ...proof, ledgerPath: [...proof.ledgerPath, '00'.repeat(32)] }],
      ['LINK', { ...proof, links: [second, first, ...proof.links.slice(2)] }],
      ['LINK', { ...proof, links: [first, first, ...proof.links.slice(1)] }],
      ['LINK', { ...proof, links: proof.links.slice(1) }],
      [
        'LINK',
        {
          ...proof,
          links: [{ ...first, validators: [...first.validators].reverse() }, ...proof.links.slice(1)],
        },
      ],
      ['LINK', { ...proof, links: [{ ...first, validators: second.validators }, ...proof.links.slice(1)] }],
      ['LINK', { ...proof, links: [{ ...first, certificate: second.certificate }, ...proof.links.slice(1)] }],
      ['HEADER', { ...proof, links: proof.links.slice(0, 2) }],
      ['HEADER', { ...proof, links: [] }],
      ['CERTIFICATE', { ...proof, certificate: { ...proof.certificate, round: 1 } }],
      ['CERTIFICATE', { ...proof, certificate: chain.blockAt(5).certificate }],
    ];
    for (const [check, changed] of cases) assert.equal(checkOf(changed), check);
  });

  it('refuses a certificate below the quorum, and one by the validators of another time', () => {
    const proof = proofOf(chain, 6, 1);
    const below = certify(
      proof.header,
      chain.genesisHash,
      chain.groupAt(6),
      setOf(chain.groupAt(6)).quorum - 1,
    );
    assert.equal(checkOf({ ...proof, certificate: below }), 'CERTIFICATE');
    const retired = certify(proof.header, chain.genesisHash, FIRST);
    assert.equal(checkOf({ ...proof, certificate: retired }), 'CERTIFICATE');
  });

  it('refuses a link that changes nothing, and one at or above the block', () => {
    const steady = new CertifiedChain([FIRST]);
    for (let height = 1; height <= 3; height++) steady.append([steady.nextTransaction()]);
    const link = (at: number) => ({
      header: steady.blockAt(at).block.header,
      certificate: steady.blockAt(at).certificate,
      validators: [...setOf(FIRST).members],
    });
    const proof = proofOf(steady, 3, 0);
    const verdict = (links: FinalityProof['links']) =>
      verifyFinalityProof({ ...proof, links }, steady.genesis);
    assert.ok(verdict([]).valid);
    assert.equal((verdict([link(1)]) as InvalidProof).check, 'LINK');
    const late = proofOf(chain, 3, 0);
    const above = proofOf(chain, 6, 0).links;
    assert.equal((verifyFinalityProof({ ...late, links: above }, genesis) as InvalidProof).check, 'HEADER');
  });

  it('refuses a transaction that its sender did not sign for this chain, even if validators sealed its receipt', () => {
    const careless = new CertifiedChain([FIRST]);
    const { value } = careless.nextTransaction();
    const forged = { ...value, body: { ...value.body, maxFee: 1n } };
    careless.append([encodeTransaction(forged)]);
    const verdict = verifyFinalityProof(proofOf(careless, 1, 0), careless.genesis);
    assert.equal((verdict as InvalidProof).check, 'SIGNATURE');
  });

  it('refuses validators whom no header names, although they seal a block of their own', () => {
    const attackers = validatorGroup(90, 4);
    const forgery = new CertifiedChain([FIRST, FIRST, attackers]);
    for (let height = 1; height <= 3; height++) forgery.append([forgery.nextTransaction()]);
    const [first] = proofOf(chain, 6, 1).links as [FinalityProof['links'][0]];
    const link = { ...first, validators: [...setOf(attackers).members] };
    const verdict = verifyFinalityProof({ ...proofOf(forgery, 3, 0), links: [link] }, genesis);
    assert.equal((verdict as InvalidProof).check, 'LINK');
    const anchored = {
      ...proofOf(forgery, 3, 0, 2),
      anchor: [{ header: chain.blockAt(2).block.header, validators: link.validators }],
    };
    const trust = { height: 2, hash: chain.blockAt(2).hash };
    assert.equal((verifyFinalityProof(anchored, genesis, trust) as InvalidProof).check, 'ANCHOR');
  });

  it('refuses a walk that goes back in height, although its sets fit together', () => {
    const swinging = new CertifiedChain([FIRST, FIRST, SECOND, FIRST]);
    for (let height = 1; height <= 4; height++) swinging.append([swinging.nextTransaction()]);
    const [there, back] = proofOf(swinging, 4, 0).links as [
      FinalityProof['links'][0],
      FinalityProof['links'][0],
    ];
    const verdict = verifyFinalityProof(
      { ...proofOf(swinging, 3, 0), links: [there, back, there] },
      swinging.genesis,
    );
    assert.equal((verdict as InvalidProof).check, 'LINK');
  });

  it('refuses a proof of another chain with the same validators', () => {
    const proof = proofOf(chain, 2, 0);
    const verdict = verifyFinalityProof(proof, { ...genesis, salt: '08'.repeat(16) });
    assert.equal((verdict as InvalidProof).check, 'GENESIS');
  });
});
