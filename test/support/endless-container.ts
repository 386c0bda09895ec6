import { runContainer } from '../../src/runtime/container.ts';
import { findRunc } from '../../src/runtime/runc.ts';

/** Runs a container that does not end, as a process that a test can kill: `<rootfs> <id>`. */
const [rootfs = '', id = ''] = process.argv.slice(2);
await runContainer(await findRunc(), {
  id,
  rootfs,
  command: ['sleep', '60'],
  limits: { cpuMilli: 500, memoryMib: 32, diskMib: 8, pids: 16 },
  network: false,
});
