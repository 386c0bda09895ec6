import type { OwnMessage, UnsignedMessage } from '../consensus/contract.ts';
import type { KeyPair } from '../crypto/ed25519.ts';
import type { VoteJournal } from '../storage/vote-journal.ts';
import { voteSigningBytes } from '../types/certificate.ts';
import {
  decodeConsensusMessage,
  encodeConsensusMessage,
  roundChangeSigningBytes,
  type SignedVote,
} from '../types/consensus-message.ts';
import type { JournalRecord } from '../types/journal.ts';
import { LEDGERS } from '../types/names.ts';
import {
  decodeSectionMessage,
  encodeSectionMessage,
  hashSection,
  type Section,
  type SectionMessage,
  sectionSigningBytes,
} from '../types/section.ts';
import type { Address, Hash } from '../types/ssz-bytes.ts';
import { NodeError } from '../util/errors.ts';
import type { ValidatorKeys } from './validator-keys.ts';

export type VoteSignerErrorCode = 'CONTRADICTING_VOTE';

/**
 * Turns the core's unsigned messages into signed ones that are durable in the vote journal: sign, append, fsync;
 * only then may the bytes leave. A last guard, independent of the core, refuses to sign two different contents for
 * one (height, round, step).
 */
export class VoteSigner {
  readonly #keys: ValidatorKeys;
  readonly #genesisHash: Hash;
  readonly #journal: VoteJournal;
  /** (step, round) of `#height` → what was signed. */
  readonly #signed = new Map<string, string>();
  #height = 0;

  constructor(keys: ValidatorKeys, genesisHash: Hash, journal: VoteJournal) {
    this.#keys = keys;
    this.#genesisHash = genesisHash;
    this.#journal = journal;
  }

  get id(): Address {
    return this.#keys.id;
  }

  /** What the journal holds of a height; from here on the guard knows it too. */
  restore(height: number): { records: JournalRecord[]; maySign: boolean } {
    const records = this.#journal.recordsOf(height);
    for (const record of records)
      this.#guard(record.step, record.height, record.round, contentOfRecord(record));
    return { records, maySign: this.#journal.maySign(height) };
  }

  /** The heights up to this one are decided: nothing about them is signed any more. */
  closeUpTo(height: number): Promise<void> {
    return this.#journal.dropUpTo(height);
  }

  maySign(height: number): boolean {
    return this.#journal.maySign(height);
  }

  /**
   * Signs and journals. `blockBytes` is the complete block of a Proposal or a Prepare.
   * @throws NodeError CONTRADICTING_VOTE, that of the keys, or the journal's error when it cannot be written
   */
  async sign(
    message: UnsignedMessage,
    blockBytes: Uint8Array | undefined,
  ): Promise<{ message: OwnMessage; bytes: Uint8Array }> {
    const { consensusKey } = await this.#keys.at(message.height);
    // From here to the journal nothing waits: what the guard has let pass is what is journalled next.
    this.#guard(message.kind, message.height, message.round, contentOf(message));
    const signed = this.#signMessage(message, consensusKey);
    const bytes = encodeConsensusMessage(signed);
    await this.#journal.append({
      step: message.kind,
      height: message.height,
      round: message.round,
      blockHash: blockHashOf(message),
      message: bytes,
      block: blockBytes ?? new Uint8Array(0),
      preparedCertificate: message.kind === 'commit' ? message.prepares : [],
    });
    return { message: signed, bytes };
  }

  /**
   * Signs and journals the section of an elected miner; `transactionIds` are those of its `txRoot`.
   * @throws NodeError CONTRADICTING_VOTE, that of the keys, or the journal's error when it cannot be written
   */
  async signSection(
    section: Section,
    transactionIds: readonly Hash[],
  ): Promise<{ message: SectionMessage; bytes: Uint8Array }> {
    const { height } = section;
    const round = LEDGERS.indexOf(section.ledger);
    const blockHash = hashSection(section);
    const { consensusKey } = await this.#keys.at(height);
    this.#guard('section', height, round, blockHash);
    const signature = consensusKey.sign(sectionSigningBytes(this.#genesisHash, section));
    const message = { signed: { section, signature }, transactionIds: [...transactionIds] };
    const bytes = encodeSectionMessage(message);
    await this.#journal.append({
      step: 'section',
      height,
      round,
      blockHash,
      message: bytes,
      block: new Uint8Array(0),
      preparedCertificate: [],
    });
    return { message, bytes };
  }

  /** The own sections of a height that an earlier life of this node has signed, and may have sent. */
  signedSections(height: number): SectionMessage[] {
    return this.#journal
      .recordsOf(height)
      .filter(({ step }) => step === 'section')
      .map(({ message }) => decodeSectionMessage(message));
  }

  #guard(step: string, height: number, round: number, content: string): void {
    if (height > this.#height) {
      this.#height = height;
      this.#signed.clear();
    }
    const slot = `${step}/${round}`;
    const before = this.#signed.get(slot);
    if (height < this.#height || (before !== undefined && before !== content))
      throw new NodeError<VoteSignerErrorCode>(
        'CONTRADICTING_VOTE',
        `refused to sign a second ${step} for height ${height}, round ${round}`,
        { data: { height, round, step } },
      );
    this.#signed.set(slot, content);
  }

  #signMessage(message: UnsignedMessage, key: KeyPair): OwnMessage {
    switch (message.kind) {
      case 'proposal':
        return {
          kind: 'proposal',
          proposal: this.#vote(key, 'proposal', message.height, message.round, message.block.hash),
          block: message.block.proposal,
          roundChanges: message.roundChanges,
          prepares: message.prepares,
        };
      case 'prepare':
        return {
          kind: 'prepare',
          prepare: this.#vote(key, 'prepare', message.height, message.round, message.blockHash),
        };
      case 'commit':
        return {
          kind: 'commit',
          commit: this.#vote(key, 'seal', message.height, message.round, message.blockHash),
        };
      case 'round-change': {
        const { height, round, preparedRound, preparedHash } = message;
        const body = { height, round, preparedRound, preparedHash };
        const signature = key.sign(roundChangeSigningBytes(this.#genesisHash, body));
        return {
          kind: 'round-change',
          roundChange: { body, signer: this.id, signature },
          prepares: message.prepares,
        };
      }
    }
  }

  #vote(
    key: KeyPair,
    tag: 'proposal' | 'prepare' | 'seal',
    height: number,
    round: number,
    blockHash: Hash,
  ): SignedVote {
    const body = { height, round, blockHash };
    return {
      body,
      signer: this.id,
      signature: key.sign(voteSigningBytes(tag, this.#genesisHash, body)),
    };
  }
}

/** The block that a message is about; of a round change the prepared one, zero if there is none. */
function blockHashOf(message: UnsignedMessage): Hash {
  switch (message.kind) {
    case 'proposal':
      return message.block.hash;
    case 'round-change':
      return message.preparedHash;
    default:
      return message.blockHash;
  }
}

/** All that the signature covers besides height and round. */
function contentOf(message: UnsignedMessage): string {
  const blockHash = blockHashOf(message);
  return message.kind === 'round-change' ? preparedContent(message.preparedRound, blockHash) : blockHash;
}

function contentOfRecord({ step, message, blockHash }: JournalRecord): string {
  const stored = step === 'round-change' ? decodeConsensusMessage(message) : undefined;
  return stored?.kind === 'round-change'
    ? preparedContent(stored.roundChange.body.preparedRound, blockHash)
    : blockHash;
}

function preparedContent(preparedRound: number, preparedHash: Hash): string {
  return `${preparedRound}/${preparedHash}`;
}
