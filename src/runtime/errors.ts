import { NodeError } from '../util/errors.ts';

export type RuntimeErrorCode =
  | 'RUNTIME_NOT_FOUND'
  | 'RUNTIME_TOO_OLD'
  | 'RUNTIME_NOT_PERMITTED'
  | 'RUNTIME_FAILED'
  | 'CGROUP_CONTROLLER_MISSING'
  | 'ROOTFS_NOT_FOUND'
  | 'ROOTFS_INCOMPLETE'
  | 'ROOTFS_NOT_EMPTY'
  | 'ROOTFS_UNSUPPORTED_ENTRY'
  | 'ROOTFS_TOO_LARGE'
  | 'BUSYBOX_NOT_FOUND'
  | 'BUSYBOX_NOT_STATIC';

export function runtimeError(
  code: RuntimeErrorCode,
  message: string,
  options: { data?: Record<string, unknown>; hint?: string; cause?: unknown } = {},
): NodeError<RuntimeErrorCode> {
  return new NodeError(code, message, options);
}
