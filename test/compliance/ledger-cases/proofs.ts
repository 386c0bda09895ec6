import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { sha256 } from '../../../src/crypto/hash.ts';
import type { LedgerName } from '../../../src/types/names.ts';
import { decode, encode } from '../../../src/types/ssz.ts';
import { toHex } from '../../../src/util/bytes.ts';
import { ProofBlock } from '../../support/compliance/proof-block.ts';
import { mutationsOf } from '../../support/compliance/proof-mutations.ts';
import {
  FIXTURES,
  failures,
  fullSection,
  otherLedger,
  preparedChain,
  successes,
  transactionsOf,
} from '../../support/compliance/world.ts';

const GOLDEN_FILE = new URL('../ledgers-golden.json', import.meta.url);

/** The proof of a section says what was executed and nothing else, in bytes that do not change unnoticed. */
export function proofCases(ledger: LedgerName): void {
  const fixture = FIXTURES[ledger];
  describe('proof', () => {
    it('is refused with any field changed, though section, roots and header are signed and made again', () => {
      const chain = preparedChain();
      const plans = [...successes(chain, ledger), ...failures(chain, ledger)];
      const block = new ProofBlock(chain, transactionsOf(chain, ledger, plans));
      const { txCount, proof } = block.section(ledger);
      assert.equal(txCount, plans.length);
      assert.equal(block.formFault(block.complete), undefined);
      assert.equal(block.executionFault(block.complete), undefined);
      const value = decode(fixture.proof, proof, 'proof');
      const mutations = mutationsOf(fixture.proof, value);
      const names = Object.keys((fixture.proof as unknown as { fields: object }).fields);
      assert.deepEqual([...new Set(mutations.map(({ path }) => path.split('.')[0]))], names);
      for (const mutation of mutations) {
        const changed = encode(fixture.proof, mutation.value);
        const forged = block.remake({ sections: { [ledger]: { proof: changed } } });
        assert.equal(block.formFault(forged), undefined, mutation.path);
        assert.equal(block.executionFault(forged), 'BAD_PROOF', mutation.path);
      }
    });

    it('is refused with any byte flipped, though section, roots and header are signed and made again', () => {
      const chain = preparedChain();
      const block = new ProofBlock(
        chain,
        transactionsOf(chain, ledger, successes(chain, ledger).slice(0, 1)),
      );
      const { proof } = block.section(ledger);
      assert.ok(proof.length > 0);
      for (const at of proof.keys()) {
        const forged = block.remake({ sections: { [ledger]: { proof: flipped(proof, at) } } });
        // The form does not look into the proof: it costs most of the time, and is the same for every byte.
        if (at === 0) assert.equal(block.formFault(forged), undefined);
        assert.equal(block.executionFault(forged), 'BAD_PROOF', `byte ${at}`);
      }
    });

    it('does not fit another ledger, and cannot be left out', () => {
      const chain = preparedChain();
      const names = [ledger, otherLedger(ledger)];
      const block = new ProofBlock(
        chain,
        names.flatMap((name) => fullSection(chain, name)),
      );
      const swapped = block.section(otherLedger(ledger)).proof;
      for (const proof of [swapped, new Uint8Array(0)]) {
        const forged = block.remake({ sections: { [ledger]: { proof } } });
        assert.equal(block.formFault(forged), undefined);
        assert.equal(block.executionFault(forged), 'BAD_PROOF');
      }
    });
  });

  /** UPDATE_GOLDEN=1 writes what the ledger gives now: for a change of the format that is meant. */
  it('gives the same bytes as ever for the same block', () => {
    const chain = preparedChain();
    const plans = [...successes(chain, ledger), ...failures(chain, ledger)];
    const block = new ProofBlock(chain, transactionsOf(chain, ledger, plans));
    const { parent: _parent, miner: _miner, proof, ...roots } = block.section(ledger);
    const { stateRoot, receiptsRoot } = block.complete.block.header;
    const found = { ...roots, proof: toHex(sha256(proof)), stateRoot, receiptsRoot };
    const golden: Record<string, unknown> = JSON.parse(readFileSync(GOLDEN_FILE, 'utf8'));
    if (process.env.UPDATE_GOLDEN === '1') {
      golden[ledger] = found;
      writeFileSync(GOLDEN_FILE, `${JSON.stringify(golden, undefined, 2)}\n`);
    }
    assert.deepEqual(found, golden[ledger]);
  });
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  return bytes.with(at, (bytes[at] as number) ^ (1 << (at % 8)));
}
