export interface NodePort {
  readonly name: string;
  readonly version: string;
  readonly role: 'validator' | 'observer';
  readonly startedAtMs: number;
  readonly pid: number;
  memoryBytes(): number;
  /** Whether the node follows the chain and answers usefully; `reason` says why not. */
  readiness(): { readonly ready: boolean; readonly reason: string | undefined };
}
