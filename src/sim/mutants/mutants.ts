import type { CheckName } from './mutant-checks.ts';

/** One place of the source, given by its exact text, and what stands there instead. */
interface Edit {
  /** Below src/. */
  readonly file: string;
  readonly text: string;
  readonly instead: string;
}

/** A wrong version of the consensus: what is wrong with it, and which check must notice. */
export interface Mutant {
  readonly name: string;
  readonly fault: string;
  readonly killer: CheckName;
  readonly edits: readonly Edit[];
}

/**
 * Faults that real implementations had, or that a change of ours might bring: each is made in the source when the
 * checks load it, the product knows nothing of them. A check that lets one of them live checks nothing there.
 */
export const MUTANTS: readonly Mutant[] = [
  {
    name: 'quorum-13-of-21',
    fault: '2f + 1 is taken for the quorum, which is too few wherever n is not 3f + 1',
    killer: 'random',
    edits: [
      {
        file: 'types/quorum.ts',
        text: 'return Math.floor((2 * n + 2) / 3);',
        instead: 'return 2 * faultTolerance(n) + 1;',
      },
    ],
  },
  {
    name: 'certificate-lost-on-restart',
    fault: 'a restarted validator no longer knows that it is prepared',
    killer: 'random',
    edits: [
      {
        file: 'consensus/restore.ts',
        text: 'if (restored.prepared !== undefined) {',
        instead: 'if (restored.prepared !== undefined && restored.round < 0) {',
      },
    ],
  },
  {
    name: 'last-round-change-overwrites',
    fault: 'of a validator the last round change counts, not the highest',
    killer: 'twins',
    edits: [
      {
        file: 'consensus/round-changes.ts',
        text: 'if (known === undefined || body.round > known.roundChange.body.round) {',
        instead: 'if (known === undefined || body.round !== known.roundChange.body.round) {',
      },
    ],
  },
  {
    name: 'highest-prepared-unchecked',
    fault: 'a leader may propose any prepared block, not only that of the highest round',
    killer: 'scenarios',
    edits: [
      {
        file: 'consensus/justification.ts',
        text: 'body.preparedRound === highest && body.preparedHash === blockHash',
        instead: 'body.preparedHash === blockHash',
      },
      {
        file: 'consensus/justification.ts',
        text: '{ height, round: highest, blockHash }',
        instead: '{ height, round: prepares[0]?.body.round ?? highest, blockHash }',
      },
    ],
  },
  {
    name: 'duplicate-signers-counted',
    fault: 'one signer twice in a certificate counts twice',
    killer: 'search',
    edits: [
      {
        file: 'consensus/justification.ts',
        text: 'new Set(signers).size === signers.length && signers.every',
        instead: 'signers.every',
      },
    ],
  },
  {
    name: 'seal-not-bound-to-round',
    fault: 'the signature of a vote does not cover its round',
    killer: 'signatures',
    edits: [
      {
        file: 'types/certificate.ts',
        text: 'encode(VoteBodyType, body)',
        instead: 'encode(VoteBodyType, { ...body, round: 0 })',
      },
    ],
  },
  {
    name: 'votes-of-all-rounds-counted',
    fault: 'votes for one block in different rounds make a quorum together',
    killer: 'twins',
    edits: [
      {
        file: 'consensus/votes.ts',
        text: 'of this.#rounds.get(round)?.values() ?? []) {\n      const vote',
        instead: 'of [...this.#rounds.values()].flatMap((known) => [...known.values()])) {\n      const vote',
      },
    ],
  },
  {
    name: 'vote-after-decide',
    fault: 'a timer that had already run out when the block was decided still changes the round',
    killer: 'twins',
    edits: [
      {
        file: 'consensus/consensus.ts',
        text: 'if (height !== state.height || state.isOver) {',
        instead: 'if (height !== state.height) {',
      },
    ],
  },
  {
    name: 'timer-not-cancelled',
    fault: 'the timers of a decided height run on',
    killer: 'twins',
    edits: [
      { file: 'consensus/height-state.ts', text: "    this.emit({ kind: 'cancel-timers' });\n", instead: '' },
    ],
  },
  {
    name: 'weak-quorum-of-seals-on-sync',
    fault: 'f + 1 seals are enough for a block that comes with its certificate',
    killer: 'search',
    edits: [
      {
        file: 'types/certificate.ts',
        text: 'count < validators.quorum',
        instead: 'count < validators.weakQuorum',
      },
    ],
  },
  {
    name: 'unsigned-round-changes-in-proposal',
    fault: 'the signatures of round changes inside a proposal are not looked at',
    killer: 'search',
    edits: [
      {
        file: 'consensus/signed-parts.ts',
        text: 'roundChanges.every(addRoundChange) && addPrepares(prepares)',
        instead: 'addPrepares(prepares)',
      },
    ],
  },
  {
    name: 'unsigned-prepares-in-proposal',
    fault: 'the signatures of prepares inside a proposal are not looked at',
    killer: 'search',
    edits: [
      {
        file: 'consensus/signed-parts.ts',
        text: 'roundChanges.every(addRoundChange) && addPrepares(prepares)',
        instead: 'roundChanges.every(addRoundChange)',
      },
    ],
  },
  {
    name: 'unsigned-prepares-in-round-change',
    fault: 'the signatures of prepares inside a round change are not looked at',
    killer: 'scenarios',
    edits: [
      {
        file: 'consensus/signed-parts.ts',
        text: "return addPrepares(prepares) ? parts : { fault: 'BAD_JUSTIFICATION' };",
        instead: 'return parts;',
      },
    ],
  },
  {
    name: 'leader-ignores-prepared',
    fault: 'a leader proposes a block of its own although a prepared one is known',
    killer: 'twins',
    edits: [
      {
        file: 'consensus/rules.ts',
        text: 'if (choice.prepared === undefined) proposeFreshBlock(state, choice.roundChanges);\n  else proposePreparedBlock(state, choice, choice.prepared);',
        instead: 'proposeFreshBlock(state, choice.roundChanges);',
      },
    ],
  },
  {
    name: 'proposal-not-cleared',
    fault: 'the accepted proposal of a round is taken into the next one',
    killer: 'twins',
    edits: [{ file: 'consensus/rounds.ts', text: '  state.proposal = undefined;\n', instead: '' }],
  },
  {
    name: 'prepared-round-not-lower',
    fault: 'a round change may claim to be prepared in its own or a later round',
    killer: 'search',
    edits: [
      {
        file: 'consensus/justification.ts',
        text: 'body.preparedHash !== ZERO_HASH && body.preparedRound < body.round',
        instead: 'body.preparedHash !== ZERO_HASH',
      },
    ],
  },
  {
    name: 'anyone-proposes',
    fault: 'a proposal of a validator whose turn it is not is accepted',
    killer: 'search',
    edits: [
      {
        file: 'consensus/handlers.ts',
        text: "if (signer !== state.proposer(body.round)) return refuse('NOT_PROPOSER');",
        instead: '',
      },
    ],
  },
  {
    name: 'commits-on-weak-quorum',
    fault: 'f + 1 prepares are enough to commit',
    killer: 'twins',
    edits: [
      {
        file: 'consensus/rules.ts',
        text: 'if (votes.length < state.validators.quorum) return;',
        instead: 'if (votes.length < state.validators.weakQuorum) return;',
      },
    ],
  },
  {
    name: 'one-validator-moves-the-round',
    fault: 'a single round change makes others follow, not f + 1',
    killer: 'random',
    edits: [
      {
        file: 'consensus/rules.ts',
        text: 'state.roundChanges.roundReachedBy(state.validators.weakQuorum)',
        instead: 'state.roundChanges.roundReachedBy(1)',
      },
    ],
  },
  {
    name: 'journal-not-heeded',
    fault: 'a restarted validator signs again what its journal says it has signed',
    killer: 'random',
    edits: [
      {
        file: 'consensus/height-state.ts',
        text: '    this.guard.note(message.kind, round);\n    this.own.push(message);',
        instead: '    this.own.push(message);',
      },
    ],
  },
  {
    name: 'every-block-is-valid',
    fault: 'what the host says of a block does not count',
    killer: 'random',
    edits: [
      {
        file: 'consensus/known-blocks.ts',
        text: "known.check = verdict === 'undetermined' ? 'postponed' : verdict;",
        instead: "known.check = 'valid';",
      },
    ],
  },
];
