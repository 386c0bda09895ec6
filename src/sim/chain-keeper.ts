import type { ParentBlock, ProposedBlock } from '../consensus/contract.ts';
import { type Certificate, certificateFault } from '../types/certificate.ts';
import { isValidBlock, makeBlock, parentFrom } from './blocks.ts';
import type { Packet } from './network.ts';
import { GENESIS, type World } from './world.ts';

interface DecidedBlock {
  readonly block: ProposedBlock;
  readonly certificate: Certificate;
}

const CATCH_UP_INTERVAL_MS = 300;
const FETCHES_AT_ONCE = 3;

/** The blocks of one node: its chain, which survives crashes, those under consideration, and catching up. */
export class ChainKeeper {
  /** Decided blocks from height 1 on. */
  readonly blocks: DecidedBlock[] = [];
  readonly #index: number;
  readonly #world: World;
  /** Blocks seen since the start of the process: what block requests are answered from. */
  #candidates = new Map<string, ProposedBlock>();
  #catchUpTo = 0;
  #isCatchUpScheduled = false;

  constructor(index: number, world: World) {
    this.#index = index;
    this.#world = world;
  }

  get height(): number {
    return this.blocks.length;
  }

  get head(): ParentBlock {
    const last = this.blocks.at(-1);
    return last === undefined ? GENESIS : parentFrom(last.block);
  }

  /** Everything in memory is gone. */
  crash(): void {
    this.#candidates.clear();
    this.#catchUpTo = 0;
    this.#isCatchUpScheduled = false;
  }

  /** A height starts: of the candidates only those in the journal are still of use. */
  keepOnly(candidates: readonly ProposedBlock[]): void {
    this.#candidates = new Map(candidates.map((block) => [block.hash, block]));
  }

  addCandidate(block: ProposedBlock): void {
    this.#candidates.set(block.hash, block);
  }

  /** The next block, by the clock of its builder. */
  build(proposer: string, wallMs: number): ProposedBlock {
    const { random, settings } = this.#world;
    const parent = this.head;
    const timeMs = Math.max(wallMs, parent.timeMs + settings.minBlockIntervalMs);
    const block = makeBlock({ parent, proposer, timeMs, ...this.#nextSets, salt: random.uint32() >>> 4 });
    this.addCandidate(block);
    return block;
  }

  isValidNext(block: ProposedBlock): boolean {
    const { minBlockIntervalMs } = this.#world.settings;
    return isValidBlock(block, { parent: this.head, ...this.#nextSets, minBlockIntervalMs });
  }

  get #nextSets() {
    const { validators } = this.#world;
    return { validators: validators.at(this.height + 1), nextValidators: validators.at(this.height + 2) };
  }

  append(block: ProposedBlock, certificate: Certificate): void {
    this.blocks.push({ block, certificate });
  }

  fetch(height: number, blockHash: string, from: readonly string[]): void {
    for (const id of this.#world.random.sample(from, FETCHES_AT_ONCE)) {
      const peer = this.#world.validators.indexOf(id);
      if (peer !== undefined && peer !== this.#index)
        this.#world.transmit(this.#index, peer, { kind: 'block-request', height, blockHash });
    }
  }

  sendDecided(to: string, height: number): void {
    const decided = this.blocks[height - 1];
    const peer = this.#world.validators.indexOf(to);
    if (decided === undefined || peer === undefined) return;
    const { block, certificate } = decided;
    const message = { kind: 'decided' as const, block: block.proposal, certificate };
    this.#world.transmit(this.#index, peer, { kind: 'consensus', message });
  }

  /** Others are known to have this height. */
  isBehind(height: number, life: number): void {
    this.#catchUpTo = Math.max(this.#catchUpTo, height);
    this.catchUp(life);
  }

  /** Tells all others the own head, as nodes do when they meet and from time to time. */
  tellStatus(isGreeting: boolean): void {
    const { validators } = this.#world;
    for (let to = 0; to < validators.ids.length; to++)
      if (to !== this.#index)
        this.#world.transmit(this.#index, to, { kind: 'status', height: this.height, isGreeting });
  }

  /** In the midst of things others are often one block ahead for a moment; when nodes meet, one block counts. */
  onStatus(from: number, height: number, isGreeting: boolean, life: number): void {
    if (height > this.height + (isGreeting ? 0 : 1)) this.isBehind(height, life);
    if (isGreeting && height < this.height)
      this.#world.transmit(this.#index, from, { kind: 'status', height: this.height, isGreeting });
  }

  /** The disk is new: the chain is gone. */
  lose(): void {
    this.blocks.length = 0;
  }

  onCatchUpTimer(life: number): void {
    this.#isCatchUpScheduled = false;
    this.catchUp(life);
  }

  /** Asks a random peer for the next block until the height is reached that others are known to have. */
  catchUp(life: number): void {
    const { random, validators } = this.#world;
    const height = this.height + 1;
    const nodes = validators.ids.length;
    if (height > this.#catchUpTo || nodes === 1) return;
    const peer = (this.#index + random.between(1, nodes - 1)) % nodes;
    this.#world.transmit(this.#index, peer, { kind: 'sync-request', height });
    if (this.#isCatchUpScheduled) return;
    this.#isCatchUpScheduled = true;
    this.#world.schedule(this.#index, CATCH_UP_INTERVAL_MS, { kind: 'catch-up', life });
  }

  /** Answers what others ask for. */
  onRequest(from: number, packet: Extract<Packet, { kind: 'block-request' | 'sync-request' }>): void {
    const { height } = packet;
    const decided = this.blocks[height - 1];
    if (packet.kind === 'sync-request') {
      if (decided !== undefined) this.#world.transmit(this.#index, from, { kind: 'sync-answer', ...decided });
      return;
    }
    const block =
      decided?.block.hash === packet.blockHash ? decided.block : this.#candidates.get(packet.blockHash);
    if (block !== undefined) this.#world.transmit(this.#index, from, { kind: 'block-answer', height, block });
  }

  /** Whether a block from sync is the next one and its certificate holds. */
  isCertifiedNext(block: ProposedBlock, certificate: Certificate): boolean {
    const { signatures } = this.#world;
    const height = this.height + 1;
    const validators = this.#world.validators.at(height);
    const message = { kind: 'decided' as const, block: block.proposal, certificate };
    return (
      certificateFault(certificate, { height, blockHash: block.hash, validators }) === undefined &&
      signatures.faultOf(message, validators) === undefined
    );
  }
}
