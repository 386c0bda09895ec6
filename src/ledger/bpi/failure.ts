import { BPI, type BpiStatus } from '../../types/operations/bpi.ts';
import { type FailureEvent, OperationFailure } from '../seam.ts';

/** A failed operation of this ledger, by the name of its status. */
export function failure(status: BpiStatus, message: string, event?: FailureEvent): OperationFailure {
  return new OperationFailure(BPI.statuses[status], message, event);
}

/** Keys and positions that lead to a value of a document, such as `agreement`, `policies`, 1, `regions`. */
export type YamlPath = readonly (string | number)[];

/** Where in the YAML a failure lies, for whoever wrote it: a line, counted from 1, or a path. */
export type YamlPlace = { readonly line: number } | { readonly path: YamlPath };

/** YAML that states no terms. */
export class TermsFailure extends OperationFailure {
  readonly place: YamlPlace;
  constructor(failed: OperationFailure, place: YamlPlace) {
    super(failed.status, failed.message);
    this.place = place;
  }
}

export function termsFailure(status: BpiStatus, message: string, place: YamlPlace): TermsFailure {
  return new TermsFailure(failure(status, message), place);
}

/** The line of a position in a text, counted from 1. */
export function lineAt(text: string, position: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at >= 0 && at < position; at = text.indexOf('\n', at + 1)) line++;
  return line;
}
