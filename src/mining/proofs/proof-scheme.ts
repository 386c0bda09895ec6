import type { BlockContext, StateReader } from '../../ledger/seam.ts';
import type { LedgerName, SubtreeName } from '../../types/names.ts';
import type { Receipt } from '../../types/receipt.ts';
import type { Hash } from '../../types/ssz-bytes.ts';

/** What executing a section came to, as far as a proof may speak about it. */
export interface ProvenResult {
  readonly txIds: readonly Hash[];
  readonly receipts: readonly Receipt[];
  /** SSZ bytes, one per transaction. */
  readonly proofItems: readonly Uint8Array[];
  readonly gas: number;
}

/** What the proof of a section is built from; everyone who executes the section has the same. */
export interface ProofInput {
  readonly ledger: LedgerName;
  /** Hash of the parent header. */
  readonly parent: Hash;
  readonly context: BlockContext;
  readonly result: ProvenResult;
  /** The ledger's own sub-tree after BeginBlock and after the last transaction. */
  readonly before: StateReader;
  readonly after: StateReader;
  /** Another sub-tree as of S. */
  at(subtree: SubtreeName): StateReader;
}

/** Why a proof is refused. `field` names the first part that differs from what was recomputed. */
export interface ProofFault {
  readonly code: 'MALFORMED_PROOF' | 'WRONG_PROOF_FIELD' | 'UNBALANCED_JOURNAL' | 'UNEXPLAINED_STATE';
  readonly field: string;
}

/** One of the five proof types. A proof says nothing that the verifier does not recompute or check by a key. */
export interface ProofScheme {
  readonly type: 'action' | 'coordination' | 'execution' | 'transact' | 'gold';
  build(input: ProofInput): Uint8Array;
  verify(proof: Uint8Array, input: ProofInput): ProofFault | undefined;
  /** How much was proved; what mining is rewarded by. */
  work(input: ProofInput): number;
}
