import { readdirSync, readFileSync } from 'node:fs';

/** Runs alone, after the others: its 21 processes need the whole machine. */
const ALONE = 'e2e/testnet-21.test.ts';
/** Those that take longest come first, so that nothing long begins when the other workers are done. */
const LONGEST = ['testnet', 'readme', 'catch-up', 'crashes', 'testnet-changes', 'joining', 'testnet-run'];

const filesIn = (...folders) =>
  folders.flatMap((folder) =>
    readdirSync(new URL(`test/${folder}/`, import.meta.url), { recursive: true })
      .filter((name) => name.endsWith('.test.ts') && `${folder}/${name}` !== ALONE)
      .map((name) => `test/${folder}/${name}`)
      .sort(),
  );

const rank = (file) => {
  const index = LONGEST.findIndex((name) => file === `test/e2e/${name}.test.ts`);
  return index < 0 ? LONGEST.length : index;
};
// Real nodes wait for one another most of the time, everything else computes: mixed, they keep the cores busy.
const waiting = filesIn('e2e').sort((a, b) => rank(a) - rank(b));
const computing = filesIn('sim', 'property', 'compliance', 'unit');
const share = Math.ceil(computing.length / waiting.length);

export default {
  ...JSON.parse(readFileSync(new URL('.mocharc.json', import.meta.url), 'utf8')),
  parallel: true,
  jobs: 4,
  spec: waiting.flatMap((file, index) => [file, ...computing.slice(index * share, (index + 1) * share)]),
};
