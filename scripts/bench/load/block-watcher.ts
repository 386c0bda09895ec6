import WebSocket, { type RawData } from 'ws';

/** A block with the ids of its transactions, without prefix. */
export interface ArrivedBlock {
  readonly height: number;
  readonly timeMs: number;
  readonly arrivedMs: number;
  readonly txIds: readonly string[];
}

interface Notice {
  readonly method?: string;
  readonly params?: {
    readonly subscription: string;
    readonly lagged?: number;
    readonly data?: {
      readonly height: number;
      readonly timeMs?: number;
      readonly receipts?: readonly { readonly txId: string }[];
    };
  };
}

/**
 * Hears of each block of a node as soon as it is final there. The node sends the head first and the receipts next. If
 * it dropped notices because this process was slow, nothing that is measured here would mean anything: it is a failure.
 */
export class BlockWatcher {
  readonly #socket: WebSocket;
  readonly #onBlock: (block: ArrivedBlock) => void;
  readonly #onFailure: (error: Error) => void;
  /** Time of heads whose receipts are awaited. */
  readonly #times = new Map<number, number>();
  #closing = false;

  private constructor(
    socket: WebSocket,
    onBlock: (block: ArrivedBlock) => void,
    onFailure: (error: Error) => void,
  ) {
    this.#socket = socket;
    this.#onBlock = onBlock;
    this.#onFailure = onFailure;
    socket.on('message', (data: RawData) => this.#onNotice(JSON.parse(String(data))));
    socket.on('error', onFailure);
    socket.on('close', () => {
      if (!this.#closing) onFailure(new Error('the node closed the subscription'));
    });
  }

  /** `url` is that of the node's RPC, http://host:port. */
  static async open(
    url: string,
    onBlock: (block: ArrivedBlock) => void,
    onFailure: (error: Error) => void,
  ): Promise<BlockWatcher> {
    const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/ws`);
    await new Promise<void>((resolve, reject) => {
      socket.once('open', () => resolve());
      socket.once('error', reject);
    });
    const watcher = new BlockWatcher(socket, onBlock, onFailure);
    for (const [id, topic] of ['newHeads', 'receipts'].entries())
      socket.send(JSON.stringify({ jsonrpc: '2.0', id, method: 'meta_subscribe', params: { topic } }));
    return watcher;
  }

  #onNotice({ method, params }: Notice): void {
    if (method !== 'meta_subscription' || params === undefined) return;
    const { data, lagged } = params;
    if (lagged !== undefined)
      this.#onFailure(new Error('the load generator was too slow to read the blocks'));
    if (data === undefined) return;
    const { height, timeMs, receipts } = data;
    if (timeMs !== undefined) this.#times.set(height, timeMs);
    const headMs = this.#times.get(height);
    if (receipts === undefined || headMs === undefined) return;
    this.#times.delete(height);
    const txIds = receipts.map(({ txId }) => txId.slice(2));
    this.#onBlock({ height, timeMs: headMs, arrivedMs: performance.now(), txIds });
  }

  close(): void {
    this.#closing = true;
    this.#socket.close();
  }
}
