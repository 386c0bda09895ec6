import { type InvalidProof, type ValidProof, verifyFinalityProofJson } from '../../client/verify-proof.ts';
import { GenesisType, hashGenesis } from '../../types/genesis.ts';
import { fromJson } from '../../types/ssz.ts';

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
  const genesis = fromJson(GenesisType, genesisJson, 'genesis');
  const startedMs = performance.now();
  const outcome = verifyFinalityProofJson(proof, genesis);
  return {
    outcome,
    genesisHash: `0x${hashGenesis(genesis)}`,
    elapsedMs: performance.now() - startedMs,
  };
}
