import { readSentRecord } from '../src/node/sent-record.ts';
import { addressToText } from '../src/types/address.ts';
import { decodeConsensusMessage } from '../src/types/consensus-message.ts';
import { decodeSectionMessage, statementOf } from '../src/types/section.ts';
import type { TestnetDirectory, TestnetNode } from './directory.ts';
import { StatementBook } from './statement-book.ts';

/** What the nodes' own records of all that they sent come to. */
export interface SentReport {
  readonly ok: boolean;
  /** Messages on record, re-sends included. */
  readonly messages: number;
  /** Different signed statements in them. */
  readonly statements: number;
  /** Lines that a kill cut off; what they were about was never sent. */
  readonly cutOff: number;
  readonly contradictions: readonly string[];
}

const MAX_FINDINGS = 50;

/** Looks for contradictions in everything that any node ever sent, across all its lives. */
export async function checkSent(
  directory: TestnetDirectory,
  nodes: readonly TestnetNode[],
): Promise<SentReport> {
  const book = new StatementBook();
  const silent: string[] = [];
  let messages = 0;
  let cutOff = 0;
  for (const node of nodes) {
    const record = await readSentRecord(directory.sentPath(node.name));
    // A check of an empty record would find nothing to object to.
    if (node.validator !== null && record.messages.length === 0) silent.push(`${node.name} has no record`);
    for (const { topic, bytes } of record.messages)
      if (topic === 'section') book.addSection(statementOf(decodeSectionMessage(bytes).signed));
      else book.add(decodeConsensusMessage(bytes));
    messages += record.messages.length;
    cutOff += record.cutOff;
  }
  const nameOf = new Map(nodes.map(({ name, validator }) => [validator, name]));
  const contradictions = book.contradictions.map(({ offence, validator, height }) => {
    const address = addressToText(validator);
    return `${nameOf.get(address) ?? address} contradicted itself at height ${height} (${offence})`;
  });
  const findings = [...silent, ...contradictions];
  return {
    ok: findings.length === 0,
    messages,
    statements: book.size,
    cutOff,
    contradictions: findings.slice(0, MAX_FINDINGS),
  };
}
