import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { secretFilesOf } from '../../node/examine-data-dir.ts';
import { swarmKeyFromFile } from '../../types/invite.ts';
import { fromHex, isHex, toHex } from '../../util/bytes.ts';

/** What stands where a secret was. */
const REMOVED = '[removed]';
/** A shorter text would be found in everything. */
const MIN_SECRET_LENGTH = 6;
/** Secrets that are recognized by their form, whoever they belong to: invites, bearer tokens, swarm keys, PEM keys. */
const PATTERNS: readonly RegExp[] = [
  /mninv1[02-9ac-hj-np-z]+/gi,
  /(?<=\bBearer\s+)[^\s"'\\]+/gi,
  /(?<=\/key\/swarm\/psk\/1\.0\.0\/\s*(?:\\n)?\s*\/base16\/\s*(?:\\n)?\s*)[0-9a-f]{64}/gi,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?-----END [A-Z ]*PRIVATE KEY-----/g,
  /(?<="(?:[a-z_]*(?:token|password|secret|seed|mnemonic|authorization|private_?key|swarm_?key))"\s*:\s*")(?:[^"\\]|\\.)*(?=")/gi,
  /(?<=\b[a-z_]*(?:token|password|secret|seed|mnemonic)=)[^\s&"']+/gi,
];

/** Where secrets are kept. */
export interface SecretSources {
  /** Of nodes, or of testnets with their nodes and accounts. */
  readonly dataDirs: readonly string[];
  readonly swarmKeyFile: string | undefined;
  readonly passwordFiles: readonly string[];
  /** The tokens with which the node is asked. */
  readonly texts: readonly string[];
}

/** Takes out of a text whatever is known to be secret on this machine, and what looks like it. */
export class Secrets {
  readonly #forms: readonly string[];

  private constructor(secrets: readonly string[]) {
    const forms = new Set(secrets.flatMap(formsOf));
    this.#forms = [...forms].sort((a, b) => b.length - a.length);
  }

  static async collect(sources: SecretSources): Promise<Secrets> {
    const { swarmKeyFile, passwordFiles, texts } = sources;
    const nodes = (await Promise.all(sources.dataDirs.map(withNodes))).flat();
    const keyDirs = [
      ...nodes.map((directory) => secretFilesOf(directory).keys),
      ...sources.dataDirs.map((directory) => join(directory, 'accounts')),
    ];
    const files = [
      ...nodes.map((directory) => secretFilesOf(directory).adminToken),
      ...passwordFiles,
      ...(swarmKeyFile === undefined ? [] : [swarmKeyFile]),
    ];
    const contents = await Promise.all(files.map((file) => readFile(file, 'utf8').catch(() => '')));
    const seeds = await Promise.all(keyDirs.map(seedsIn));
    return new Secrets([...texts, ...contents.flatMap(secretsInFile), ...seeds.flat()]);
  }

  removeFrom(text: string): string {
    let clean = text;
    for (const form of this.#forms) clean = clean.replaceAll(form, REMOVED);
    for (const pattern of PATTERNS) clean = clean.replace(pattern, REMOVED);
    return clean;
  }
}

/** A data directory, and those of the nodes of a testnet in it. */
async function withNodes(directory: string): Promise<string[]> {
  const nodes = join(directory, 'nodes');
  const names = await readdir(nodes).catch(() => []);
  return [directory, ...names.map((name) => join(nodes, name))];
}

function secretsInFile(text: string): string[] {
  try {
    return [toHex(swarmKeyFromFile(text))];
  } catch {
    return [text.trim()]; // a token or a password
  }
}

/** The seeds of key files in the clear. */
async function seedsIn(directory: string): Promise<string[]> {
  const names = (await readdir(directory).catch(() => [])).filter((name) => name.endsWith('.json'));
  const texts = await Promise.all(
    names.map((name) => readFile(join(directory, name), 'utf8').catch(() => '')),
  );
  return texts.flatMap((text) => /"seed"\s*:\s*"([0-9a-f]{64})"/.exec(text)?.[1] ?? []);
}

/** A secret as it may have been written: hex also in capitals and as Base64. */
function formsOf(secret: string): string[] {
  if (secret.length < MIN_SECRET_LENGTH) return [];
  if (!isHex(secret)) return [secret];
  const bytes = Buffer.from(fromHex(secret));
  return [secret, secret.toUpperCase(), bytes.toString('base64'), bytes.toString('base64url')];
}
