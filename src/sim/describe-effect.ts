import type { ConsensusEffect, OwnMessage, UnsignedMessage } from '../consensus/contract.ts';
import { fieldsOf } from '../consensus/message-fields.ts';
import { type ConsensusMessage, NOT_PREPARED } from '../types/consensus-message.ts';

/** Names of blocks by hash and of validators by id; what has none goes by the first digits. */
export interface Names {
  readonly blocks: ReadonlyMap<string, string>;
  readonly validators: ReadonlyMap<string, string>;
}

/** One effect as one short line, with blocks and validators by their names in the test. */
export function describeEffect(effect: ConsensusEffect, names: Names): string {
  const block = (hash: string) => nameOf(hash, names);
  const validator = (id: string | undefined) =>
    id === undefined ? 'nobody' : (names.validators.get(id) ?? id.slice(0, 8));
  switch (effect.kind) {
    case 'build-block':
      return `build round ${effect.round}`;
    case 'validate-block':
      return `validate ${block(effect.block.hash)}${effect.reproposal ? ' as re-proposal' : ''}`;
    case 'fetch-block':
      return `fetch ${block(effect.blockHash)} from ${effect.from.map(validator).sort().join(' ')}`;
    case 'sign-and-broadcast':
      return `send ${describeUnsigned(effect.message, block)}`;
    case 'resend':
      return `resend ${effect.messages.map(describeOwn).join(', ')}`;
    case 'send-decided':
      return `decided ${effect.height} to ${validator(effect.to)}`;
    case 'schedule':
      return `timer ${effect.timer} round ${effect.round} in ${effect.afterMs}`;
    case 'cancel-timers':
      return 'cancel timers';
    case 'commit': {
      const { round, signers } = effect.certificate;
      return `commit ${block(effect.block.hash)} round ${round} by ${signers.getTrueBitIndexes().join(' ')}`;
    }
    case 'behind':
      return `behind ${effect.height}`;
    case 'evidence':
      return `evidence ${effect.offence} of ${validator(fieldsOf(effect.first).signer)}`;
    case 'halt':
      return `halt on ${block(effect.blockHash)}`;
    case 'drop':
      return `drop ${effect.reason} ${validator(effect.signer)}`;
  }
}

function nameOf(hash: string, names: Names): string {
  return names.blocks.get(hash) ?? hash.slice(0, 8);
}

/** A message on its way as a few words. */
export function describeMessage(message: ConsensusMessage, names: Names): string {
  switch (message.kind) {
    case 'proposal':
      return `proposal ${nameOf(message.proposal.body.blockHash, names)}`;
    case 'prepare':
      return `prepare ${nameOf(message.prepare.body.blockHash, names)}`;
    case 'commit':
      return `commit ${nameOf(message.commit.body.blockHash, names)}`;
    case 'round-change': {
      const { preparedRound, preparedHash } = message.roundChange.body;
      if (preparedRound === NOT_PREPARED) return 'round change';
      return `round change prepared ${preparedRound} ${nameOf(preparedHash, names)}`;
    }
    case 'decided':
      return `decided block ${nameOf(message.certificate.blockHash, names)}`;
  }
}

function describeUnsigned(message: UnsignedMessage, block: (hash: string) => string): string {
  switch (message.kind) {
    case 'proposal': {
      const { round, roundChanges, prepares } = message;
      const proof = round === 0 ? '' : ` (${roundChanges.length} round changes, ${prepares.length} prepares)`;
      return `proposal ${round} ${block(message.block.hash)}${proof}`;
    }
    case 'prepare':
      return `prepare ${message.round} ${block(message.blockHash)}`;
    case 'commit':
      return `commit ${message.round} ${block(message.blockHash)} (${message.prepares.length} prepares)`;
    case 'round-change': {
      if (message.preparedRound === NOT_PREPARED) return `round change ${message.round}`;
      const { round, preparedRound, preparedHash, prepares } = message;
      return `round change ${round} prepared ${preparedRound} ${block(preparedHash)} (${prepares.length} prepares)`;
    }
  }
}

function describeOwn(message: OwnMessage): string {
  return `${message.kind} ${fieldsOf(message).round}`;
}
