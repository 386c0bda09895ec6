import type { ProbeStep } from '../node/probe-peer.ts';
import type { Output } from './output.ts';

/** Shows a step of a probe as soon as it is done. */
export function showStep(output: Output, step: ProbeStep): void {
  if (step.ok) output.step(step.step, step.detail);
  else output.note(`${output.red('✖')} ${step.step.padEnd(13)} ${step.reason}: ${step.detail}`);
}
