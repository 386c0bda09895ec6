import { generateKeyPair, verifySignature } from '../../../src/crypto/ed25519.ts';
import { hashOf, sha256 } from '../../../src/crypto/hash.ts';
import { merkleRoot } from '../../../src/crypto/merkle.ts';
import { vrfKeyPairFromSeed } from '../../../src/crypto/vrf.ts';
import { decodeTransaction, encodeTransaction } from '../../../src/types/transaction.ts';
import { utf8 } from '../../../src/util/bytes.ts';
import { deriveSenders } from '../../../testnet/identities.ts';
import { CHAIN_SEED } from '../bench-chain.ts';
import type { Metrics } from '../context.ts';
import { signTransfers } from '../load/transfers.ts';
import { cpuMicrosOf } from './cpu-time.ts';

const ROUND_MS = 40;
const LEAVES = 1_024;
const CHAIN = { chainId: 1, genesisHash: '00'.repeat(32) };

/** Microseconds of processor time of what a transaction meets on its way: signature, hashes, bytes. */
export function measurePrimitives(): Metrics {
  const keys = generateKeyPair();
  const transfer = (operations: number) => {
    const [transaction] = signTransfers(CHAIN, {
      senders: deriveSenders(CHAIN_SEED, 1),
      count: 1,
      operations,
      validUntilMs: 1,
    });
    if (transaction === undefined) throw new Error('nothing was signed');
    return transaction;
  };
  const single = transfer(1);
  const batch = transfer(100);
  const signature = keys.sign(single.bytes);
  const vrf = vrfKeyPairFromSeed(keys.seed);
  const leaves = Array.from({ length: LEAVES }, (_, index) => sha256(utf8(String(index))));
  return {
    transactionBytes: single.bytes.length,
    batchBytes: batch.bytes.length,
    signMicros: cpuMicrosOf(ROUND_MS, () => keys.sign(single.bytes)),
    verifyMicros: cpuMicrosOf(ROUND_MS, () => verifySignature(keys.publicKey, single.bytes, signature)),
    vrfProveMicros: cpuMicrosOf(ROUND_MS, () => vrf.prove(single.bytes)),
    hashMicros: cpuMicrosOf(ROUND_MS, () => hashOf('transaction', single.bytes)),
    merkleMicrosPerLeaf: cpuMicrosOf(ROUND_MS, () => merkleRoot(leaves)) / LEAVES,
    encodeMicros: cpuMicrosOf(ROUND_MS, () => encodeTransaction(single.value)),
    decodeMicros: cpuMicrosOf(ROUND_MS, () => decodeTransaction(single.bytes)),
    decodeBatchMicrosPerOperation: cpuMicrosOf(ROUND_MS, () => decodeTransaction(batch.bytes)) / 100,
  };
}
