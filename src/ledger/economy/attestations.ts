import { verifySignature } from '../../crypto/ed25519.ts';
import { addressOf } from '../../types/address.ts';
import { ECONOMY } from '../../types/operations/economy.ts';
import {
  attestationId,
  attestationSigningBytes,
  type ReserveAttest,
} from '../../types/operations/economy-gold.ts';
import type { Address } from '../../types/ssz-bytes.ts';
import { SCHEME_ED25519 } from '../../types/transaction.ts';
import { fromHex } from '../../util/bytes.ts';
import { OPERATION_GAS, signatureGas } from '../gas-table.ts';
import type { OperationContext, OperationHandler } from '../seam.ts';
import { findAuthority } from './approvals.ts';
import { MAX_MINTING_TIER, requireOwnBank } from './banks.ts';
import { refreshCoverage } from './coverage.ts';
import { fail } from './failure.ts';
import { goldPrice } from './gold-price.ts';
import { custodianOf, readReserve, recordReserve } from './reserves.ts';

function checkTimes(attestation: ReserveAttest, context: OperationContext): void {
  const { asOfMs, expiresMs, custodian } = attestation;
  const { timeMs, parameters } = context;
  if (asOfMs > timeMs) fail('ATTESTATION_IN_FUTURE', 'it speaks about a time to come');
  if (expiresMs <= timeMs) fail('ATTESTATION_EXPIRED', 'it has expired');
  if (expiresMs - asOfMs > parameters.attestationMaxAgeMs)
    fail('ATTESTATION_TOO_LONG', `an attestation holds for at most ${parameters.attestationMaxAgeMs} ms`);
  const previous = readReserve(context.own, custodian);
  if (previous === undefined) return;
  if (timeMs < previous.reportedMs + parameters.attestationIntervalMs)
    fail('ATTESTATION_TOO_SOON', `the custodian attested ${timeMs - previous.reportedMs} ms ago`);
  // Auditors sign no nonce: the order of what they speak about keeps an old attestation from being used again.
  if (asOfMs <= previous.asOfMs) fail('ATTESTATION_NOT_NEWER', 'a newer attestation is recorded');
}

function checkAuditors(
  attestation: ReserveAttest,
  custodianAccount: Address,
  context: OperationContext,
): void {
  const { signatures } = attestation;
  const auditors = findAuthority(context, 'auditors')?.keys ?? [];
  if (signatures.length < Math.max(1, context.parameters.minAuditors))
    fail('AUDITORS_TOO_FEW', `at least ${context.parameters.minAuditors} auditors sign`);
  const seen = new Set<string>();
  for (const { key } of signatures) {
    if (!auditors.includes(key)) fail('AUDITOR_UNKNOWN', `${key} is no auditor’s key`);
    if (seen.has(key)) fail('AUDITOR_REPEATED', `${key} signed twice`);
    if (addressOf(SCHEME_ED25519, fromHex(key)) === custodianAccount)
      fail('AUDITOR_IS_CUSTODIAN', 'nobody audits the own reserve');
    seen.add(key);
  }
  const signed = attestationSigningBytes(context.genesisHash, attestation);
  for (const { key, signature } of signatures)
    if (!verifySignature(key, signed, signature))
      fail('AUDITOR_SIGNATURE_WRONG', `the signature of ${key} is wrong`);
}

/** Instead of a fee: one attestation per custodian and interval. */
export const reserveAttestHandler: OperationHandler<ReserveAttest> = {
  name: 'ReserveAttest',
  spec: ECONOMY.operations.ReserveAttest,
  gas: OPERATION_GAS.economy.ReserveAttest,
  extraGas: ({ signatures }) => signatureGas(signatures),
  free: true,
  execute(attestation, context) {
    const { custodian, barsRoot, fineMg, cashCents, asOfMs, expiresMs } = attestation;
    const bank = requireOwnBank(context, custodian);
    if (bank.tier > MAX_MINTING_TIER) fail('TIER_NOT_ALLOWED', 'a bank of tier 3 holds no reserve');
    checkTimes(attestation, context);
    const claimedBy = fineMg > 0n ? custodianOf(context.own, barsRoot) : undefined;
    if (claimedBy !== undefined && claimedBy !== custodian)
      fail('BARS_CLAIMED', `${claimedBy} attests the same list of bars`);
    checkAuditors(attestation, bank.account, context);
    const body = { custodian, barsRoot, fineMg, cashCents, asOfMs, expiresMs };
    const id = attestationId(body);
    const reserve = { id, barsRoot, fineMg, cashCents, asOfMs, expiresMs, reportedMs: context.timeMs };
    if (!recordReserve(context.own, custodian, reserve))
      fail('TOO_MANY_CUSTODIANS', 'the list of custodians is full');
    context.emit(ECONOMY.events.ReserveAttested, { ...body, id });
    refreshCoverage(context, goldPrice(context.own, context), custodian);
  },
};
