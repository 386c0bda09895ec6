import { createHash } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';

/**
 * Many nodes may share few cores, and optimizing code costs a young process more than it gains: V8 waits this many bytes
 * of executed bytecode before it does (its own default is 67 584).
 */
const OPTIMIZE_AFTER = '--interrupt-budget=500000';
/** The parameters of a CommonJS module (Node.js, "The module wrapper"), without a line break: line numbers stay. */
const WRAPPER = ['(function (exports, require, module, __filename, __dirname) {', '\n})'] as const;

const DIGEST_BYTES = 32;

/** A program of one CommonJS file that keeps what V8 compiled of it beside itself. */
export interface CompiledProgram<Exports> {
  readonly exports: Exports;
  /** Keeps, for the next process, all functions that this one has called so far. @throws the file system's error */
  keepCompiled(): void;
}

/**
 * Loads `program.cjs` with the code that an earlier process compiled, if there is any in `program.cjs.compiled`: a third
 * of what a node does until its first block would be parsing and compiling otherwise. That file begins with the SHA-256
 * of the source and of the rest, because V8 itself only refuses code of another version or for other flags.
 */
export function loadProgram<Exports>(path: string): CompiledProgram<Exports> {
  setFlagsFromString(OPTIMIZE_AFTER);
  const compiledPath = `${path}.compiled`;
  const source = readFileSync(path);
  const script = new Script(WRAPPER.join(source.toString('utf8')), {
    filename: path,
    columnOffset: -WRAPPER[0].length,
    cachedData: readCompiled(compiledPath, source),
  });
  const module = { exports: {} as Exports };
  script.runInThisContext()(module.exports, createRequire(path), module, path, dirname(path));
  return {
    exports: module.exports,
    keepCompiled: () => {
      const unfinished = `${compiledPath}.${process.pid}`;
      const compiled = script.createCachedData();
      writeFileSync(unfinished, Buffer.concat([digestOf(source, compiled), compiled]));
      renameSync(unfinished, compiledPath);
    },
  };
}

/** What was compiled of this source; undefined if there is nothing, or something else. */
function readCompiled(path: string, source: Buffer): Buffer | undefined {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch {
    return undefined;
  }
  const compiled = bytes.subarray(DIGEST_BYTES);
  return digestOf(source, compiled).equals(bytes.subarray(0, DIGEST_BYTES)) ? compiled : undefined;
}

function digestOf(source: Buffer, compiled: Buffer): Buffer {
  return createHash('sha256').update(source).update(compiled).digest();
}
