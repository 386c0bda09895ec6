import type { ConsensusMessage } from '../types/consensus-message.ts';
import type { Address } from '../types/ssz-bytes.ts';

/** Height, round and signer of any message. A Decided message has no single signer. */
export interface MessageFields {
  readonly height: number;
  readonly round: number;
  readonly signer: Address | undefined;
}

export function fieldsOf(message: ConsensusMessage): MessageFields {
  switch (message.kind) {
    case 'proposal':
      return signedFields(message.proposal);
    case 'prepare':
      return signedFields(message.prepare);
    case 'commit':
      return signedFields(message.commit);
    case 'round-change':
      return signedFields(message.roundChange);
    case 'decided':
      return { height: message.certificate.height, round: message.certificate.round, signer: undefined };
  }
}

function signedFields(part: { body: { height: number; round: number }; signer: Address }): MessageFields {
  return { height: part.body.height, round: part.body.round, signer: part.signer };
}
