import { openSocket } from '#web-socket';
import { type LinkState, Subscriptions, type SubscriptionsOptions } from '../../client/subscriptions.ts';
import { Store } from './store.ts';

/** The subscriptions of the page; the state of the connection is something that the page shows. */
export class LiveSocket extends Subscriptions {
  readonly state: Store<LinkState>;

  /** `url`: `ws://…/ws`. */
  constructor(options: Pick<SubscriptionsOptions, 'url' | 'jitter'>) {
    const state = new Store<LinkState>({ kind: 'connecting' });
    super({ ...options, open: openSocket, onState: (next) => state.set(next) });
    this.state = state;
  }
}
