import type { Logger, LogLevel } from '../util/logger.ts';

/** The loggers of one node, one per module, whose levels can be changed while it runs. */
export class NodeLog {
  /** Of the node as a whole. */
  readonly root: Logger;
  readonly #modules = new Map<string, Logger>();

  constructor(root: Logger) {
    this.root = root;
    this.#modules.set('node', root);
  }

  /** The logger of a module; the same one for the same name. */
  module(name: string): Logger {
    const logger = this.#modules.get(name) ?? this.root.child({ module: name });
    this.#modules.set(name, logger);
    return logger;
  }

  /** The level of each module, in the order in which the modules came. */
  levels(): { readonly module: string; readonly level: LogLevel }[] {
    return [...this.#modules].map(([module, { level }]) => ({ module, level: level as LogLevel }));
  }

  /** Sets the level of one module, or of all; false if there is no such module. */
  setLevel(level: LogLevel, module?: string): boolean {
    const chosen = module === undefined ? [...this.#modules.values()] : [this.#modules.get(module)];
    if (chosen.includes(undefined)) return false;
    for (const logger of chosen) if (logger !== undefined) logger.level = level;
    return true;
  }
}
