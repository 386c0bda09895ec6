import * as z from 'zod';
import { VOTE_DECISIONS } from '../../types/operations/bpci.ts';
import { FinalityProof } from './chain.ts';
import { method } from './method.ts';
import { AddressParam, BlockParam, HashParam, HeightParam, pageParams } from './params.ts';
import { Address, Certificate, Count, Decimal, Hash, Header, Height, page, Time, Token } from './results.ts';
import { sectionProof } from './section-proof.ts';

const blockParams = z.strictObject({ height: BlockParam.optional(), hash: HashParam.optional() });

const participationFields = {
  seals: Count,
  missed: Count,
  /** Of the last blocks that the validator was in the set for. */
  recent: z.object({ blocks: Count, missed: Count }),
};

const Anchor = z.object({
  height: Height,
  blockHash: Hash,
  target: z.string(),
  reference: z.string(),
  by: Address,
  seals: Count,
  validators: Count,
  at: Time,
});

const ClientHeader = z.object({
  height: Height,
  blockHash: Hash,
  stateRoot: Hash,
  receiptsRoot: Hash,
  time: Time,
  validatorsHash: Hash,
  nextValidatorsHash: Hash,
});

const clientFields = {
  client: Hash,
  creator: Address,
  chainId: Count,
  genesisHash: Hash,
  trustingPeriodMs: Count,
  /** `expired`: the last header is past the trusting period; `frozen`: two headers contradicted each other. */
  status: z.enum(['active', 'expired', 'frozen']),
  created: Time,
  latest: ClientHeader,
};

const TransactItem = z.object({ txId: Hash, status: Count, eventsDigest: Hash });
const TransactProof = z.object({
  version: Count,
  headHeight: Height,
  headHash: Hash,
  itemRoot: Hash,
  itemCount: Count,
  succeeded: Count,
  failed: Count,
});

/** The JSON form of types/light-block.ts: the `block` of ClientCreate and ClientUpdate. */
const LightBlock = z.object({
  header: Header,
  certificate: Certificate,
  validators: z.array(z.object({ id: Address, consensusKey: Hash, vrfKey: Hash })),
});

export const Finality = z.object({
  height: Height,
  hash: Hash,
  time: Time,
  round: Count,
  validators: Count,
  quorum: Count,
  seals: Count,
  signedBy: z.array(Address),
  missing: z.array(Address),
  /** Height of the block whose body holds the certificate; null for the head. */
  countedIn: Height.nullable(),
});

const movementFields = { operation: Count, from: Address, amount: Decimal };
export const Movement = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('Transfer'),
    ...movementFields,
    to: Address,
    token: Token,
    reference: z.string(),
  }),
  z.object({
    kind: z.literal('BankTransfer'),
    ...movementFields,
    uetr: z.string(),
    debtorBank: z.string(),
    creditorBank: z.string(),
    token: z.literal('AUR'),
    referenceHash: Hash,
  }),
]);

export const TransferView = z.object({
  txId: Hash,
  /** `finalized`: it happened, and stays so; `failed`: a final block says that it did not. */
  state: z.enum(['pending', 'finalized', 'failed']),
  /** `OK`, or the name of what failed; null while no block holds it. */
  status: z.string().nullable(),
  movements: z.array(Movement),
  finality: Finality.nullable(),
});

export const bpciMethods = {
  bpci_getFinality: method({
    scope: 'read',
    summary:
      'Who made a block final: by the certificate that counts, which stands in the next block, or by that of this node while there is no next block.',
    params: blockParams,
    result: Finality,
  }),
  bpci_getTransfer: method({
    scope: 'read',
    summary:
      'What a transaction of the economy ledger moves from account to account, whether it did, and who made that final.',
    params: z.strictObject({ txId: HashParam }),
    result: TransferView,
  }),
  bpci_getVotes: method({
    scope: 'read',
    summary: 'How often the seal of each validator counted and was missing, in all and of the last blocks.',
    params: z.strictObject({ validator: AddressParam.optional(), ...pageParams }),
    result: z.object({
      height: Height,
      ...page(z.object({ validator: Address, ...participationFields })).shape,
    }),
  }),
  bpci_getProofOfTransact: method({
    scope: 'read',
    summary:
      'The portable finality certificate of a transaction of any ledger, for `metanode verify`; of a bpci transaction also its place in the proof of its section.',
    params: z.strictObject({ txId: HashParam, trustedHeight: HeightParam.optional() }),
    result: z.object({
      txId: Hash,
      finality: FinalityProof,
      section: sectionProof(TransactItem, TransactProof).nullable(),
    }),
  }),
  bpci_getLightBlocks: method({
    scope: 'read',
    summary:
      'What a client of this chain on another chain needs: the block at a height, and before it every block after `fromHeight` whose header changes the validators.',
    params: z.strictObject({ height: BlockParam.optional(), fromHeight: HeightParam.optional() }),
    result: z.object({
      chainId: Count,
      genesisHash: Hash,
      blocks: z.array(LightBlock),
      /** False if there are more changes than one answer holds: ask again from the height of the last block. */
      complete: z.boolean(),
    }),
  }),
  bpci_listMembers: method({
    scope: 'read',
    summary: 'Candidates and validators with their keys, bonds and the votes about them.',
    params: z.strictObject({
      status: z.enum(['candidate', 'validator', 'jailed']).optional(),
      ...pageParams,
    }),
    result: z.object({
      height: Height,
      ...page(
        z.object({
          id: Address,
          status: z.enum(['candidate', 'validator', 'jailed']),
          consensusKey: Hash,
          vrfKey: Hash,
          bond: Decimal,
          votes: z.array(z.object({ voter: Address, decision: z.enum(VOTE_DECISIONS), expires: Time })),
        }),
      ).shape,
    }),
  }),
  bpci_getAnchors: method({
    scope: 'read',
    summary: 'Where headers of this chain were anchored outside: all, or those of one height.',
    params: z.strictObject({ height: HeightParam.optional(), ...pageParams }),
    result: page(Anchor),
  }),
  bpci_getChannel: method({
    scope: 'read',
    summary:
      'The last message that a node sent to a service, by its key and the hash of the name of the service.',
    params: z.strictObject({ source: HashParam, service: HashParam }),
    result: z.object({
      source: Hash,
      service: Hash,
      nonce: Decimal,
      destination: Hash,
      frameHash: Hash,
      messages: Count,
      at: Time,
    }),
  }),
  bpci_getClient: method({
    scope: 'read',
    summary: 'A client of another chain: its state, and the headers that it keeps.',
    params: z.strictObject({ client: HashParam }),
    result: z.object({
      ...clientFields,
      headers: z.array(ClientHeader),
      conflict: z.object({ height: Height, first: Hash, second: Hash }).nullable(),
    }),
  }),
  bpci_listClients: method({
    scope: 'read',
    summary: 'Clients of other chains by id: all, or those of one chain.',
    params: z.strictObject({ genesisHash: HashParam.optional(), ...pageParams }),
    result: z.object({ height: Height, ...page(z.object(clientFields)).shape }),
  }),
};
