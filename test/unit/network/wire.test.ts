import assert from 'node:assert/strict';
import { LengthPrefixedDecoder } from '@libp2p/utils';
import fc from 'fast-check';
import { gossipTopic } from '../../../src/network/gossip.ts';
import { prefixLength } from '../../../src/network/length-prefix.ts';
import {
  AnswerHeaderType,
  BlockRequestType,
  BlocksRequestType,
  CertifiedBlockBytesType,
  FrameType,
  GossipEnvelopeType,
  PeersAnswerType,
  PeersRequestType,
  StatusType,
  StatusVerdictType,
  TOPICS,
  TransactionsRequestType,
} from '../../../src/types/network.ts';
import { decode, encode } from '../../../src/types/ssz.ts';
import { errorCode } from '../../../src/util/errors.ts';

const SCHEMAS = [
  StatusType,
  StatusVerdictType,
  FrameType,
  GossipEnvelopeType,
  PeersRequestType,
  PeersAnswerType,
  TransactionsRequestType,
  BlockRequestType,
  BlocksRequestType,
  AnswerHeaderType,
  CertifiedBlockBytesType,
];

describe('What travels between nodes', () => {
  it('decodes from random bytes to something that encodes to the same bytes, or is MALFORMED_BYTES', () => {
    const schema = fc.constantFrom(...SCHEMAS) as fc.Arbitrary<typeof StatusType>;
    fc.assert(
      fc.property(schema, fc.uint8Array({ maxLength: 400 }), (type, bytes) => {
        try {
          assert.deepEqual(encode(type, decode(type, bytes, 'message')), bytes);
        } catch (error) {
          assert.equal(errorCode(error), 'MALFORMED_BYTES');
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('keeps frames as they were, whatever is in them', () => {
    const message = fc.record(
      {
        topic: fc.constantFrom(...TOPICS),
        counter: fc.nat(0xffff_ffff),
        content: fc.uint8Array({ maxLength: 300 }),
      },
      { noNullPrototype: true },
    );
    const frame = fc.record(
      {
        sequence: fc.maxSafeNat(),
        acknowledged: fc.maxSafeNat(),
        messages: fc.array(message, { maxLength: 10 }),
      },
      { noNullPrototype: true },
    );
    fc.assert(
      fc.property(frame, (value) => {
        assert.deepEqual(decode(FrameType, encode(FrameType, value), 'frame'), value);
      }),
    );
  });

  it('is prefixed with lengths that libp2p reads back, cut anywhere', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 400 })),
        fc.integer({ min: 1, max: 97 }),
        (parts, cut) => {
          const bytes = Buffer.concat(parts.map(prefixLength));
          const decoder = new LengthPrefixedDecoder();
          const out: number[][] = [];
          for (let at = 0; at < bytes.length; at += cut)
            for (const part of decoder.decode(bytes.subarray(at, at + cut))) out.push([...part.subarray()]);
          assert.deepEqual(
            out,
            parts.map((part) => [...part]),
          );
        },
      ),
    );
  });

  it('has a gossip topic per chain and subject', () => {
    assert.equal(gossipTopic('0123456789abcdef'.repeat(4), 'vote'), '/metanode/01234567/vote/1');
  });
});
