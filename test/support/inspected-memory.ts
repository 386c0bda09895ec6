import { once } from 'node:events';
import { WebSocket } from 'ws';

/**
 * What a Node process holds on to, read through its inspector: everything that is garbage is collected first. Resident
 * memory says little beside it, because V8 lets garbage lie for as long as there is room.
 */
export class InspectedMemory {
  readonly #socket: WebSocket;
  #lastId = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  /** Of a process that was started with `--inspect=127.0.0.1:port`. */
  static async open(port: number): Promise<InspectedMemory> {
    const answer = await fetch(`http://127.0.0.1:${port}/json/list`);
    const [target] = (await answer.json()) as { webSocketDebuggerUrl: string }[];
    if (target === undefined) throw new Error(`nothing to inspect at port ${port}`);
    const socket = new WebSocket(target.webSocketDebuggerUrl);
    await once(socket, 'open');
    return new InspectedMemory(socket);
  }

  /** Live bytes on the heap and in buffers. */
  async liveBytes(): Promise<number> {
    await this.#call('HeapProfiler.collectGarbage', {});
    const expression = '(({ heapUsed, external }) => heapUsed + external)(process.memoryUsage())';
    const answer = await this.#call('Runtime.evaluate', { expression, returnByValue: true });
    return (answer as { result: { value: number } }).result.value;
  }

  close(): void {
    this.#socket.terminate();
  }

  async #call(method: string, params: object): Promise<unknown> {
    const id = ++this.#lastId;
    this.#socket.send(JSON.stringify({ id, method, params }));
    for (;;) {
      const [data] = await once(this.#socket, 'message');
      const message = JSON.parse(String(data)) as { id?: number; result?: unknown };
      if (message.id === id) return message.result;
    }
  }
}
