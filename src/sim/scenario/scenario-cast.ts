import { certificateOf } from '../../consensus/commit-certificate.ts';
import type { ParentBlock, ProposedBlock } from '../../consensus/contract.ts';
import type { Certificate } from '../../types/certificate.ts';
import {
  type CommitMessage,
  type ConsensusMessage,
  NOT_PREPARED,
  type PrepareMessage,
  type ProposalMessage,
  type RoundChangeMessage,
  type SignedVote,
  ZERO_HASH,
} from '../../types/consensus-message.ts';
import { type Validator, ValidatorSet } from '../../types/validator.ts';
import { NodeError } from '../../util/errors.ts';
import { makeBlock, parentFrom } from '../blocks.ts';
import { Signatures } from '../signatures.ts';
import { GENESIS } from '../world.ts';
import type {
  MessageTemplate,
  RoundChangeTemplate,
  Scenario,
  ScenarioErrorCode,
  VoteTemplate,
} from './scenario-schema.ts';

/** Strangers that may speak up beside the validators of a scenario. */
const STRANGERS = 64;

/** The validators and blocks of a scenario under their names, and every message that anybody may send. */
export class ScenarioCast {
  readonly signatures = new Signatures(GENESIS.hash);
  readonly validators: ValidatorSet;
  readonly names = { blocks: new Map<string, string>(), validators: new Map<string, string>() };
  readonly #everyone: readonly Validator[];
  readonly #blocks = new Map<string, ProposedBlock>();
  readonly #recipes: Scenario['blocks'];

  constructor(scenario: Scenario) {
    this.#recipes = scenario.blocks;
    this.#everyone = Array.from({ length: STRANGERS }, (_, index) => validatorAt(index));
    for (const [index, { id }] of this.#everyone.entries()) this.names.validators.set(id, `v${index}`);
    this.validators = new ValidatorSet(this.#everyone.slice(0, scenario.validators));
    for (const name of Object.keys(scenario.blocks)) this.block(name);
  }

  validator(index: number): Validator {
    return this.#everyone[index] as Validator;
  }

  /** The block of a name. @throws NodeError SCENARIO_INVALID if it has no recipe */
  block(name: string): ProposedBlock {
    const known = this.#blocks.get(name);
    if (known !== undefined) return known;
    const recipe = this.#recipes[name];
    if (recipe === undefined)
      throw new NodeError<ScenarioErrorCode>('SCENARIO_INVALID', `no block is named ${name}`, {
        data: { name },
      });
    const parent: ParentBlock = recipe.parent === undefined ? GENESIS : parentFrom(this.block(recipe.parent));
    const block = makeBlock({
      parent,
      proposer: this.validator(recipe.proposer).id,
      timeMs: parent.timeMs + recipe.afterMs,
      validators: this.validators,
      salt: [...name].reduce((sum, character) => Math.imul(sum, 31) + character.charCodeAt(0), 7),
      hasBadStateRoot: recipe.invalid,
    });
    this.introduce(name, block);
    return block;
  }

  /** Gives a block that a host has built a name. */
  introduce(name: string, block: ProposedBlock): void {
    this.#blocks.set(name, block);
    this.names.blocks.set(block.hash, name);
  }

  introduceIfNew(block: ProposedBlock): void {
    if (!this.names.blocks.has(block.hash)) this.introduce(block.hash.slice(0, 8), block);
  }

  message(template: MessageTemplate): ConsensusMessage {
    const { forge } = template;
    const message = this.#signed(template);
    if (forge === undefined) return message;
    const forged = copyOf(message);
    for (const [path, value] of Object.entries(forge)) this.#set(forged, path, value);
    return forged;
  }

  certificate(block: ProposedBlock, round: number, by: readonly number[]): Certificate {
    const { height } = block.proposal.header;
    const vote = { round, height };
    return certificateOf(
      by.map((from) => this.#commit({ from, ...vote }, block).commit),
      this.validators,
    );
  }

  #signed(template: MessageTemplate): ConsensusMessage {
    switch (template.kind) {
      case 'proposal': {
        const block = this.block(template.block);
        const unsigned = {
          kind: 'proposal' as const,
          ...this.#place(template, block),
          block,
          roundChanges: template.roundChanges.map((entry) => this.#roundChange(entry, [], block).roundChange),
          prepares: this.#prepares(template.prepares),
        };
        return this.#attributed(
          template,
          this.signatures.sign(unsigned, this.#signer(template)),
        ) as ProposalMessage;
      }
      case 'prepare':
        return this.#prepare(template, this.block(template.block));
      case 'commit':
        return this.#commit(template, this.block(template.block));
      case 'round-change':
        return this.#roundChange(template, this.#prepares(template.prepares));
      case 'decided': {
        const block = this.block(template.block);
        const certificate = this.certificate(block, template.round, template.by);
        return { kind: 'decided', block: block.proposal, certificate };
      }
    }
  }

  #prepares(templates: readonly VoteTemplate[]): SignedVote[] {
    return templates.map((template) => this.#prepare(template, this.block(template.block)).prepare);
  }

  #prepare(template: Omit<VoteTemplate, 'block'>, block: ProposedBlock): PrepareMessage {
    const unsigned = {
      kind: 'prepare' as const,
      ...this.#place(template, block),
      blockHash: block.hash,
      block,
    };
    return this.#attributed(
      template,
      this.signatures.sign(unsigned, this.#signer(template)),
    ) as PrepareMessage;
  }

  #commit(template: Omit<VoteTemplate, 'block'>, block: ProposedBlock): CommitMessage {
    const unsigned = {
      kind: 'commit' as const,
      ...this.#place(template, block),
      blockHash: block.hash,
      prepares: [],
    };
    return this.#attributed(
      template,
      this.signatures.sign(unsigned, this.#signer(template)),
    ) as CommitMessage;
  }

  /** The height is that of the prepared block, or of the block around it. */
  #roundChange(
    template: RoundChangeTemplate,
    prepares: SignedVote[],
    around?: ProposedBlock,
  ): RoundChangeMessage {
    const { prepared } = template;
    const block = prepared?.block === undefined ? undefined : this.block(prepared.block);
    const place = this.#place(template, block ?? around);
    const unsigned = {
      kind: 'round-change' as const,
      ...place,
      preparedRound: prepared?.round ?? NOT_PREPARED,
      preparedHash: block?.hash ?? ZERO_HASH,
      prepares,
    };
    return this.#attributed(
      template,
      this.signatures.sign(unsigned, this.#signer(template)),
    ) as RoundChangeMessage;
  }

  #place(
    { height, round }: { height?: number | undefined; round: number },
    block: ProposedBlock | undefined,
  ) {
    return { height: height ?? block?.proposal.header.height ?? 1, round };
  }

  #signer({ from, signedBy = from }: { from: number; signedBy?: number | undefined }): Validator {
    return this.validator(signedBy);
  }

  /** Puts `from` down as the signer, whoever signed. */
  #attributed(
    { from, signedBy }: { from: number; signedBy?: number | undefined },
    message: ConsensusMessage,
  ): ConsensusMessage {
    if (signedBy === undefined) return message;
    const signer = this.validator(from).id;
    switch (message.kind) {
      case 'proposal':
        return { ...message, proposal: { ...message.proposal, signer } };
      case 'prepare':
        return { ...message, prepare: { ...message.prepare, signer } };
      case 'commit':
        return { ...message, commit: { ...message.commit, signer } };
      case 'round-change':
        return { ...message, roundChange: { ...message.roundChange, signer } };
      case 'decided':
        return message;
    }
  }

  #set(message: object, path: string, value: string | number): void {
    const keys = path.split('.');
    const last = keys.pop() as string;
    let target = message as Record<string, unknown>;
    for (const key of keys) target = (target?.[key] ?? {}) as Record<string, unknown>;
    if (!Object.hasOwn(target, last))
      throw new NodeError<ScenarioErrorCode>('SCENARIO_INVALID', `a message has no field ${path}`, {
        data: { path },
      });
    target[last] =
      typeof value === 'string' && value.startsWith('@') ? this.#reference(value.slice(1)) : value;
  }

  #reference(name: string): string {
    const index = /^v(\d+)$/.exec(name)?.[1];
    return index === undefined ? this.block(name).hash : this.validator(Number(index)).id;
  }
}

/** Plain objects and lists are copied to the ground, all else is shared. */
function copyOf<T>(value: T): T {
  if (Array.isArray(value)) return value.map(copyOf) as T;
  if (value === null || typeof value !== 'object' || Object.getPrototypeOf(value) !== Object.prototype)
    return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, copyOf(item)])) as T;
}

/** Ids and keys are the index in every byte, so that the order of the set is that of the indexes. */
function validatorAt(index: number): Validator {
  const byte = (index + 1).toString(16).padStart(2, '0').repeat(32);
  return { id: byte, consensusKey: byte, vrfKey: byte };
}
