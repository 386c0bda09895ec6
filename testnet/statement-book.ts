import type { ConsensusMessage } from '../src/types/consensus-message.ts';
import type { Evidence, EvidenceKind } from '../src/types/evidence.ts';
import { type Accusation, evidenceOf, readEvidence, sectionEvidence } from '../src/types/evidence-check.ts';
import type { SignedSectionStatement } from '../src/types/section.ts';

/** A message that carries one statement of its signer and nothing else. */
type Statement = Exclude<ConsensusMessage, { kind: 'decided' }>;

/**
 * Everything that validators were seen to sign, and the contradictions in it, by the rule by which the chain itself
 * would punish them. It knows no honest excuse: neither a crash nor a lost file allows a second vote.
 */
export class StatementBook {
  /** What was stated in one step of one round, without repetitions. */
  readonly #steps = new Map<string, Statement[]>();
  /** Commits and round changes of one validator and height, which must not forget one another. */
  readonly #memory = new Map<string, Statement[]>();
  /** What was stated about sections of one ledger on one parent. */
  readonly #sections = new Map<string, SignedSectionStatement[]>();
  readonly #contradictions: Accusation[] = [];

  /** Different statements; a message that was sent twice says one thing. */
  get size(): number {
    let size = 0;
    for (const statements of this.#steps.values()) size += statements.length;
    for (const statements of this.#sections.values()) size += statements.length;
    return size;
  }

  get contradictions(): readonly Accusation[] {
    return this.#contradictions;
  }

  /** Takes up a message with all statements that it quotes. */
  add(message: ConsensusMessage): void {
    for (const statement of statementsOf(message)) this.#file(statement);
  }

  /** Takes up what a miner signed of a section. */
  addSection(statement: SignedSectionStatement): void {
    const { ledger, height, parent, sectionHash } = statement.body;
    const known = entryOf(this.#sections, `${statement.signer}/${ledger}/${height}/${parent}`);
    if (known.some(({ body }) => body.sectionHash === sectionHash)) return;
    for (const earlier of known) this.#judge(sectionEvidence(earlier, statement));
    known.push(statement);
  }

  #file(statement: Statement): void {
    const { signer, height, round, content } = factsOf(statement);
    const step = entryOf(this.#steps, `${signer}/${height}/${statement.kind}/${round}`);
    if (step.some((earlier) => factsOf(earlier).content === content)) return;
    for (const earlier of step) this.#accuse(statement.kind, earlier, statement);
    step.push(statement);
    if (statement.kind !== 'commit' && statement.kind !== 'round-change') return;
    const memory = entryOf(this.#memory, `${signer}/${height}`);
    for (const earlier of memory)
      if (earlier.kind !== statement.kind) this.#accuse('amnesia', earlier, statement);
    memory.push(statement);
  }

  #accuse(kind: EvidenceKind, first: Statement, second: Statement): void {
    const evidence = evidenceOf(kind, first, second);
    if (evidence === undefined) throw new TypeError(`no ${kind} can be made of two such messages`);
    this.#judge(evidence);
  }

  #judge(evidence: Evidence): void {
    const read = readEvidence(evidence);
    if ('accusation' in read) this.#contradictions.push(read.accusation);
  }
}

function entryOf<T>(map: Map<string, T[]>, key: string): T[] {
  const entry = map.get(key) ?? [];
  map.set(key, entry);
  return entry;
}

/** The message itself and what it quotes as justification. */
function statementsOf(message: ConsensusMessage): Statement[] {
  switch (message.kind) {
    case 'decided':
      return [];
    case 'prepare':
    case 'commit':
      return [message];
    case 'proposal':
      return [
        message,
        ...message.roundChanges.map((roundChange) => ({
          kind: 'round-change' as const,
          roundChange,
          prepares: [],
        })),
        ...message.prepares.map((prepare) => ({ kind: 'prepare' as const, prepare })),
      ];
    case 'round-change':
      return [message, ...message.prepares.map((prepare) => ({ kind: 'prepare' as const, prepare }))];
  }
}

/** Where a statement belongs, and all that its signature covers besides. */
function factsOf(statement: Statement): {
  signer: string;
  height: number;
  round: number;
  content: string;
} {
  if (statement.kind === 'round-change') {
    const { signer, body } = statement.roundChange;
    const { height, round, preparedRound, preparedHash } = body;
    return { signer, height, round, content: `${preparedRound}/${preparedHash}` };
  }
  const { signer, body } =
    statement.kind === 'proposal'
      ? statement.proposal
      : statement.kind === 'prepare'
        ? statement.prepare
        : statement.commit;
  return { signer, height: body.height, round: body.round, content: body.blockHash };
}
