import { type AgreementTerms, DEFAULT_DECISIONS, ENFORCEMENTS, TERMS_BOUNDS } from '../../types/agreement.ts';
import { failure } from './failure.ts';
import { Fields } from './fields.ts';
import { readPolicies } from './policy-terms.ts';
import { parseYaml } from './yaml-document.ts';

/** Parts of the language that nothing enforces yet: better no agreement than one that promises too much. */
const UNAVAILABLE: Readonly<Record<string, string>> = {
  parties: 'stand in the operation, not in the text',
  flow: 'needs approvals along a workflow',
  economics: 'needs value that an agreement holds',
  poe: 'needs parameters of proofs per agreement',
  governance: 'needs votes of the parties',
};

/**
 * The terms that YAML states.
 * @throws OperationFailure with a YAML_…, TERMS_…, POLICY_… or EXPRESSION_… status, or FEATURE_UNAVAILABLE
 */
export function readTerms(yaml: Uint8Array): AgreementTerms {
  const document = new Fields(parseYaml(yaml), 'document');
  const fields = new Fields(document.required('agreement'), 'agreement');
  document.end();
  for (const [field, why] of Object.entries(UNAVAILABLE))
    if (fields.has(field)) throw failure('FEATURE_UNAVAILABLE', `${field} ${why}`);
  if (fields.has('enforcement') && fields.optional('enforcement') === 'post')
    throw failure('FEATURE_UNAVAILABLE', 'enforcement after the fact needs penalties');
  const valid = fields.has('valid') ? new Fields(fields.required('valid'), 'valid') : undefined;
  const terms: AgreementTerms = {
    name: fields.text('name', TERMS_BOUNDS.nameBytes),
    version: fields.integer('version', 1, 2 ** 32 - 1, 1),
    validFromMs: valid?.integer('from', 0, Number.MAX_SAFE_INTEGER, 0) ?? 0,
    validToMs:
      valid?.integer('to', 0, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER) ?? Number.MAX_SAFE_INTEGER,
    defaultDecision: fields.name('default', DEFAULT_DECISIONS, 'deny'),
    enforcement: fields.name('enforcement', ENFORCEMENTS, 'real-time'),
    policies: readPolicies(fields.required('policies')),
  };
  valid?.end();
  fields.end();
  if (terms.validFromMs > terms.validToMs)
    throw failure('TERMS_FIELD_INVALID', 'the agreement ends before it begins');
  return terms;
}
