import { signKeyRotate, signValJoin, type ValidatorKeys } from '../../src/client/bpci-operations.ts';
import { sha256 } from '../../src/crypto/hash.ts';
import { vrfKeyPairFromSeed } from '../../src/crypto/vrf.ts';
import { MICRO } from '../../src/types/names.ts';
import { BPCI } from '../../src/types/operations/bpci.ts';
import { ECONOMY } from '../../src/types/operations/economy.ts';
import { BOND_PURPOSE } from '../../src/types/operations/settlement-messages.ts';
import { quorum } from '../../src/types/quorum.ts';
import { toHex, utf8 } from '../../src/util/bytes.ts';
import { type Account, deriveValidator, type ValidatorIdentity } from '../identities.ts';
import { plan } from './planning.ts';
import type { PlanContext, Story, StoryStage } from './scenario.ts';

const BOND = 100n * MICRO;
/** A change of the set that block h decides holds from h + 2 on. */
const BLOCKS_UNTIL_EFFECTIVE = 3;

function keysOf({ consensus, vrf }: ValidatorIdentity): ValidatorKeys {
  return { consensus, vrf: vrfKeyPairFromSeed(vrf.seed) };
}

function join(context: PlanContext, identity: ValidatorIdentity, bondRef: string, expected: string) {
  const { account } = identity;
  const value = signValJoin(context.genesisHash, account.address, keysOf(identity), bondRef);
  return plan(account, expected, BPCI.operations.ValJoin, value);
}

function vote(
  voter: ValidatorIdentity,
  candidate: ValidatorIdentity,
  expected: string,
  decision: 'admit' | 'remove' = 'admit',
) {
  const value = { candidate: candidate.account.address, decision };
  return plan(voter.account, expected, BPCI.operations.ValVote, value);
}

function rotate(context: PlanContext, from: ValidatorIdentity, to: ValidatorIdentity, expected: string) {
  const { account, consensus } = from;
  const rotation = { validator: account.address, nonce: context.nonceOf(account, 'bpci') };
  const value = signKeyRotate(context.genesisHash, rotation, consensus, keysOf(to));
  return plan(account, expected, BPCI.operations.KeyRotate, value);
}

function leave(identity: ValidatorIdentity, expected: string) {
  return plan(identity.account, expected, BPCI.operations.ValLeave, {
    validator: identity.account.address,
  });
}

function bondRef(context: PlanContext, account: Account): string {
  return toHex(sha256(utf8(`bond ${account.name} ${context.seed} ${context.runId}`)));
}

async function lockBond(stage: StoryStage, account: Account): Promise<boolean> {
  const value = {
    ledger: 'bpci' as const,
    purpose: BOND_PURPOSE,
    ref: bondRef(stage.context, account),
    token: 'GEN' as const,
    amount: BOND,
  };
  return await stage.send('economy', plan(account, 'OK', ECONOMY.operations.Lock, value));
}

/** Each validator operation once by somebody who may not. */
async function playRefusals(stage: StoryStage, candidates: readonly ValidatorIdentity[]): Promise<void> {
  const [first, second] = candidates as [ValidatorIdentity, ValidatorIdentity];
  const { context } = stage;
  const noBond = toHex(sha256(utf8(`no bond ${context.runId}`)));
  await stage.send('bpci', join(context, first, noBond, 'BOND_UNKNOWN'));
  await stage.send('bpci', vote(second, first, 'NOT_A_VALIDATOR'));
  await stage.send('bpci', rotate(context, second, first, 'NOT_REGISTERED'));
  await stage.send('bpci', leave(second, 'NOT_REGISTERED'));
}

/** A candidate joins with a fresh bond and is voted in by a quorum of `members`. Returns whether it is in. */
async function playAdmission(
  stage: StoryStage,
  candidate: ValidatorIdentity,
  members: readonly ValidatorIdentity[],
): Promise<boolean> {
  const { context } = stage;
  if (!(await lockBond(stage, candidate.account))) return false;
  if (!(await stage.send('bpci', join(context, candidate, bondRef(context, candidate.account), 'OK'))))
    return false;
  const voters = members.slice(0, quorum(members.length));
  const votes = await Promise.all(voters.map((voter) => stage.send('bpci', vote(voter, candidate, 'OK'))));
  await stage.waitBlocks(BLOCKS_UNTIL_EFFECTIVE);
  return votes.every(Boolean);
}

/** A validator contradicts itself. That it is jailed shows in the vote to remove it, which would count otherwise. */
async function playDoubleSigning(stage: StoryStage, offender: ValidatorIdentity): Promise<void> {
  const [voter] = stage.context.validators;
  if (voter === undefined) return;
  await stage.doubleSign(offender);
  await stage.send('bpci', vote(voter, offender, 'NOT_A_VALIDATOR', 'remove'));
}

/**
 * Key sets beyond those of genesis join, rotate their keys and leave; the first of them signs two votes for one round
 * before, and is jailed. No node runs with them, so the set has silent
 * members meanwhile, which a chain must bear; where the validators that do run would be no quorum of the larger set
 * (a testnet of one, for example), a candidate stays out.
 */
export const validatorStory: Story = {
  ledger: 'bpci',
  async play(stage) {
    const { context } = stage;
    const names = context.lane.candidates.map(({ account }) => account.name);
    // Keys that once stood in a set stay reserved, so every run brings its own.
    const candidates = names.map((name) => deriveValidator(context.seed, name, 2 * context.runId));
    await playRefusals(stage, candidates);
    const online = context.validators.length;
    const admitted: ValidatorIdentity[] = [];
    for (const candidate of candidates) {
      const members = [...context.validators, ...admitted];
      if (quorum(members.length + 1) > online) break;
      if (await playAdmission(stage, candidate, members)) admitted.push(candidate);
    }
    const rotated = admitted.map(({ account }) =>
      deriveValidator(context.seed, account.name, 2 * context.runId + 1),
    );
    for (const [index, candidate] of admitted.entries())
      await stage.send('bpci', rotate(context, candidate, rotated[index] as ValidatorIdentity, 'OK'));
    await stage.waitBlocks(BLOCKS_UNTIL_EFFECTIVE);
    const [offender] = rotated;
    if (offender !== undefined) await playDoubleSigning(stage, offender);
    for (const candidate of admitted) await stage.send('bpci', leave(candidate, 'OK'));
    await stage.waitBlocks(BLOCKS_UNTIL_EFFECTIVE);
  },
};
