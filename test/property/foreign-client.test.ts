import assert from 'node:assert/strict';
import fc from 'fast-check';
import { clients } from '../../src/ledger/bpci/clients.ts';
import { hashHeader } from '../../src/types/block.ts';
import type { LightBlock } from '../../src/types/light-block.ts';
import { BPCI } from '../../src/types/operations/bpci.ts';
import { clientId } from '../../src/types/operations/bpci-clients.ts';
import { encodeOperation } from '../../src/types/operations/catalog.ts';
import { certify, setOf, validatorGroup } from '../support/certified-chain.ts';
import { ForeignChain } from '../support/foreign-chain.ts';
import { actor, LedgerChain, testGenesis } from '../support/ledger-chain.ts';

const BLOCKS = 12;
const GROUPS = [validatorGroup(40, 4), validatorGroup(50, 3), validatorGroup(60, 1)];
/** Never in office. A quorum that once was may lie as long as the trusting period lasts: a light client relies on it. */
const STRANGERS = validatorGroup(70, 4);
const alice = actor('alice');

/** What somebody presents for a height: the block of the chain, or something that only looks like it. */
const KINDS = ['true', 'other-content', 'other-sealers', 'seal-missing', 'other-set-named'] as const;
type Kind = (typeof KINDS)[number];

function present(foreign: ForeignChain, height: number, kind: Kind): LightBlock {
  const block = foreign.lightBlock(height);
  const group = foreign.chain.groupAt(height);
  switch (kind) {
    case 'true':
      return block;
    case 'other-content':
      return { ...block, header: { ...block.header, receiptsRoot: 'dd'.repeat(32) } };
    case 'other-sealers': {
      const certificate = certify(block.header, foreign.genesisHash, STRANGERS);
      return { ...block, certificate: { ...certificate, signers: block.certificate.signers } };
    }
    case 'seal-missing':
      return foreign.variant(height, {}, setOf(group).quorum - 1);
    case 'other-set-named': {
      const header = { ...block.header, validatorsHash: setOf(STRANGERS).hash };
      const certificate = certify(header, foreign.genesisHash, STRANGERS);
      return { header, certificate, validators: [...setOf(STRANGERS).members] };
    }
  }
}

describe('a client of another chain', () => {
  it('takes exactly the blocks of that chain that its last header leads to, in whatever order they are presented', () => {
    const attempt = fc.record({
      height: fc.integer({ min: 1, max: BLOCKS }),
      kind: fc.constantFrom(...KINDS),
    });
    const terms = fc.array(fc.nat(GROUPS.length - 1), { minLength: BLOCKS + 1, maxLength: BLOCKS + 1 });
    fc.assert(
      fc.property(terms, fc.array(attempt, { maxLength: 20 }), (groups, attempts) => {
        const foreign = new ForeignChain(
          groups.map((group) => GROUPS[group] as (typeof GROUPS)[number]),
          BLOCKS,
        );
        const chain = new LedgerChain(testGenesis({ validators: [actor('v0')], accounts: [alice] }));
        const { genesisHash } = foreign;
        const first = foreign.lightBlock(1);
        const create = { genesisHash, trustingPeriodMs: 3_600_000, block: first };
        assert.equal(
          chain.run(alice, 'bpci', [encodeOperation(BPCI.operations.ClientCreate, create)]).status,
          0,
        );
        const blockHash = hashHeader(first.header);
        const id = clientId({ creator: alice.address, nonce: 0n, operation: 0, genesisHash, blockHash });
        let latest = 1;
        for (const { height, kind } of attempts) {
          const value = { client: id, block: present(foreign, height, kind) };
          const operation = encodeOperation(BPCI.operations.ClientUpdate, value);
          const taken = chain.run(alice, 'bpci', [operation]).status === 0;
          const leads = groups[height - 1] === groups[latest];
          assert.equal(
            taken,
            kind === 'true' && height > latest && leads,
            `${kind} ${height} after ${latest}`,
          );
          if (taken) latest = height;
        }
        const heights = clients.get(chain.state.reader('bpci'), id)?.heights;
        assert.equal(heights?.at(-1)?.height, latest);
      }),
      { numRuns: 30 },
    );
  });
});
