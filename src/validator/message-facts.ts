import type { ConsensusMessage } from '../types/consensus-message.ts';
import type { Address } from '../types/ssz.ts';

/** The height that a message speaks of. */
export function heightOf(message: ConsensusMessage): number {
  switch (message.kind) {
    case 'proposal':
      return message.proposal.body.height;
    case 'prepare':
      return message.prepare.body.height;
    case 'commit':
      return message.commit.body.height;
    case 'round-change':
      return message.roundChange.body.height;
    case 'decided':
      return message.certificate.height;
  }
}

/** Who signed a message; a decided block has no single signer. */
export function signerOf(message: ConsensusMessage): Address | undefined {
  switch (message.kind) {
    case 'proposal':
      return message.proposal.signer;
    case 'prepare':
      return message.prepare.signer;
    case 'commit':
      return message.commit.signer;
    case 'round-change':
      return message.roundChange.signer;
    case 'decided':
      return undefined;
  }
}

/** The topic that carries a message. */
export function topicOf(message: ConsensusMessage): 'proposal' | 'vote' | 'block' {
  switch (message.kind) {
    case 'proposal':
      return 'proposal';
    case 'decided':
      return 'block';
    default:
      return 'vote';
  }
}
