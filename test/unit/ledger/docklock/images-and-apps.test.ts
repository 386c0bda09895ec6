import assert from 'node:assert/strict';
import { apps } from '../../../../src/ledger/docklock/apps.ts';
import { preAuthenticationEncoding } from '../../../../src/types/dsse.ts';
import type { KindSpec } from '../../../../src/types/operations/catalog.ts';
import { DOCKLOCK } from '../../../../src/types/operations/docklock.ts';
import { utf8 } from '../../../../src/util/bytes.ts';
import type { OrchestrationChain } from '../../../support/cluster-ledger.ts';
import {
  APP,
  deployOf,
  docklockChain,
  IMAGE,
  imageOf,
  owner,
  signers,
  startedChain,
  statementOf,
  stranger,
} from '../../../support/docklock-ledger.ts';

const { operations } = DOCKLOCK;
function send<T>(chain: OrchestrationChain, spec: KindSpec<T>, value: T, sender = owner): string {
  return chain.send(sender, 'docklock', DOCKLOCK, spec, value).status;
}

describe('The pre-authentication encoding', () => {
  it('is that of the example in the DSSE specification', () => {
    const encoded = preAuthenticationEncoding('http://example.com/HelloWorld', utf8('hello world'));
    assert.deepEqual(encoded, utf8('DSSEv1 29 http://example.com/HelloWorld 11 hello world'));
  });
});

describe('ImageRegister', () => {
  it('takes an image whose provenance the signers attested, once', () => {
    const chain = docklockChain();
    assert.equal(send(chain, operations.ImageRegister, imageOf(), stranger), 'OK');
    assert.equal(send(chain, operations.ImageRegister, imageOf()), 'IMAGE_EXISTS');
  });

  it('refuses too few, unknown, repeated and wrong signatures', () => {
    const chain = docklockChain();
    const [one, two, three] = signers;
    const payload = utf8(JSON.stringify(statementOf(IMAGE)));
    const register = (change: object) => send(chain, operations.ImageRegister, { ...imageOf(), ...change });
    assert.equal(register(imageOf(payload, [one])), 'PROVENANCE_SIGNATURES_TOO_FEW');
    assert.equal(register(imageOf(payload, [one, stranger])), 'PROVENANCE_KEY_UNKNOWN');
    assert.equal(register(imageOf(payload, [one, one])), 'PROVENANCE_KEY_REPEATED');
    assert.equal(
      register({ payload: utf8(`${JSON.stringify(statementOf(IMAGE))} `) }),
      'PROVENANCE_SIGNATURE_WRONG',
    );
    assert.equal(register(imageOf(payload, [two, three])), 'OK');
  });

  it('refuses what is no statement about the provenance of this image', () => {
    const chain = docklockChain();
    const about = (value: unknown) =>
      send(
        chain,
        operations.ImageRegister,
        imageOf(utf8(typeof value === 'string' ? value : JSON.stringify(value))),
      );
    const good = statementOf(IMAGE);
    assert.equal(about('not json'), 'INVALID_STATEMENT');
    assert.equal(about('[]'), 'INVALID_STATEMENT');
    assert.equal(about('['.repeat(16_000)), 'INVALID_STATEMENT');
    assert.equal(about({ ...good, _type: 'https://in-toto.io/Statement/v0.1' }), 'INVALID_STATEMENT');
    assert.equal(about({ ...good, subject: 'x' }), 'INVALID_STATEMENT');
    assert.equal(about({ ...good, predicateType: 'https://example.com/vibes' }), 'WRONG_PREDICATE');
    assert.equal(about({ ...good, predicate: null }), 'WRONG_PREDICATE');
    assert.equal(about(statementOf('5b'.repeat(32))), 'WRONG_SUBJECT');
    assert.equal(about({ ...good, subject: [null, 7, { digest: 'x' }] }), 'WRONG_SUBJECT');
    const register = (change: object) => send(chain, operations.ImageRegister, { ...imageOf(), ...change });
    assert.equal(register({ mediaType: 'text/plain' }), 'INVALID_MEDIA_TYPE');
    assert.equal(register({ payloadType: 'text/plain' }), 'WRONG_PAYLOAD_TYPE');
    assert.equal(register({ size: 0 }), 'EMPTY_IMAGE');
  });
});

describe('Deploy', () => {
  it('refuses unknown images, bad names, limits, replicas and networks', () => {
    const chain = docklockChain();
    const deploy = (change = {}) => send(chain, operations.Deploy, deployOf(change));
    assert.equal(deploy(), 'IMAGE_UNKNOWN');
    send(chain, operations.ImageRegister, imageOf());
    assert.equal(deploy({ name: 'a/b' }), 'INVALID_NAME');
    assert.equal(deploy({ replicas: 0 }), 'INVALID_REPLICA_COUNT');
    assert.equal(deploy({ replicas: 33 }), 'INVALID_REPLICA_COUNT');
    assert.equal(deploy({ limits: { ...deployOf().limits, pids: 0 } }), 'INVALID_LIMITS');
    assert.equal(deploy({ network: 'allowlist' }), 'INVALID_ALLOWLIST');
    assert.equal(deploy({ allowlist: ['example.com'] }), 'INVALID_ALLOWLIST');
    assert.equal(deploy({ network: 'allowlist', allowlist: ['exa mple'] }), 'INVALID_ALLOWLIST');
    assert.equal(deploy({ deterministic: true }), 'NOT_DETERMINISTIC');
    assert.equal(
      deploy({ deterministic: true, seccomp: '11'.repeat(32), readOnlyRoot: false }),
      'NOT_DETERMINISTIC',
    );
    assert.equal(deploy({ deterministic: true, seccomp: '11'.repeat(32) }), 'OK');
    assert.equal(deploy(), 'APP_EXISTS');
    assert.equal(send(chain, operations.Deploy, deployOf(), stranger), 'OK', 'names belong to their owner');
  });
});

describe('Start, Stop, Scale, Update and Delete', () => {
  it('change what is wanted, one generation after the other', () => {
    const chain = startedChain();
    const app = () => apps.get(chain.state.reader('docklock'), APP);
    const at = (expectedGeneration: number) => ({ app: APP, expectedGeneration });
    assert.equal(app()?.desired, 'running');
    assert.equal(send(chain, operations.Stop, { ...at(2), graceMs: 500 }), 'OK');
    assert.equal(send(chain, operations.Stop, { ...at(3), graceMs: 500 }), 'NOTHING_CHANGES');
    assert.equal(send(chain, operations.Scale, { ...at(3), replicas: 5 }), 'OK');
    assert.equal(send(chain, operations.Scale, { ...at(4), replicas: 5 }), 'NOTHING_CHANGES');
    const limits = { cpuMilli: 1, memoryMib: 2, diskMib: 3, pids: 4 };
    assert.equal(send(chain, operations.Update, { ...at(4), image: [], limits: [limits] }), 'OK');
    assert.equal(send(chain, operations.Update, { ...at(5), image: [], limits: [] }), 'NOTHING_CHANGES');
    assert.equal(
      send(chain, operations.Update, { ...at(5), image: ['77'.repeat(32)], limits: [] }),
      'IMAGE_UNKNOWN',
    );
    assert.deepEqual([app()?.generation, app()?.replicas, app()?.desired], [5, 5, 'stopped']);
    assert.deepEqual(app()?.limits, limits);
    assert.equal(send(chain, operations.Delete, at(5)), 'OK');
    assert.equal(send(chain, operations.Start, at(6)), 'APP_DELETED');
  });

  it('are the owner’s alone, and for the generation that it knows', () => {
    const chain = startedChain();
    const at = (expectedGeneration: number, app = APP) => ({ app, expectedGeneration });
    assert.equal(send(chain, operations.Start, at(2), stranger), 'NOT_APP_OWNER');
    assert.equal(send(chain, operations.Start, at(1)), 'GENERATION_CHANGED');
    assert.equal(send(chain, operations.Delete, at(2, '99'.repeat(32))), 'APP_UNKNOWN');
  });
});
