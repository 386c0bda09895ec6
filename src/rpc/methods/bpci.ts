import { finalityProofToJson } from '../../types/finality-proof.ts';
import { LightBlockType } from '../../types/light-block.ts';
import { TransactItemType, TransactProofType } from '../../types/proofs/transact.ts';
import type { Hash } from '../../types/ssz-bytes.ts';
import { LIMITS } from '../../util/limits.ts';
import type { Handlers } from '../dispatcher.ts';
import { rpcError } from '../errors.ts';
import { finalityOf } from '../finality.ts';
import { pageOf } from '../paging.ts';
import type { BpciPort, ClientHeaderView, ClientView, ParticipationView } from '../ports/bpci.ts';
import type { ChainPort } from '../ports/chain.ts';
import type { RpcPorts } from '../ports/rpc-ports.ts';
import type { bpciMethods } from '../schema/bpci.ts';
import { proveInSection } from '../section-proof.ts';
import { missingBlock, notInBlock, selectBlock, selectHeight } from '../selectors.ts';
import { addressText, hash0x, rfc3339 } from '../text-forms.ts';
import { transferOf } from '../transfers.ts';

const TRANSACT = { ledger: 'bpci', item: TransactItemType, proof: TransactProofType } as const;

export function bpciHandlers({ chain, pool, bpci }: RpcPorts): Handlers<typeof bpciMethods> {
  return {
    bpci_getFinality: (selector) => finalityOf(chain, selector),

    bpci_getTransfer: ({ txId }) => transferOf({ chain, pool }, txId),

    bpci_getVotes: async ({ validator, ...page }) => {
      const { height } = chain.head();
      const current = await chain.validators(height + 1);
      const ids = validator === undefined ? (current?.members ?? []).map(({ id }) => id) : [validator];
      return {
        height,
        ...pageOf(ids, page, (id) => ({
          validator: addressText(id),
          ...participationView(bpci.participation(id)),
        })),
      };
    },

    bpci_getProofOfTransact: async ({ txId, trustedHeight }) => {
      const finality = await chain.finalityProof(txId, trustedHeight);
      if (finality === undefined) throw notInBlock(txId);
      const section =
        finality.receipt.ledger === TRANSACT.ledger ? await proveInSection(chain, TRANSACT, txId) : undefined;
      return {
        txId: hash0x(txId),
        finality: finalityProofToJson(finality) as never,
        section:
          section === undefined
            ? null
            : {
                ...section.view,
                item: TransactItemType.toJson(section.item) as never,
                proof: TransactProofType.toJson(section.proof) as never,
              },
      };
    },

    bpci_getLightBlocks: async ({ height: selector, fromHeight }) => {
      const height = await selectHeight(chain, { height: selector });
      const changes = fromHeight === undefined ? [] : await bpci.validatorChanges(fromHeight, height);
      const heights = [...changes, height].slice(0, LIMITS.maxLightBlocksPerAnswer);
      return {
        chainId: chain.genesis.chainId,
        genesisHash: hash0x(chain.genesisHash),
        blocks: await Promise.all(heights.map((one) => lightBlockView(chain, one))),
        complete: heights.length > changes.length,
      };
    },

    bpci_listMembers: ({ status, ...page }) => ({
      height: chain.head().height,
      ...pageOf(
        bpci.members().filter((member) => status === undefined || member.status === status),
        page,
        ({ id, consensusKey, vrfKey, bond, votes, ...member }) => ({
          id: addressText(id),
          status: member.status,
          consensusKey: hash0x(consensusKey),
          vrfKey: hash0x(vrfKey),
          bond: bond.toString(),
          votes: votes.map(({ voter, decision, expiresAtMs }) => ({
            voter: addressText(voter),
            decision,
            expires: rfc3339(expiresAtMs),
          })),
        }),
      ),
    }),

    bpci_getAnchors: ({ height, ...page }) =>
      pageOf(bpci.anchors(height), page, ({ blockHash, by, atMs, ...anchor }) => ({
        ...anchor,
        blockHash: hash0x(blockHash),
        by: addressText(by),
        at: rfc3339(atMs),
      })),

    bpci_getChannel: ({ source, service }) => {
      const channel = bpci.channel(source, service);
      if (channel === undefined)
        throw rpcError('CHANNEL_NOT_FOUND', 'no message of this source and service is recorded', {
          data: { source, service },
        });
      return {
        source: hash0x(source),
        service: hash0x(service),
        nonce: channel.nonce.toString(),
        destination: hash0x(channel.destination),
        frameHash: hash0x(channel.frameHash),
        messages: channel.messages,
        at: rfc3339(channel.atMs),
      };
    },

    bpci_getClient: ({ client }) => {
      const found = existingClient(bpci, client);
      const { headers, conflict } = found;
      return {
        ...clientView(found, chain.head().timeMs),
        headers: headers.map(clientHeaderView),
        conflict:
          conflict === undefined
            ? null
            : { height: conflict.height, first: hash0x(conflict.first), second: hash0x(conflict.second) },
      };
    },

    bpci_listClients: ({ genesisHash, ...page }) => {
      const { height, timeMs } = chain.head();
      return {
        height,
        ...pageOf(bpci.clients(genesisHash), page, (id) => clientView(existingClient(bpci, id), timeMs)),
      };
    },
  };
}

function participationView(participation: ParticipationView | undefined) {
  const { seals = 0, missed = 0, recentBlocks = 0, recentMissed = 0 } = participation ?? {};
  return { seals, missed, recent: { blocks: recentBlocks, missed: recentMissed } };
}

async function lightBlockView(chain: ChainPort, height: number) {
  const { block, certificate } = await selectBlock(chain, { height });
  const validators = await chain.validators(height);
  if (validators === undefined) throw missingBlock(chain, height);
  const lightBlock = { header: block.header, certificate, validators: [...validators.members] };
  return LightBlockType.toJson(lightBlock) as never;
}

function existingClient(bpci: BpciPort, id: Hash): ClientView {
  const client = bpci.client(id);
  if (client === undefined)
    throw rpcError('CLIENT_NOT_FOUND', `there is no client ${hash0x(id)}`, {
      data: { client: id },
      hint: 'bpci_listClients has those that there are',
    });
  return client;
}

function clientHeaderView({ blockHash, timeMs, ...header }: ClientHeaderView) {
  return {
    height: header.height,
    blockHash: hash0x(blockHash),
    stateRoot: hash0x(header.stateRoot),
    receiptsRoot: hash0x(header.receiptsRoot),
    time: rfc3339(timeMs),
    validatorsHash: hash0x(header.validatorsHash),
    nextValidatorsHash: hash0x(header.nextValidatorsHash),
  };
}

/** `timeMs` is rule time of the next block. */
function clientView(client: ClientView, timeMs: number) {
  const latest = client.headers.at(-1) as ClientHeaderView;
  const isExpired = timeMs >= latest.timeMs + client.trustingPeriodMs;
  return {
    client: hash0x(client.id),
    creator: addressText(client.creator),
    chainId: client.chainId,
    genesisHash: hash0x(client.genesisHash),
    trustingPeriodMs: client.trustingPeriodMs,
    status:
      client.conflict !== undefined
        ? ('frozen' as const)
        : isExpired
          ? ('expired' as const)
          : ('active' as const),
    created: rfc3339(client.createdAtMs),
    latest: clientHeaderView(latest),
  };
}
