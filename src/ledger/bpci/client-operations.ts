import { type BlockHeader, hashHeader } from '../../types/block.ts';
import {
  type LightBlock,
  type LightBlockFault,
  lightBlockFault,
  orderedValidators,
} from '../../types/light-block.ts';
import { BPCI, type BpciStatus } from '../../types/operations/bpci.ts';
import {
  type ClientCreate,
  type ClientMisbehaviour,
  type ClientUpdate,
  clientId,
} from '../../types/operations/bpci-clients.ts';
import type { Hash } from '../../types/ssz-bytes.ts';
import { LIMITS } from '../../util/limits.ts';
import type { OperationContext, StateReader } from '../seam.ts';
import { addHeader, type Client, clientHeader, clients, isTrusted, latestHeight } from './clients.ts';
import { failure } from './failure.ts';

/**
 * A light client of another chain, as in CometBFT's light client verification and ICS-02, with one rule less: the
 * validators of a header are exactly those that the last header named, so there is no skipping by a third of old
 * validators; who skips a change of the set brings the header that made it. Cheap refusals come before signatures.
 */

const { ClientCreated, ClientUpdated, ClientFrozen } = BPCI.events;

const STATUS_OF_FAULT: Record<LightBlockFault, BpciStatus> = {
  UNKNOWN_HEADER_VERSION: 'HEADER_VERSION_UNKNOWN',
  WRONG_VALIDATORS: 'VALIDATORS_NOT_OF_HEADER',
  WRONG_HEIGHT: 'CERTIFICATE_OF_OTHER_BLOCK',
  WRONG_BLOCK: 'CERTIFICATE_OF_OTHER_BLOCK',
  WRONG_SET_SIZE: 'CERTIFICATE_WRONG_SET_SIZE',
  SEAL_COUNT: 'CERTIFICATE_SEAL_COUNT',
  BELOW_QUORUM: 'CERTIFICATE_BELOW_QUORUM',
  BAD_SEAL: 'CERTIFICATE_BAD_SEAL',
};

function assertFinal(block: LightBlock, genesisHash: Hash): void {
  const fault = lightBlockFault(block, genesisHash);
  if (fault !== undefined) throw failure(STATUS_OF_FAULT[fault], `block ${block.header.height}: ${fault}`);
}

/** Rule time lags behind by up to an empty block, and the clocks of two chains differ. */
function assertNotFromFuture(header: BlockHeader, { timeMs, parameters }: OperationContext): void {
  if (header.timeMs > timeMs + parameters.emptyBlockIntervalMs + parameters.maxClockDriftMs)
    throw failure('HEADER_FROM_FUTURE', 'the header is later than this chain');
}

function activeClient(bpci: StateReader, id: Hash): Client {
  const client = clients.get(bpci, id);
  if (client === undefined) throw failure('CLIENT_UNKNOWN', 'no such client');
  if (client.conflict.length > 0) throw failure('CLIENT_FROZEN', 'two headers contradicted each other');
  return client;
}

export function executeClientCreate(create: ClientCreate, context: OperationContext): void {
  const { own, sender, nonce, operationIndex, timeMs } = context;
  const { genesisHash, trustingPeriodMs, block } = create;
  const { header, certificate } = block;
  if (genesisHash === context.genesisHash)
    throw failure('CLIENT_OF_THIS_CHAIN', 'a chain needs no client of itself');
  if (trustingPeriodMs < 1 || trustingPeriodMs > LIMITS.maxTrustingPeriodMs)
    throw failure('TRUSTING_PERIOD_INVALID', `a period has 1 to ${LIMITS.maxTrustingPeriodMs} ms`);
  assertNotFromFuture(header, context);
  if (!isTrusted(create, header, timeMs))
    throw failure('HEADER_TOO_OLD', 'the header is past the trusting period');
  assertFinal(block, genesisHash);
  const blockHash = hashHeader(header);
  const id = clientId({ creator: sender, nonce, operation: operationIndex, genesisHash, blockHash });
  const { chainId, height } = header;
  const client = { creator: sender, chainId, genesisHash, trustingPeriodMs };
  addHeader(own, id, { ...client, createdAtMs: timeMs, heights: [], conflict: [] }, header);
  const seals = certificate.seals.length;
  const validators = block.validators.length;
  context.emit(ClientCreated, { client: id, ...client, height, blockHash, seals, validators });
}

export function executeClientUpdate({ client: id, block }: ClientUpdate, context: OperationContext): void {
  const { own, timeMs } = context;
  const { header, certificate, validators } = block;
  const client = activeClient(own, id);
  const last = clientHeader(own, id, latestHeight(client));
  if (!isTrusted(client, last, timeMs))
    throw failure('CLIENT_EXPIRED', 'the last header is past the trusting period');
  if (header.chainId !== client.chainId) throw failure('HEADER_WRONG_CHAIN', 'a header of another chain');
  if (header.height <= latestHeight(client))
    throw failure('HEADER_NOT_NEWER', `the client is at height ${latestHeight(client)}`);
  if (header.height === latestHeight(client) + 1 && header.parentHash !== last.blockHash)
    throw failure('HEADER_WRONG_PARENT', 'the header does not follow the last one');
  if (header.timeMs <= last.timeMs)
    throw failure('HEADER_TIME_NOT_LATER', 'the header is not later than the last one');
  assertNotFromFuture(header, context);
  if (header.validatorsHash !== last.nextValidatorsHash)
    throw failure('VALIDATORS_NOT_TRUSTED', 'the last header named other validators');
  assertFinal(block, client.genesisHash);
  addHeader(own, id, client, header);
  context.emit(ClientUpdated, {
    client: id,
    height: header.height,
    blockHash: hashHeader(header),
    stateRoot: header.stateRoot,
    timeMs: header.timeMs,
    nextValidatorsHash: header.nextValidatorsHash,
    seals: certificate.seals.length,
    validators: validators.length,
  });
}

/** Whether the client takes these validators for those of the other chain, now or at a header that it still trusts. */
function trustsValidators(
  client: Client,
  id: Hash,
  validatorsHash: Hash,
  context: OperationContext,
): boolean {
  return client.heights.some(({ height }) => {
    const header = clientHeader(context.own, id, height);
    const isNamed = [header.validatorsHash, header.nextValidatorsHash].includes(validatorsHash);
    return isNamed && isTrusted(client, header, context.timeMs);
  });
}

/**
 * No honest quorum seals two headers of one height, at whatever height: each two quorums share an honest validator.
 * So it does not matter which of the two the client holds, or whether it holds either.
 */
export function executeClientMisbehaviour(proof: ClientMisbehaviour, context: OperationContext): void {
  const { own } = context;
  const { client: id, validators, first, second } = proof;
  const client = activeClient(own, id);
  const { height } = first.header;
  const hashes = { first: hashHeader(first.header), second: hashHeader(second.header) };
  if (height !== second.header.height || hashes.first === hashes.second)
    throw failure('HEADERS_NOT_CONFLICTING', 'a conflict is two different headers of one height');
  for (const { header } of [first, second])
    if (header.chainId !== client.chainId) throw failure('HEADER_WRONG_CHAIN', 'a header of another chain');
  const set = orderedValidators(validators);
  if (set === undefined || !trustsValidators(client, id, set.hash, context))
    throw failure('VALIDATORS_NOT_TRUSTED', 'the client does not trust these validators');
  assertFinal({ ...first, validators }, client.genesisHash);
  assertFinal({ ...second, validators }, client.genesisHash);
  clients.set(own, { ...client, conflict: [{ height, ...hashes }] }, id);
  context.emit(ClientFrozen, { client: id, height, ...hashes });
}
