import type { DropReason, OwnMessage, UnsignedMessage } from '../consensus/contract.ts';
import { contentBytes, type SignedContent, signedParts } from '../consensus/signed-parts.ts';
import { type KeyPair, keyPairFromSeed, verifySignature } from '../crypto/ed25519.ts';
import { sha256, sha256Hex } from '../crypto/hash.ts';
import type { ConsensusMessage } from '../types/consensus-message.ts';
import type { Validator, ValidatorSet } from '../types/validator.ts';
import { utf8 } from '../util/bytes.ts';

/** How simulated validators sign: with tokens, or in a small share of the runs with the real thing. */
export interface SignatureScheme {
  /** The public key of the validator that goes by `name`. */
  publicKeyOf(name: string): string;
  sign(publicKey: string, content: SignedContent): string;
  verify(publicKey: string, content: SignedContent, signature: string): boolean;
}

export type MessageFault = DropReason | 'BAD_SIGNATURE';

/** What hosts do with signatures: they sign what the core wants signed, and check whole messages before the core. */
export class Signatures {
  readonly genesisHash: string;
  readonly scheme: SignatureScheme;
  readonly #checked = new WeakMap<
    ConsensusMessage,
    { validators: ValidatorSet; fault: MessageFault | undefined }
  >();

  constructor(genesisHash: string, scheme: SignatureScheme = new TokenScheme()) {
    this.genesisHash = genesisHash;
    this.scheme = scheme;
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
    for (const { publicKey, content, signature } of parts)
      if (!this.scheme.verify(publicKey, content, signature)) return 'BAD_SIGNATURE';
    return undefined;
  }

  /** What a host does with `sign-and-broadcast`. */
  sign(message: UnsignedMessage, signer: Validator): OwnMessage {
    const { height, round } = message;
    if (message.kind === 'round-change') {
      const { preparedRound, preparedHash, prepares } = message;
      const body = { height, round, preparedRound, preparedHash };
      const signature = this.scheme.sign(signer.consensusKey, { tag: 'round-change', body });
      return { kind: 'round-change', roundChange: { body, signer: signer.id, signature }, prepares };
    }
    const blockHash = message.kind === 'proposal' ? message.block.hash : message.blockHash;
    const body = { height, round, blockHash };
    const tag = message.kind === 'commit' ? 'seal' : message.kind;
    const signature = this.scheme.sign(signer.consensusKey, { tag, body });
    const vote = { body, signer: signer.id, signature };
    if (message.kind === 'prepare') return { kind: 'prepare', prepare: vote };
    if (message.kind === 'commit') return { kind: 'commit', commit: vote };
    const { block, roundChanges, prepares } = message;
    return { kind: 'proposal', proposal: vote, block: block.proposal, roundChanges, prepares };
  }
}

/**
 * Tokens that only `sign` brings into being. One that was not made for exactly this key and content does not verify,
 * so forging is impossible by construction, and a run costs neither elliptic curves nor encodings. The messages and
 * the places where signatures are checked are the real ones.
 */
export class TokenScheme implements SignatureScheme {
  readonly #made = new Map<string, { publicKey: string; content: SignedContent }>();

  publicKeyOf(name: string): string {
    return sha256Hex(utf8(`token key of ${name}`));
  }

  sign(publicKey: string, content: SignedContent): string {
    const token = (this.#made.size + 1).toString(16).padStart(128, '0');
    this.#made.set(token, { publicKey, content });
    return token;
  }

  verify(publicKey: string, content: SignedContent, signature: string): boolean {
    const made = this.#made.get(signature);
    return made !== undefined && made.publicKey === publicKey && isSameContent(made.content, content);
  }
}

function isSameContent(a: SignedContent, b: SignedContent): boolean {
  if (a.tag === 'round-change')
    return (
      b.tag === 'round-change' &&
      a.body.height === b.body.height &&
      a.body.round === b.body.round &&
      a.body.preparedRound === b.body.preparedRound &&
      a.body.preparedHash === b.body.preparedHash
    );
  return (
    b.tag === a.tag &&
    a.body.height === b.body.height &&
    a.body.round === b.body.round &&
    a.body.blockHash === b.body.blockHash
  );
}

/** Ed25519 over the bytes that nodes sign. */
export class Ed25519Scheme implements SignatureScheme {
  readonly #genesisHash: string;
  readonly #keys = new Map<string, KeyPair>();

  constructor(genesisHash: string) {
    this.#genesisHash = genesisHash;
  }

  publicKeyOf(name: string): string {
    const key = keyPairFromSeed(sha256(utf8(`ed25519 key of ${name}`)));
    this.#keys.set(key.publicKey, key);
    return key.publicKey;
  }

  sign(publicKey: string, content: SignedContent): string {
    const key = this.#keys.get(publicKey);
    if (key === undefined) throw new RangeError(`no simulated validator has the key ${publicKey}`);
    return key.sign(contentBytes(content, this.#genesisHash));
  }

  verify(publicKey: string, content: SignedContent, signature: string): boolean {
    return verifySignature(publicKey, contentBytes(content, this.#genesisHash), signature);
  }
}
