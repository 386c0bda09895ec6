import type { DropReason, OwnMessage, UnsignedMessage } from '../consensus/contract.ts';
import { signedParts } from '../consensus/signed-parts.ts';
import { sha256 } from '../crypto/hash.ts';
import { voteSigningBytes } from '../types/certificate.ts';
import { type ConsensusMessage, roundChangeSigningBytes } from '../types/consensus-message.ts';
import type { Validator, ValidatorSet } from '../types/validator.ts';
import { concatBytes, fromHex, toHex } from '../util/bytes.ts';

/**
 * Signatures of the simulator: tokens of 64 bytes that only `mint` brings into being. A token that was never minted
 * for exactly this key and these bytes does not verify, so forging is impossible by construction, and a run costs no
 * elliptic curves. The messages, the bytes they sign and the places where signatures are checked are the real ones.
 */
export class SignatureTokens {
  readonly genesisHash: string;
  readonly #minted = new Set<string>();
  readonly #checked = new WeakMap<
    ConsensusMessage,
    { validators: ValidatorSet; fault: MessageFault | undefined }
  >();

  constructor(genesisHash: string) {
    this.genesisHash = genesisHash;
  }

  mint(publicKey: string, bytes: Uint8Array): string {
    const token = tokenFor(publicKey, bytes);
    this.#minted.add(token);
    return token;
  }

  verify(publicKey: string, bytes: Uint8Array, signature: string): boolean {
    return this.#minted.has(signature) && tokenFor(publicKey, bytes) === signature;
  }

  /** The host's check of a whole message, nested signatures included. The result is kept per message object. */
  faultOf(message: ConsensusMessage, validators: ValidatorSet): MessageFault | undefined {
    const known = this.#checked.get(message);
    if (known?.validators === validators) return known.fault;
    const fault = this.#check(message, validators);
    this.#checked.set(message, { validators, fault });
    return fault;
  }

  #check(message: ConsensusMessage, validators: ValidatorSet): MessageFault | undefined {
    const parts = signedParts(message, this.genesisHash, validators);
    if ('fault' in parts) return parts.fault;
    const isSigned = parts.every((part) => this.verify(part.publicKey, part.bytes, part.signature));
    return isSigned ? undefined : 'BAD_SIGNATURE';
  }

  /** What a host does with `sign-and-broadcast`: the same tags and bytes, a token for a signature. */
  sign(message: UnsignedMessage, signer: Validator): OwnMessage {
    const mint = (bytes: Uint8Array) => this.mint(signer.consensusKey, bytes);
    const { height, round } = message;
    if (message.kind === 'round-change') {
      const { preparedRound, preparedHash, prepares } = message;
      const body = { height, round, preparedRound, preparedHash };
      const signature = mint(roundChangeSigningBytes(this.genesisHash, body));
      return { kind: 'round-change', roundChange: { body, signer: signer.id, signature }, prepares };
    }
    const blockHash = message.kind === 'proposal' ? message.block.hash : message.blockHash;
    const body = { height, round, blockHash };
    const tag = message.kind === 'commit' ? 'seal' : message.kind;
    const vote = { body, signer: signer.id, signature: mint(voteSigningBytes(tag, this.genesisHash, body)) };
    if (message.kind === 'prepare') return { kind: 'prepare', prepare: vote };
    if (message.kind === 'commit') return { kind: 'commit', commit: vote };
    const { block, roundChanges, prepares } = message;
    return { kind: 'proposal', proposal: vote, block: block.proposal, roundChanges, prepares };
  }
}

export type MessageFault = DropReason | 'BAD_SIGNATURE';

function tokenFor(publicKey: string, bytes: Uint8Array): string {
  const digest = toHex(sha256(concatBytes(fromHex(publicKey), bytes)));
  return digest + digest;
}
