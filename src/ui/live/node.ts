import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { type Client, createClient } from '../../client/client.ts';
import { FinalityMeter } from './finality.ts';
import { HeadFeed } from './head-feed.ts';
import { LiveSocket } from './socket.ts';

/** The node that serves this page. */
export interface LiveNode {
  readonly client: Client;
  readonly socket: LiveSocket;
  readonly feed: HeadFeed;
  readonly finality: FinalityMeter;
}

const CALL_TIMEOUT_MS = 10_000;

/** Connects to the node at an origin, `http://host:port`. */
export function connectNode(origin: string): LiveNode {
  const client = createClient(`${origin}/`, { timeoutMs: CALL_TIMEOUT_MS });
  const socket = new LiveSocket({ url: `${origin.replace(/^http/, 'ws')}/ws` });
  const finality = new FinalityMeter();
  finality.follow(socket);
  return { client, socket, finality, feed: new HeadFeed(client, socket) };
}

export const NodeContext = createContext<LiveNode | undefined>(undefined);

export function useNode(): LiveNode {
  const node = useContext(NodeContext);
  if (node === undefined) throw new Error('used outside the page');
  return node;
}
