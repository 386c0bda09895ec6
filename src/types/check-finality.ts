import { verifySignature } from '../crypto/ed25519.ts';
import { equalBytes, fromHex } from '../util/bytes.ts';
import { errorMessage } from '../util/errors.ts';
import { type BlockHeader, hashHeader } from './block.ts';
import { type Certificate, certificateChecks } from './certificate.ts';
import type { FinalityProof } from './finality-proof.ts';
import type { Genesis } from './genesis.ts';
import { orderedValidators } from './light-block.ts';
import { type Validator, ValidatorSet } from './validator.ts';

/** A block that the reader trusts besides genesis; `hash` is lowercase hex. */
export interface TrustedBlock {
  readonly height: number;
  readonly hash: string;
}

/** What shows that a header is final. */
export type FinalityParts = Pick<FinalityProof, 'header' | 'certificate' | 'anchor' | 'links'>;

/** A check that failed; verifiers turn it into their answer. */
export class CheckFailure<Check extends string = string> extends Error {
  readonly check: Check;
  constructor(check: Check, message: string) {
    super(message);
    this.check = check;
  }
}

export function ensure<Check extends string>(
  condition: boolean,
  check: Check,
  message: string,
): asserts condition {
  if (!condition) throw new CheckFailure(check, message);
}

/** Runs what throws for malformed input as one check. */
export function during<T, Check extends string>(check: Check, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof CheckFailure) throw error;
    throw new CheckFailure(check, errorMessage(error));
  }
}

/**
 * Walks from genesis, or from a trusted block, through the changes of the validator set to the header, and checks its
 * certificate. @throws CheckFailure GENESIS, ANCHOR, LINK, HEADER or CERTIFICATE
 */
export function checkFinality(
  proof: FinalityParts,
  genesis: Genesis,
  genesisHash: string,
  trusted: TrustedBlock | undefined,
): { readonly blockHash: string; readonly validators: ValidatorSet } {
  const { header, certificate } = proof;
  const start = trustedSet(proof, genesis, trusted);
  const { validators, height } = walkLinks(proof, genesis, genesisHash, start);
  ensure(header.chainId === genesis.chainId, 'HEADER', 'the header names another chain id');
  ensure(
    header.height > height,
    'HEADER',
    `the block is not above height ${height}, where the proof's walk ends`,
  );
  ensure(
    header.validatorsHash === validators.hash,
    'HEADER',
    'the header names other validators than the proof leads to',
  );
  checkCertificate('CERTIFICATE', header, certificate, genesisHash, validators);
  return { blockHash: hashHeader(header), validators };
}

/** A validator set, and the height up to which the walk has come: the set is that of the next height. */
interface Waypoint {
  readonly validators: ValidatorSet;
  readonly height: number;
}

function orderedSet(validators: readonly Validator[]): ValidatorSet {
  const set = orderedValidators(validators);
  if (set === undefined) throw new RangeError('not a set of validators ordered by id');
  return set;
}

function trustedSet(proof: FinalityParts, genesis: Genesis, trusted: TrustedBlock | undefined): Waypoint {
  const [anchor] = proof.anchor;
  if (trusted === undefined) {
    ensure(
      anchor === undefined,
      'ANCHOR',
      'the proof starts at a block that you must trust: give its height and hash',
    );
    const members = genesis.validators.map(({ id, consensusKey, vrfKey }) => ({ id, consensusKey, vrfKey }));
    return { validators: during('GENESIS', () => new ValidatorSet(members)), height: 0 };
  }
  ensure(anchor !== undefined, 'ANCHOR', 'the proof starts at genesis: ask for one from the trusted height');
  const { header } = anchor;
  ensure(header.height === trusted.height, 'ANCHOR', `the proof starts at height ${header.height}`);
  ensure(
    equalBytes(
      fromHex(hashHeader(header)),
      during('ANCHOR', () => fromHex(trusted.hash)),
    ),
    'ANCHOR',
    'the proof starts at another block than the trusted one',
  );
  const validators = during('ANCHOR', () => orderedSet(anchor.validators));
  ensure(validators.hash === header.nextValidatorsHash, 'ANCHOR', 'the trusted block names other validators');
  return { validators, height: header.height };
}

function walkLinks(proof: FinalityParts, genesis: Genesis, genesisHash: string, start: Waypoint): Waypoint {
  let current = start;
  for (const [i, { header, certificate, validators }] of proof.links.entries()) {
    const name = `link ${i} (height ${header.height})`;
    ensure(header.chainId === genesis.chainId, 'LINK', `${name} names another chain id`);
    ensure(header.height > current.height, 'LINK', `${name} is not above the one before`);
    ensure(
      header.validatorsHash === current.validators.hash,
      'LINK',
      `${name} names another set than the proof leads to`,
    );
    checkCertificate('LINK', header, certificate, genesisHash, current.validators);
    const next = during('LINK', () => orderedSet(validators));
    ensure(
      next.hash === header.nextValidatorsHash,
      'LINK',
      `the new set of ${name} is not the one its header names`,
    );
    ensure(next.hash !== current.validators.hash, 'LINK', `${name} changes nothing`);
    current = { validators: next, height: header.height };
  }
  return current;
}

function checkCertificate(
  check: 'LINK' | 'CERTIFICATE',
  header: BlockHeader,
  certificate: Certificate,
  genesisHash: string,
  validators: ValidatorSet,
): void {
  const expected = { height: header.height, blockHash: hashHeader(header), genesisHash, validators };
  const outcome = certificateChecks(certificate, expected);
  if ('fault' in outcome)
    throw new CheckFailure(check, `certificate of height ${header.height}: ${outcome.fault}`);
  ensure(
    outcome.checks.every(({ publicKey, bytes, signature }) => verifySignature(publicKey, bytes, signature)),
    check,
    `a seal of height ${header.height} is not the validator's`,
  );
}
