/** What the client needs of a WebSocket: that of a browser has it, and that of `ws`. */
export interface ClientSocket {
  /** 1 while it is open. */
  readonly readyState: number;
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: (() => void) | null;
  onerror: (() => void) | null;
  send(text: string): void;
  close(): void;
}

/** Opens a WebSocket at `ws://host:port/ws`. Browsers send no headers of their own with it. */
export type OpenSocket = (url: string, headers: Readonly<Record<string, string>>) => ClientSocket;
