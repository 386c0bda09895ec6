const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** Aborted by Ctrl-C or SIGTERM, which end the process again after `release`. */
export interface Interrupt {
  readonly signal: AbortSignal;
  release(): void;
}

/** Takes Ctrl-C over, so that a command can end its nodes before it ends. */
export function listenForInterrupt(): Interrupt {
  const controller = new AbortController();
  const onSignal = () => controller.abort();
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return {
    signal: controller.signal,
    release: () => {
      for (const signal of SIGNALS) process.off(signal, onSignal);
    },
  };
}

export function interruption(signal: AbortSignal): Promise<'interrupted'> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve('interrupted');
    else signal.addEventListener('abort', () => resolve('interrupted'), { once: true });
  });
}
