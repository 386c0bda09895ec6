import { EXAMPLE_AGREEMENT } from '../../src/client/example-agreement.ts';
import { subjectOf } from '../../src/client/subject.ts';
import { readAgreement } from '../../src/node/agreement-file.ts';
import { agreementId, type Subject } from '../../src/types/agreement.ts';
import { BPI, type Invoke } from '../../src/types/operations/bpi.ts';
import type { Hash } from '../../src/types/ssz-bytes.ts';
import { utf8 } from '../../src/util/bytes.ts';
import type { Account } from '../identities.ts';
import { approve, freshHash, plan, SETTLED_MS } from './planning.ts';
import type { LedgerScenarios, OperationScenario, PlanContext, PlannedTransaction } from './scenario.ts';

const { operations } = BPI;

/** What the agreements of a load say; the first is the example, word for word. */
const TEXTS = [
  EXAMPLE_AGREEMENT,
  `agreement:
  name: limited-readings
  version: 3
  default: allow
  policies:
    - {type: geographic_restriction, regions: [EU, US]}
    - {type: rate_limit, id: pace, window: 60000, max: 1000000}
    - {type: rule, id: many, when: 'subject.amount > 900', effect: {throttle: 500000}}
    - {type: rule, id: minors, when: 'subject.age < 18 and invocation.entry != "delete"', effect: deny}
`,
].map((text) => readAgreement(utf8(text), 'agreement of the load'));

/** YAML outside the subset, each in another way. */
const BAD_TEXTS: readonly (readonly [status: string, yaml: string])[] = [
  ['YAML_SYNTAX', 'agreement: {name: n, policies: [}'],
  ['YAML_TOO_DEEP', `agreement: ${'['.repeat(4_000)}`],
  ['YAML_TOO_LARGE', `agreement: ${'x'.repeat(20_000)}`],
  ['YAML_ALIAS', 'agreement: *another'],
  ['YAML_DUPLICATE_KEY', 'agreement: {name: n, name: m}'],
  ['YAML_DIRECTIVE', '%YAML 1.1\n---\nagreement: {}'],
  ['FEATURE_UNAVAILABLE', 'agreement: {name: n, policies: [{type: escrow, token: FLX, amount: 1}]}'],
];

/** An agreement that the plan has proposed: who signs it, and how far it has come when. */
interface Planned {
  readonly id: Hash;
  readonly versionHash: Hash;
  /** The proposer, who does everything that only one has to do; its transactions keep their order. */
  readonly owner: Account;
  readonly partner: Account | undefined;
  readonly unsigned: Account[];
  state: 'draft' | 'signed' | 'active';
  /** When the last transaction of somebody else than the owner was planned, and so has to be waited for. */
  foreignAtMs: number | undefined;
  readonly proposedAtMs: number;
}

/** The agreements of one plan. Everything that another sender builds on is left time to settle. */
class Portfolio {
  readonly #agreements: Planned[] = [];
  #proposed = 0;

  propose(context: PlanContext): PlannedTransaction {
    const owner = context.rotate(context.lane.payers);
    const partner = this.#proposed % 2 === 0 ? undefined : otherThan(context, owner);
    const text = TEXTS[this.#proposed++ % TEXTS.length] as (typeof TEXTS)[number];
    const parties = [owner, ...(partner === undefined ? [] : [partner])];
    const addresses = parties.map(({ address }) => address);
    const id = agreementId({
      proposer: owner.address,
      nonce: context.nonceOf(owner, 'bpi'),
      operation: 0,
      termsHash: text.versionHash,
      parties: addresses,
    });
    this.#agreements.push({
      id,
      versionHash: text.versionHash,
      owner,
      partner,
      unsigned: [...parties],
      state: 'draft',
      foreignAtMs: undefined,
      proposedAtMs: context.atMs,
    });
    return plan(owner, 'OK', operations.AgreementPropose, { yaml: text.yaml, parties: addresses });
  }

  /** The owner may sign at once, the partner when the proposal has settled. */
  sign(context: PlanContext): PlannedTransaction | undefined {
    for (const agreement of this.#agreements) {
      const [next] = agreement.unsigned;
      if (next === undefined) continue;
      const isForeign = next !== agreement.owner;
      if (isForeign && context.atMs - agreement.proposedAtMs < SETTLED_MS) continue;
      agreement.unsigned.shift();
      if (isForeign) agreement.foreignAtMs = context.atMs;
      if (agreement.unsigned.length === 0) agreement.state = 'signed';
      const { id, versionHash } = agreement;
      return plan(next, 'OK', operations.AgreementSign, { agreement: id, versionHash });
    }
    return undefined;
  }

  activate(context: PlanContext): PlannedTransaction | undefined {
    const agreement = this.#agreements.find(
      ({ state, foreignAtMs }) =>
        state === 'signed' && (foreignAtMs === undefined || context.atMs - foreignAtMs >= SETTLED_MS),
    );
    if (agreement === undefined) return undefined;
    agreement.state = 'active';
    return plan(agreement.owner, 'OK', operations.Activate, { agreement: agreement.id });
  }

  /** An agreement in force, each in its turn. */
  active(context: PlanContext): Planned | undefined {
    const active = this.#agreements.filter(({ state }) => state === 'active');
    return active[context.unique() % Math.max(1, active.length)];
  }

  /** Ends the oldest in force, once there is another to go on with. */
  terminate(): PlannedTransaction | undefined {
    const active = this.#agreements.filter(({ state }) => state === 'active');
    const [oldest] = active;
    if (oldest === undefined || active.length < 2) return undefined;
    this.#agreements.splice(this.#agreements.indexOf(oldest), 1);
    const value = { agreement: oldest.id, reason: 'the load goes on without it' };
    return plan(oldest.owner, 'OK', operations.Terminate, value);
  }
}

function otherThan(context: PlanContext, account: Account): Account {
  const other = context.rotate(context.lane.payers);
  return other === account ? context.rotate(context.lane.payers) : other;
}

/** Whom both texts let pass. */
function welcome(context: PlanContext): Subject {
  const number = context.unique();
  const amount = BigInt(number % 1_000);
  return subjectOf(`subject-${number}`, { region: 'EU', classification: 'PII', age: 41n, amount });
}

/** Whom both texts refuse by their first policy. */
function unwelcome(context: PlanContext): Subject {
  return subjectOf(`subject-${context.unique()}`, {
    region: 'BR',
    classification: 'PII',
    age: 41n,
    amount: 1n,
  });
}

function invocation(context: PlanContext, { id, owner }: Planned, subject: Subject, expected: string) {
  // Values of few keys, so that an agreement's store does not fill.
  const entry = context.unique() % 2 === 0 ? 'record' : 'put';
  const value: Invoke = {
    agreement: id,
    entry,
    key: entry === 'put' ? `reading-${context.unique() % 4}` : '',
    value: utf8(`reading ${context.unique()}`),
    subject,
  };
  return plan(owner, expected, operations.Invoke, value);
}

/** Approved by auditors, for the hour before the load began. */
function attestation(
  context: PlanContext,
  { id, owner }: Pick<Planned, 'id' | 'owner'>,
  auditors: number,
  expected: string,
): PlannedTransaction {
  const value = {
    agreement: id,
    controlId: `control-${context.unique()}`,
    periodFromMs: context.startMs - 7_200_000,
    periodToMs: context.startMs - 3_600_000,
    evidenceRoot: freshHash(context, 'evidence'),
    approvals: [],
  };
  const spec = operations.ComplianceAttest;
  const by = { sender: owner, ledger: 'bpi', authority: 'auditors' } as const;
  const keys = context.authorities.auditors.slice(0, auditors);
  return plan(owner, expected, spec, approve(context, by, keys, spec, value));
}

function createScenarios(): OperationScenario[] {
  const portfolio = new Portfolio();
  const payer = (context: PlanContext) => context.rotate(context.lane.payers);
  const nowhere = (context: PlanContext) => freshHash(context, 'no agreement');
  let badTexts = 0;
  /** Something with an agreement in force, if there is one. */
  const onActive =
    (make: (context: PlanContext, agreement: Planned) => PlannedTransaction) =>
    (context: PlanContext): PlannedTransaction | undefined => {
      const agreement = portfolio.active(context);
      return agreement === undefined ? undefined : make(context, agreement);
    };
  return [
    {
      operation: 'AgreementPropose',
      weight: 3,
      succeed: (context) => portfolio.propose(context),
      fail(context) {
        const [status, text] = BAD_TEXTS[badTexts++ % BAD_TEXTS.length] as (typeof BAD_TEXTS)[number];
        const sender = payer(context);
        const value = { yaml: utf8(text), parties: [sender.address] };
        return plan(sender, status, operations.AgreementPropose, value);
      },
    },
    {
      operation: 'AgreementSign',
      weight: 4,
      succeed: (context) => portfolio.sign(context),
      fail: onActive((_, { id, owner, versionHash }) =>
        plan(owner, 'ALREADY_SIGNED', operations.AgreementSign, { agreement: id, versionHash }),
      ),
    },
    {
      operation: 'Activate',
      weight: 3,
      succeed: (context) => portfolio.activate(context),
      fail: (context) =>
        plan(payer(context), 'AGREEMENT_UNKNOWN', operations.Activate, { agreement: nowhere(context) }),
    },
    {
      operation: 'Invoke',
      weight: 20,
      succeed: onActive((context, agreement) => invocation(context, agreement, welcome(context), 'OK')),
      fail: onActive((context, agreement) => invocation(context, agreement, unwelcome(context), 'DENIED')),
    },
    {
      operation: 'PolicyCheck',
      weight: 6,
      succeed: onActive((context, { id, owner }) => {
        const subject = context.unique() % 2 === 0 ? welcome(context) : unwelcome(context);
        const value = { agreement: id, policyId: '', entry: 'record', subject };
        return plan(owner, 'OK', operations.PolicyCheck, value);
      }),
      fail: onActive((context, { id, owner }) => {
        const value = { agreement: id, policyId: 'no-such', entry: 'record', subject: welcome(context) };
        return plan(owner, 'POLICY_UNKNOWN', operations.PolicyCheck, value);
      }),
    },
    {
      operation: 'ComplianceAttest',
      weight: 3,
      succeed: onActive((context, agreement) => attestation(context, agreement, 2, 'OK')),
      fail: onActive((context, agreement) => attestation(context, agreement, 1, 'AUDITORS_TOO_FEW')),
    },
    {
      operation: 'Terminate',
      weight: 2,
      succeed: () => portfolio.terminate(),
      fail: (context) =>
        plan(payer(context), 'AGREEMENT_UNKNOWN', operations.Terminate, {
          agreement: nowhere(context),
          reason: '',
        }),
    },
  ];
}

export const bpiScenarios: LedgerScenarios = { ledger: 'bpi', create: createScenarios };
