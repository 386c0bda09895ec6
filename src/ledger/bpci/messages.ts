import { ContainerType } from '@chainsafe/ssz';
import { verifySignature } from '../../crypto/ed25519.ts';
import { BPCI } from '../../types/operations/bpci.ts';
import { type NodeMsg, nodeMessageSigningBytes } from '../../types/operations/bpci-records.ts';
import { Hash32, Key32 } from '../../types/ssz-bytes.ts';
import { SafeU64, U64 } from '../../types/ssz-numbers.ts';
import type { OperationContext } from '../seam.ts';
import { Table } from '../state/table.ts';
import { failure } from './failure.ts';

const ChannelType = new ContainerType({
  /** Of the last message. */
  nonce: U64,
  destination: Key32,
  frameHash: Hash32,
  atMs: SafeU64,
  messages: SafeU64,
});
/** channel/<source>/<service>; nonces begin above 0. */
export const channels = new Table('channel', ChannelType);

/** Cheap refusals come before the signature is verified. */
export function executeNodeMsg(message: NodeMsg, context: OperationContext): void {
  const { own, sender, timeMs, genesisHash } = context;
  const { signature, ...header } = message;
  const { source, destination, service, nonce, frameHash } = header;
  if (source === destination) throw failure('MESSAGE_TO_ITSELF', 'a node does not write to itself');
  const before = channels.get(own, source, service);
  if (nonce <= (before?.nonce ?? 0n))
    throw failure('MESSAGE_NONCE_NOT_HIGHER', `the last nonce of the channel is ${before?.nonce ?? 0n}`);
  if (!verifySignature(source, nodeMessageSigningBytes(genesisHash, header), signature))
    throw failure('MESSAGE_SIGNATURE_WRONG', 'the source did not sign the message');
  const messages = (before?.messages ?? 0) + 1;
  channels.set(own, { nonce, destination, frameHash, atMs: timeMs, messages }, source, service);
  context.emit(BPCI.events.MessageRecorded, { ...header, carrier: sender, messages });
}
