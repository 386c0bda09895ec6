import type { OwnMessage, ParentBlock, ProposedBlock } from '../../consensus/contract.ts';
import { NOT_PREPARED, type ProposalMessage, ZERO_HASH } from '../../types/consensus-message.ts';
import type { Validator, ValidatorSet } from '../../types/validator.ts';
import { makeBlock } from '../blocks.ts';
import type { Random } from '../random.ts';
import type { Signatures } from '../signatures.ts';
import type { Strategy } from './faults.ts';

export interface ByzantineContext {
  readonly validator: Validator;
  readonly validators: ValidatorSet;
  readonly signatures: Signatures;
  readonly random: Random;
  /** Second blocks of this run by `height round`: the liars share them, so that all vote for the same two. */
  readonly twins: Map<string, ProposedBlock>;
  readonly parent: ParentBlock;
}

/** What a Byzantine node sends to one receiver instead of the honest message. */
export function distort(
  strategy: Strategy,
  message: OwnMessage,
  to: number,
  context: ByzantineContext,
): OwnMessage[] {
  switch (strategy) {
    case 'silent':
      return [];
    case 'amnesia':
      // The forgetting is done by the host; what its cores sign, all get.
      return [message];
    case 'selective-send':
      return context.random.chance(0.5) ? [message] : [];
    case 'equivocate':
      return equivocate(message, to, context);
    case 'stale-round-change':
      return [message, ...strayRoundChanges(message, context)];
    case 'bad-seal':
      return [withBadSignature(message)];
    case 'hidden-prepared':
      return [hidePrepared(message, context)];
    case 'forged-justification':
      return forgeJustification(message, context);
    case 'future-flood':
      return [message, ...futureVotes(message, context)];
    case 'invalid-block':
      return [withInvalidBlock(message, context)];
  }
}

/** Half of the receivers see one block and the votes for it, the other half another; some see both. */
function equivocate(message: OwnMessage, to: number, context: ByzantineContext): OwnMessage[] {
  const lie = to % 2 === 0 ? undefined : contradiction(message, context);
  if (lie === undefined) return [message];
  return context.random.chance(0.1) ? [message, lie] : [lie];
}

function contradiction(message: OwnMessage, context: ByzantineContext): OwnMessage | undefined {
  if (message.kind === 'round-change') return undefined;
  const { signatures, validator, twins } = context;
  const { height, round } = bodyOf(message);
  const key = `${height} ${round}`;
  if (message.kind === 'proposal') {
    const block = twins.get(key) ?? twinBlock(message.block.header.timeMs, 1, context);
    twins.set(key, block);
    const { roundChanges, prepares } = message;
    return signatures.sign({ kind: 'proposal', height, round, block, roundChanges, prepares }, validator);
  }
  const block = twins.get(key);
  if (block === undefined) return undefined;
  const vote = { height, round, blockHash: block.hash };
  if (message.kind === 'prepare') return signatures.sign({ kind: 'prepare', ...vote, block }, validator);
  return signatures.sign({ kind: 'commit', ...vote, prepares: [] }, validator);
}

function bodyOf(message: Exclude<OwnMessage, { kind: 'round-change' }>) {
  if (message.kind === 'proposal') return message.proposal.body;
  return message.kind === 'prepare' ? message.prepare.body : message.commit.body;
}

function twinBlock(
  timeMs: number,
  salt: number,
  { parent, validator, validators }: ByzantineContext,
): ProposedBlock {
  return makeBlock({ parent, proposer: validator.id, timeMs, validators, salt: 0x7000_0000 + salt });
}

function unprepared(height: number, round: number, { signatures, validator }: ByzantineContext): OwnMessage {
  const claim = { preparedRound: NOT_PREPARED, preparedHash: ZERO_HASH, prepares: [] };
  return signatures.sign({ kind: 'round-change', height, round, ...claim }, validator);
}

function strayRoundChanges(message: OwnMessage, context: ByzantineContext): OwnMessage[] {
  const body = message.kind === 'round-change' ? message.roundChange.body : bodyOf(message);
  const { random } = context;
  const rounds = [
    random.between(1, body.round + 1),
    body.round + random.between(1, 40),
    random.between(2 ** 30, 2 ** 31),
  ];
  return [unprepared(body.height, random.pick(rounds), context)];
}

function withBadSignature(message: OwnMessage): OwnMessage {
  const signature = 'bd'.repeat(64);
  if (message.kind === 'commit') return { ...message, commit: { ...message.commit, signature } };
  if (message.kind === 'prepare') return { ...message, prepare: { ...message.prepare, signature } };
  return message;
}

/** Claims to be unprepared, and as leader leaves the round changes of prepared validators out. */
function hidePrepared(message: OwnMessage, context: ByzantineContext): OwnMessage {
  if (message.kind === 'round-change' && message.prepares.length > 0)
    return unprepared(message.roundChange.body.height, message.roundChange.body.round, context);
  if (message.kind !== 'proposal' || message.prepares.length === 0) return message;
  const { height, round } = message.proposal.body;
  const roundChanges = message.roundChanges.filter(({ body }) => body.preparedRound === NOT_PREPARED);
  const block = twinBlock(message.block.header.timeMs, round, context);
  const hiding = { kind: 'proposal' as const, height, round, block, roundChanges, prepares: [] };
  return context.signatures.sign(hiding, context.validator);
}

/** As leader of a later round: proposes an own block against, or without, the round changes it holds. */
function forgeJustification(message: OwnMessage, context: ByzantineContext): OwnMessage[] {
  if (message.kind !== 'proposal' || message.roundChanges.length === 0) return [message];
  const { signatures, validator, random } = context;
  const { height, round } = message.proposal.body;
  const block = twinBlock(message.block.header.timeMs, round, context);
  const forgery = random.pick(FORGERIES)(message, block.hash);
  return [signatures.sign({ kind: 'proposal', height, round, block, ...forgery }, validator)];
}

type Justification = Pick<ProposalMessage, 'roundChanges' | 'prepares'>;

/** Ways to justify the block `blockHash` with what there is. No honest validator accepts any of them. */
const FORGERIES: readonly ((held: ProposalMessage, blockHash: string) => Justification)[] = [
  // Too few: without those that are prepared.
  ({ roundChanges, prepares }) => ({
    roundChanges: roundChanges.filter(({ body }) => body.preparedRound === NOT_PREPARED).slice(1),
    prepares,
  }),
  // Signed bodies changed.
  ({ roundChanges }) => ({
    roundChanges: roundChanges.map((entry) => ({
      ...entry,
      body: { ...entry.body, preparedRound: NOT_PREPARED, preparedHash: ZERO_HASH },
      signature: 'f0'.repeat(64),
    })),
    prepares: [],
  }),
  // One validator twice.
  ({ roundChanges, prepares }) => ({
    roundChanges: roundChanges.map((entry, index) => (index === 0 ? (roundChanges[1] ?? entry) : entry)),
    prepares,
  }),
  // A prepared certificate for the own block that nobody signed.
  ({ roundChanges }, blockHash) => {
    const preparedRound = 0;
    const claimed = roundChanges.map((entry, index) =>
      index === 0
        ? {
            ...entry,
            body: { ...entry.body, preparedRound, preparedHash: blockHash },
            signature: 'f1'.repeat(64),
          }
        : entry,
    );
    const prepares = roundChanges.map(({ body, signer }) => ({
      body: { height: body.height, round: preparedRound, blockHash },
      signer,
      signature: 'f2'.repeat(64),
    }));
    return { roundChanges: claimed, prepares };
  },
];

function futureVotes(message: OwnMessage, context: ByzantineContext): OwnMessage[] {
  const body = message.kind === 'round-change' ? message.roundChange.body : bodyOf(message);
  const { random, signatures, validator } = context;
  const height = body.height + random.between(0, 5);
  const round = body.round + random.between(0, 200);
  const blockHash = random.uint32().toString(16).padStart(64, '0');
  return [
    signatures.sign({ kind: 'commit', height, round, blockHash, prepares: [] }, validator),
    unprepared(height, round + 1, context),
  ];
}

function withInvalidBlock(message: OwnMessage, context: ByzantineContext): OwnMessage {
  if (message.kind !== 'proposal' || message.prepares.length > 0) return message;
  const { signatures, validator, validators, parent } = context;
  const { height, round } = message.proposal.body;
  const { timeMs } = message.block.header;
  const block = makeBlock({ parent, proposer: validator.id, timeMs, validators, hasBadStateRoot: true });
  const { roundChanges } = message;
  return signatures.sign({ kind: 'proposal', height, round, block, roundChanges, prepares: [] }, validator);
}
