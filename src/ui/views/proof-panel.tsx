import { useState } from 'preact/hooks';
import { errorMessage } from '../../util/errors.ts';
import { duration, shortened } from '../format.ts';
import type { Verification } from '../live/browser-verifier.ts';
import { useNode } from '../live/node.ts';
import {
  CHECK_MEANINGS,
  type CheckState,
  checkStates,
  FLIPPABLE,
  type Flippable,
  flipped,
  type Proof,
} from '../live/proof-checks.ts';
import { Panel } from '../parts/panel.tsx';

const MARKS: Readonly<Record<CheckState, string>> = { passed: '✓', failed: '✗', 'not-reached': '–' };
const STATES: Readonly<Record<CheckState, string>> = {
  passed: 'passed',
  failed: 'failed',
  'not-reached': 'not reached',
};

/** A genesis that the reader brought; without one the node's is taken. */
interface OwnGenesis {
  readonly name: string;
  readonly json: unknown;
}

type Outcome =
  | { readonly kind: 'none' }
  | { readonly kind: 'working' }
  | { readonly kind: 'failed'; readonly message: string }
  | {
      readonly kind: 'done';
      readonly verification: Verification;
      readonly flippedPart: Flippable | undefined;
    };

/**
 * Checks in this browser that a transaction is final: the certificate of its block, and its path into it. The node is
 * only asked for the proof, and for the genesis unless the reader holds a genesis file.
 */
export function ProofPanel({ txId }: { txId: string }) {
  const { client } = useNode();
  const [outcome, setOutcome] = useState<Outcome>({ kind: 'none' });
  const [part, setPart] = useState<Flippable>('transaction');
  const [own, setOwn] = useState<OwnGenesis>();

  const verify = async (flippedPart: Flippable | undefined) => {
    setOutcome({ kind: 'working' });
    try {
      const [proof, genesis, { verifyHere }] = await Promise.all([
        client.call('chain_getTransactionProof', { txId }),
        own === undefined ? client.call('chain_getGenesis').then((answer) => answer.genesis) : own.json,
        import('../live/browser-verifier.ts'),
      ]);
      const checked: Proof = flippedPart === undefined ? proof : flipped(proof, flippedPart);
      setOutcome({ kind: 'done', verification: verifyHere(checked, genesis), flippedPart });
    } catch (error) {
      setOutcome({ kind: 'failed', message: errorMessage(error) });
    }
  };
  const working = outcome.kind === 'working';
  return (
    <Panel title="Verify in this browser" class="proof" note="nothing is trusted but the genesis">
      <div class="actions">
        <button type="button" class="primary" disabled={working} onClick={() => void verify(undefined)}>
          Verify
        </button>
        <span class="action-group">
          <button type="button" disabled={working} onClick={() => void verify(part)}>
            Flip a byte and verify
          </button>
          <label>
            <span class="hidden">Part in which a byte is flipped</span>
            <select value={part} onChange={({ currentTarget }) => setPart(currentTarget.value as Flippable)}>
              {FLIPPABLE.map((name) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          </label>
        </span>
        <GenesisChoice own={own} onChoice={setOwn} />
      </div>
      <Findings outcome={outcome} />
    </Panel>
  );
}

function GenesisChoice({
  own,
  onChoice,
}: {
  own: OwnGenesis | undefined;
  onChoice: (own: OwnGenesis | undefined) => void;
}) {
  const [wrong, setWrong] = useState(false);
  const take = async (file: File | undefined) => {
    setWrong(false);
    if (file === undefined) return onChoice(undefined);
    try {
      onChoice({ name: file.name, json: JSON.parse(await file.text()) });
    } catch {
      setWrong(true);
    }
  };
  return (
    <label class="file">
      <input
        type="file"
        accept="application/json,.json"
        onChange={({ currentTarget }) => void take(currentTarget.files?.[0])}
      />
      <span>{own === undefined ? 'genesis as this node has it' : `genesis from ${own.name}`}</span>
      <span class="file-button">Take my own …</span>
      {wrong && <span class="bad">that is no JSON</span>}
    </label>
  );
}

function Findings({ outcome }: { outcome: Outcome }) {
  if (outcome.kind === 'none' || outcome.kind === 'working')
    return (
      <output class="findings" data-tone="waiting">
        {outcome.kind === 'working' ? 'checking …' : 'Not checked yet.'}
      </output>
    );
  if (outcome.kind === 'failed')
    return (
      <output class="findings" data-tone="bad">
        {outcome.message}
      </output>
    );
  const { verification, flippedPart } = outcome;
  const { outcome: found, genesisHash, elapsedMs } = verification;
  return (
    <>
      <output class="findings" data-tone={found.valid ? 'good' : 'bad'} data-testid="findings">
        <strong>{found.valid ? 'Final' : 'Refused'}</strong>
        {found.valid
          ? ` at height ${found.height}: ${found.seals} seals of ${found.validators} validators, quorum ${found.quorum}; its status is ${found.status}.`
          : ` by ${found.check}: ${found.message}.`}
        <span class="dim">
          {flippedPart === undefined ? '' : `A byte of the ${flippedPart} was flipped. `}
          genesis {shortened(genesisHash, 10, 6)}, {duration(elapsedMs)} in this browser
        </span>
      </output>
      <ol class="checks">
        {checkStates(found.valid ? undefined : found.check).map(({ name, state }) => (
          <li key={name} data-state={state}>
            <span aria-hidden="true">{MARKS[state]}</span>
            <code>{name}</code>
            <span>{CHECK_MEANINGS[name]}</span>
            <span class="hidden">{STATES[state]}</span>
          </li>
        ))}
      </ol>
    </>
  );
}
