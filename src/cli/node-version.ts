/** The oldest Node.js that this program runs on (package.json, engines). */
const MINIMUM = { major: 20, minor: 19 } as const;

/** One line that names both versions if `version` (as in process.versions.node) is too old, otherwise undefined. */
export function nodeVersionProblem(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > MINIMUM.major || (major === MINIMUM.major && minor >= MINIMUM.minor)) return undefined;
  return `metanode needs Node.js ${MINIMUM.major}.${MINIMUM.minor} or newer, this is ${version}`;
}
