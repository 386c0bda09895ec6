import { Worker } from 'node:worker_threads';

/** One signature to check. The key has 32 bytes, the signature 64. */
interface Check {
  readonly key: Uint8Array;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
  readonly settle: (answer: boolean | undefined) => void;
}

const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;

/**
 * What the thread runs: it gets keys, signatures and messages one behind the other in one buffer with the lengths of the
 * messages, and answers with a byte for each. As text, so that it is the same in the bundle, in a source tree and below
 * a loader of TypeScript.
 */
const PROGRAM = `
const { parentPort, workerData } = require('node:worker_threads');
const sodium = require(workerData);
parentPort.on('message', ({ bytes, lengths }) => {
  const answers = new Uint8Array(lengths.length);
  let keyAt = 0;
  for (let i = 0; i < lengths.length; i++) {
    const signatureAt = keyAt + ${KEY_BYTES};
    const messageAt = signatureAt + ${SIGNATURE_BYTES};
    const valid = sodium.crypto_sign_verify_detached(
      bytes, signatureAt, ${SIGNATURE_BYTES}, bytes, messageAt, lengths[i], bytes, keyAt, ${KEY_BYTES});
    answers[i] = valid ? 1 : 0;
    keyAt = messageAt + lengths[i];
  }
  parentPort.postMessage(answers);
});
`;

/**
 * A thread that checks signatures with libsodium, which takes half the time of OpenSSL on Node's thread pool, and goes
 * over to it with all checks that are asked for one right after the other. It does not keep the process running.
 */
export class CheckThread {
  readonly #worker: Worker;
  #collected: Check[] = [];
  /** Handed over, the oldest first: the thread answers in order. */
  readonly #underWay: Check[][] = [];
  #waiting = 0;
  #ended = false;

  /** `addon` is the path of the native code of libsodium. */
  constructor(addon: string) {
    this.#worker = new Worker(PROGRAM, { eval: true, workerData: addon, execArgv: [], stdin: false });
    this.#worker.on('message', (answers: Uint8Array) => this.#onAnswers(answers));
    // What was handed over to a thread that cannot go on has no answer; its caller checks it in another way.
    this.#worker.on('error', () => this.#end());
    this.#worker.on('exit', () => this.#end());
    this.#worker.unref();
  }

  /** Checks without an answer. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Whether the signature is good; undefined if the thread ended before it knew. */
  verify(key: Uint8Array, message: Uint8Array, signature: Uint8Array): Promise<boolean | undefined> {
    if (key.length !== KEY_BYTES || signature.length !== SIGNATURE_BYTES) return Promise.resolve(false);
    if (this.#ended) return Promise.resolve(undefined);
    if (this.#waiting++ === 0) this.#worker.ref();
    // Not in the next turn of the event loop: who asks for all signatures of a block may execute another one before.
    if (this.#collected.length === 0) queueMicrotask(() => this.#handOver());
    return new Promise((settle) => {
      this.#collected.push({ key, message, signature, settle });
    });
  }

  #handOver(): void {
    const checks = this.#collected;
    this.#collected = [];
    if (this.#ended) {
      settleAll(checks);
      return;
    }
    const lengths = checks.map(({ message }) => message.length);
    const size = lengths.reduce((sum, length) => sum + KEY_BYTES + SIGNATURE_BYTES + length, 0);
    const bytes = new Uint8Array(size);
    let offset = 0;
    for (const { key, signature, message } of checks)
      for (const part of [key, signature, message]) {
        bytes.set(part, offset);
        offset += part.length;
      }
    this.#underWay.push(checks);
    this.#worker.postMessage({ bytes: bytes.buffer, lengths }, [bytes.buffer]);
  }

  #onAnswers(answers: Uint8Array): void {
    const checks = this.#underWay.shift() ?? [];
    this.#waiting -= checks.length;
    if (this.#waiting === 0) this.#worker.unref();
    for (const [position, { settle }] of checks.entries()) settle(answers[position] === 1);
  }

  #end(): void {
    this.#ended = true;
    settleAll(this.#underWay.splice(0).flat());
  }
}

function settleAll(checks: readonly Check[]): void {
  for (const { settle } of checks) settle(undefined);
}
