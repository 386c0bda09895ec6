import type { ConsensusMessage } from '../types/consensus-message.ts';

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
