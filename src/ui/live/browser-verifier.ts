import { type InvalidProof, type ValidProof, verifyFinalityProofJson } from '../../client/verify-proof.ts';
import { genesisFromJson, hashGenesis } from '../../types/genesis.ts';

/** What the reader's own machine found. */
export interface Verification {
  readonly outcome: ValidProof | InvalidProof;
  /** The hash of the genesis against which the proof was held, as computed here. */
  readonly genesisHash: string;
  readonly elapsedMs: number;
}

/**
 * Checks a proof with the genesis in its JSON form; nobody is asked anything.
 * @throws NodeError MALFORMED_JSON if this is no genesis
 */
export function verifyHere(proof: unknown, genesisJson: unknown): Verification {
  const genesis = genesisFromJson(genesisJson);
  const startedMs = performance.now();
  const outcome = verifyFinalityProofJson(proof, genesis);
  return {
    outcome,
    genesisHash: `0x${hashGenesis(genesis)}`,
    elapsedMs: performance.now() - startedMs,
  };
}
