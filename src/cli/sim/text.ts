import type { Campaign, RunFailure } from '../../sim/campaign.ts';
import { ALL_FAULTS, isPossible } from '../../sim/faults/faults.ts';
import { faultTolerance } from '../../types/quorum.ts';
import { type Output, renderTable } from '../output.ts';
import type { SimPart } from './parts.ts';

/** What `metanode sim` prints as JSON. */
interface CampaignResult extends Campaign {
  readonly validators: number;
  readonly seed: string;
  readonly mode: string;
  readonly failures: readonly (RunFailure & { readonly repeat: string })[];
  readonly idleFaults: readonly string[];
  readonly roundsToDecide?: number;
  readonly seconds: number;
  readonly jobs: number;
  readonly heightsPerSecond: number;
  readonly heightsPerCpuSecond: number | undefined;
}

/** The command line that runs one seed of a campaign again. */
export function repeatCommand(part: SimPart, seed: string): string {
  const { validators, heights, mode, faults } = part;
  const possible = ALL_FAULTS.filter((fault) => isPossible(fault, validators, faultTolerance(validators)));
  const names = faults.length === possible.length ? 'all' : faults.join(',') || 'none';
  const run = `--validators ${validators} --seed ${seed} --heights ${heights} --mode ${mode}`;
  return `metanode sim ${run} --faults ${names} --trace`;
}

/** The figures of a campaign for people. */
export function campaignText(result: CampaignResult, output: Output): string {
  const faults = Object.entries(result.faults).map(([name, { runs, struck }]) => [
    name,
    String(runs),
    String(struck),
  ]);
  const lines = [
    ...(faults.length === 0 ? [] : [renderTable(['fault class', 'runs', 'struck'], faults), '']),
    `runs           ${result.runs} of ${result.validators} validators, ${result.ed25519Runs} with Ed25519, ${result.failures.length} failed`,
    `heights        ${result.heights} in ${result.seconds.toFixed(1)} s by ${result.jobs} processes, ${rate(result)}`,
    `virtual time   ${(result.virtualMs / 3_600_000).toFixed(1)} h in ${result.steps} steps`,
    `decided in     ${pairs(result.decisionsByRound, (round) => `round ${round}`)}`,
    `evidence       ${pairs(result.evidence, (offence) => offence)}`,
  ];
  if (result.roundsToDecide !== undefined)
    lines.push(
      `after healing  ${pairs(result.roundsAfterHealing, (rounds) => `${rounds} rounds`)}; the bound is ${result.roundsToDecide}`,
    );
  for (const { seed, code, message, repeat } of result.failures)
    lines.push('', `${output.red('✖')} run ${seed}: ${code}: ${message}`, `  ${repeat}`);
  if (result.failures.length === 0 && result.idleFaults.length === 0)
    lines.push(`${output.green('✔')} no property broken`);
  return lines.join('\n');
}

function rate({ heightsPerSecond, heightsPerCpuSecond }: CampaignResult): string {
  const perCpu =
    heightsPerCpuSecond === undefined ? '' : `, ${Math.round(heightsPerCpuSecond)} per second of a core`;
  return `${Math.round(heightsPerSecond)} per second${perCpu}`;
}

function pairs(counts: Readonly<Record<string, number>>, name: (key: string) => string): string {
  const entries = Object.entries(counts);
  return entries.length === 0 ? 'none' : entries.map(([key, count]) => `${name(key)}: ${count}`).join(', ');
}
