import { CommanderError } from 'commander';
import { ClientError } from '../client/client-error.ts';
import { JSON_RPC_CODES } from '../rpc/schema/error-codes.ts';
import { errorCode, NodeError } from '../util/errors.ts';

/** What a process that ran `metanode` ends with; scripts may rely on it. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  notReachable: 3,
  refused: 4,
  timedOut: 5,
  notHealthy: 6,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** For the help and the README. */
export const EXIT_MEANINGS: Readonly<Record<keyof typeof EXIT, string>> = {
  ok: 'done',
  failed: 'failed: what was asked for is not there, not valid, or did not succeed',
  usage: 'the command line, a variable, the configuration file or an argument is wrong',
  notReachable: 'nobody answers',
  refused: 'a node, a peer or the chain says no',
  timedOut: 'no answer, block or receipt in time',
  notHealthy: 'there is an answer, and it is that something does not work as it should',
};

/** Errors that the command line itself raises; each has its exit code. */
export type CliErrorCode = 'USAGE' | 'NOT_REACHABLE' | 'REFUSED' | 'TIMED_OUT' | 'NOT_HEALTHY';

const exitCodeOfReason: ReadonlyMap<string, ExitCode> = new Map(
  Object.entries({
    USAGE: EXIT.usage,
    BAD_PARTITION: EXIT.usage,
    CONFIG_UNREADABLE: EXIT.usage,
    CONFIG_MALFORMED: EXIT.usage,
    CONFIG_UNKNOWN_KEY: EXIT.usage,
    CONFIG_BAD_VALUE: EXIT.usage,
    NOT_REACHABLE: EXIT.notReachable,
    ECONNREFUSED: EXIT.notReachable,
    DIAL_FAILED: EXIT.notReachable,
    NAME_NOT_FOUND: EXIT.notReachable,
    CONNECTION_REFUSED: EXIT.notReachable,
    CONNECT_TIMED_OUT: EXIT.notReachable,
    HOST_UNREACHABLE: EXIT.notReachable,
    REFUSED: EXIT.refused,
    TIMED_OUT: EXIT.timedOut,
    TIMEOUT: EXIT.timedOut,
    DIAL_TIMED_OUT: EXIT.timedOut,
    HANDSHAKE_TIMEOUT: EXIT.timedOut,
    NOT_HEALTHY: EXIT.notHealthy,
  }),
);

/** Of what a node answers, by class; all else is a failure. */
const exitCodeOfClass: ReadonlyMap<number, ExitCode> = new Map([
  [JSON_RPC_CODES.request, EXIT.usage],
  [JSON_RPC_CODES.method, EXIT.usage],
  [JSON_RPC_CODES.params, EXIT.usage],
  [JSON_RPC_CODES.rejected, EXIT.refused],
  [JSON_RPC_CODES.disabled, EXIT.refused],
  [JSON_RPC_CODES.limit, EXIT.refused],
  [JSON_RPC_CODES.auth, EXIT.refused],
  [JSON_RPC_CODES.peer, EXIT.refused],
]);

export function usageError(message: string, hint?: string): NodeError<CliErrorCode> {
  return new NodeError<CliErrorCode>('USAGE', message, hint === undefined ? {} : { hint });
}

/** The exit code for what a command threw. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  const ofClass = error instanceof ClientError ? exitCodeOfClass.get(error.rpcCode ?? 0) : undefined;
  return exitCodeOfReason.get(errorCode(error) ?? '') ?? ofClass ?? EXIT.failed;
}
