import { agreementId, encodeTerms, hashTerms } from '../../types/agreement.ts';
import {
  type Activate,
  type AgreementPropose,
  type AgreementSign,
  BPI,
  type Terminate,
} from '../../types/operations/bpi.ts';
import type { OperationContext } from '../seam.ts';
import { readTerms } from './agreement-terms.ts';
import { agreements, assertParty, existingAgreement, saveTerms, ZERO_HASH } from './agreements.ts';
import { executeTraced } from './execution-trace.ts';
import { failure } from './failure.ts';

/** From a proposal to the end of an agreement: draft → signed (by all) → active → terminated. */

const { operations, events } = BPI;

function assertParties(parties: readonly string[], sender: string): void {
  if (parties.length === 0 || new Set(parties).size !== parties.length)
    throw failure('PARTIES_INVALID', 'an agreement has at least one party, and none twice');
  if (!parties.includes(sender)) throw failure('NOT_A_PARTY', 'who proposes is one of the parties');
}

export function executePropose(propose: AgreementPropose, context: OperationContext): void {
  const { own, sender, nonce, operationIndex } = context;
  const { parties } = propose;
  assertParties(parties, sender);
  const terms = readTerms(propose.yaml);
  const bytes = encodeTerms(terms);
  const termsHash = hashTerms(bytes);
  const id = agreementId({ proposer: sender, nonce, operation: operationIndex, termsHash, parties });
  executeTraced(operations.AgreementPropose, propose, id, context, () => {
    agreements.set(
      own,
      {
        proposer: sender,
        parties,
        signers: [],
        termsHash,
        state: 'draft',
        sequence: 0,
        tip: ZERO_HASH,
        records: ZERO_HASH,
        store: [],
        attestations: 0,
      },
      id,
    );
    saveTerms(own, id, bytes);
    const value = {
      agreement: id,
      proposer: sender,
      versionHash: termsHash,
      name: terms.name,
      parties: parties.length,
    };
    return { event: events.AgreementProposed, value };
  });
}

export function executeSign(sign: AgreementSign, context: OperationContext): void {
  const { own, sender } = context;
  const agreement = existingAgreement(own, sign.agreement);
  assertParty(agreement, sender);
  if (agreement.signers.includes(sender)) throw failure('ALREADY_SIGNED', 'the sender has signed before');
  if (agreement.state !== 'draft') throw failure('NOT_A_DRAFT', `the agreement is ${agreement.state}`);
  if (agreement.termsHash !== sign.versionHash)
    throw failure('VERSION_MISMATCH', 'the hash is not that of the terms');
  executeTraced(operations.AgreementSign, sign, sign.agreement, context, () => {
    const signers = [...agreement.signers, sender];
    const needed = agreement.parties.length;
    const state = signers.length === needed ? 'signed' : 'draft';
    agreements.set(own, { ...agreement, signers, state }, sign.agreement);
    return {
      event: events.AgreementSigned,
      value: { agreement: sign.agreement, party: sender, signed: signers.length, needed },
    };
  });
}

export function executeActivate(activate: Activate, context: OperationContext): void {
  const { own, sender } = context;
  const agreement = existingAgreement(own, activate.agreement);
  assertParty(agreement, sender);
  if (agreement.state !== 'signed')
    throw failure('NOT_FULLY_SIGNED', `the agreement is ${agreement.state}, not signed by all and waiting`);
  executeTraced(operations.Activate, activate, activate.agreement, context, () => {
    agreements.set(own, { ...agreement, state: 'active' }, activate.agreement);
    return {
      event: events.AgreementActivated,
      value: { agreement: activate.agreement, versionHash: agreement.termsHash },
    };
  });
}

export function executeTerminate(terminate: Terminate, context: OperationContext): void {
  const { own, sender } = context;
  const agreement = existingAgreement(own, terminate.agreement);
  assertParty(agreement, sender);
  if (agreement.state === 'terminated') throw failure('ALREADY_TERMINATED', 'the agreement has ended');
  executeTraced(operations.Terminate, terminate, terminate.agreement, context, () => {
    agreements.set(own, { ...agreement, state: 'terminated' }, terminate.agreement);
    const { reason } = terminate;
    return {
      event: events.AgreementTerminated,
      value: { agreement: terminate.agreement, by: sender, reason },
    };
  });
}
