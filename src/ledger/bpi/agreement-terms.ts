import { type AgreementTerms, DEFAULT_DECISIONS, ENFORCEMENTS, TERMS_BOUNDS } from '../../types/agreement.ts';
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
  const document = new Fields(parseYaml(yaml), []);
  const fields = document.nested('agreement');
  document.end();
  for (const [field, why] of Object.entries(UNAVAILABLE))
    if (fields.has(field)) throw fields.refusal('FEATURE_UNAVAILABLE', why, field);
  if (fields.has('enforcement') && fields.optional('enforcement') === 'post')
    throw fields.refusal('FEATURE_UNAVAILABLE', 'after the fact needs penalties', 'enforcement');
  const valid = fields.has('valid') ? fields.nested('valid') : undefined;
  const terms: AgreementTerms = {
    name: fields.text('name', TERMS_BOUNDS.nameBytes),
    version: fields.integer('version', 1, 2 ** 32 - 1, 1),
    validFromMs: valid?.integer('from', 0, Number.MAX_SAFE_INTEGER, 0) ?? 0,
    validToMs:
      valid?.integer('to', 0, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER) ?? Number.MAX_SAFE_INTEGER,
    defaultDecision: fields.name('default', DEFAULT_DECISIONS, 'deny'),
    enforcement: fields.name('enforcement', ENFORCEMENTS, 'real-time'),
    policies: readPolicies(fields.required('policies'), ['agreement', 'policies']),
  };
  valid?.end();
  fields.end();
  if (terms.validFromMs > terms.validToMs)
    throw fields.refusal('TERMS_FIELD_INVALID', 'ends before it begins', 'valid');
  return terms;
}
