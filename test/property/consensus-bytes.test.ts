import assert from 'node:assert/strict';
import fc from 'fast-check';
import { certificateOf } from '../../src/consensus/commit-certificate.ts';
import type { UnsignedMessage } from '../../src/consensus/contract.ts';
import { makeBlock } from '../../src/sim/blocks.ts';
import { Ed25519Scheme, Signatures } from '../../src/sim/signatures.ts';
import { GENESIS } from '../../src/sim/world.ts';
import type { ProposalMessage, SignedVote } from '../../src/types/consensus-message.ts';
import {
  type ConsensusMessage,
  decodeConsensusMessage,
  encodeConsensusMessage,
  NOT_PREPARED,
  type RoundChangeMessage,
  ZERO_HASH,
} from '../../src/types/consensus-message.ts';
import { type Validator, ValidatorSet } from '../../src/types/validator.ts';
import { errorCode } from '../../src/util/errors.ts';

/** Four validators with real keys, and one honest message of every kind. */
function honestMessages() {
  const scheme = new Ed25519Scheme(GENESIS.hash);
  const signatures = new Signatures(GENESIS.hash, scheme);
  const set = new ValidatorSet(
    [0, 1, 2, 3].map((index) => {
      const consensusKey = scheme.publicKeyOf(`key ${index}`);
      return { id: scheme.publicKeyOf(`id ${index}`), consensusKey, vrfKey: consensusKey };
    }),
  );
  const [a, b, c] = set.members as [Validator, Validator, Validator];
  const block = makeBlock({
    parent: GENESIS,
    proposer: a.id,
    timeMs: GENESIS.timeMs + 1000,
    validators: set,
  });
  const place = { height: 1, round: 0, blockHash: block.hash };
  const sign = <M extends ConsensusMessage>(message: UnsignedMessage, by: Validator) =>
    signatures.sign(message, by) as M;
  const prepares: SignedVote[] = [a, b, c].map((by) => {
    const message = sign({ kind: 'prepare', ...place, block }, by);
    return (message as Extract<ConsensusMessage, { kind: 'prepare' }>).prepare;
  });
  const commits = [a, b, c].map((by) => {
    const message = sign({ kind: 'commit', ...place, prepares: [] }, by);
    return message as Extract<ConsensusMessage, { kind: 'commit' }>;
  });
  const claim = { preparedRound: 0, preparedHash: block.hash, prepares };
  const none = { preparedRound: NOT_PREPARED, preparedHash: ZERO_HASH, prepares: [] };
  const roundChanges = [a, b, c].map((by, index) =>
    sign<RoundChangeMessage>(
      { kind: 'round-change', height: 1, round: 1, ...(index === 0 ? claim : none) },
      by,
    ),
  );
  const messages: ConsensusMessage[] = [
    sign({ kind: 'proposal', height: 1, round: 0, block, roundChanges: [], prepares: [] }, a),
    sign<ProposalMessage>(
      {
        kind: 'proposal',
        height: 1,
        round: 1,
        block,
        roundChanges: roundChanges.map((message) => message.roundChange),
        prepares,
      },
      b,
    ),
    { kind: 'prepare', prepare: prepares[0] as SignedVote },
    commits[0] as ConsensusMessage,
    ...roundChanges,
    {
      kind: 'decided',
      block: block.proposal,
      certificate: certificateOf(
        commits.map(({ commit }) => commit),
        set,
      ),
    },
  ];
  return { set, messages, bytes: messages.map(encodeConsensusMessage) };
}

/** What a node makes of bytes: refused as such, refused for a signature, or passed on to the core. */
function fateOf(bytes: Uint8Array, set: ValidatorSet): 'malformed' | 'refused' | 'accepted' {
  let message: ConsensusMessage;
  try {
    message = decodeConsensusMessage(bytes);
  } catch (error) {
    assert.equal(errorCode(error), 'MALFORMED_BYTES');
    return 'malformed';
  }
  const signatures = new Signatures(GENESIS.hash, new Ed25519Scheme(GENESIS.hash));
  return signatures.faultOf(message, set) === undefined ? 'accepted' : 'refused';
}

describe('Consensus messages as bytes', () => {
  const { set, messages, bytes } = honestMessages();

  it('of honest validators are accepted', () => {
    for (const original of bytes) assert.equal(fateOf(original, set), 'accepted');
  });

  it('J01 that are empty, cut off, too long, or of an unknown kind are malformed, whatever was cut', () => {
    assert.equal(fateOf(new Uint8Array(0), set), 'malformed');
    assert.equal(fateOf(new Uint8Array(10 * 1024 * 1024), set), 'malformed');
    for (const original of bytes) {
      for (let length = 0; length < original.length; length += 7)
        assert.equal(fateOf(original.subarray(0, length), set), 'malformed');
      assert.notEqual(fateOf(Uint8Array.of(...original, 0), set), 'accepted');
      for (let kind = messages.length; kind < 256; kind++)
        assert.equal(fateOf(Uint8Array.of(kind, ...original.subarray(1)), set), 'malformed');
    }
  });

  it('I03 of one kind that claim to be of another are never accepted', () => {
    for (const original of bytes)
      for (let kind = 0; kind < 5; kind++)
        if (kind !== original[0])
          assert.notEqual(fateOf(Uint8Array.of(kind, ...original.subarray(1)), set), 'accepted');
  });

  it('J09 J10 with any byte changed are never accepted as signed by anybody, and never throw', () => {
    // The block of a proposal is covered by the hash that is signed, which the core compares; all else by signatures.
    const isBlock = (message: ConsensusMessage, changed: Uint8Array) => {
      if (message.kind !== 'proposal') return false;
      const decoded = decodeConsensusMessage(changed) as typeof message;
      const without = (whole: typeof message) => encodeConsensusMessage({ ...whole, block: message.block });
      return Buffer.compare(without(decoded), without(message)) === 0;
    };
    fc.assert(
      fc.property(
        fc.nat(bytes.length - 1),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (which, position, difference) => {
          const changed = Uint8Array.from(bytes[which] as Uint8Array);
          const at = position % changed.length;
          changed[at] = (changed[at] as number) ^ difference;
          if (fateOf(changed, set) === 'accepted')
            assert.ok(isBlock(messages[which] as ConsensusMessage, changed));
        },
      ),
      { numRuns: 4000 },
    );
  });
});
