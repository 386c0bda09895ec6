import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ContainerSpec, cgroupOf, ociConfig } from './bundle.ts';
import { CgroupLayout } from './cgroups.ts';
import { ContainerProcess } from './container-process.ts';
import type { ContainerRun, RunSettings } from './container-run.ts';
import { runtimeError } from './errors.ts';
import { DIRECTORY_PREFIX, OWNER_FILE, removeOrphans } from './orphans.ts';
import { assertRootfs } from './rootfs.ts';
import type { Runtime } from './runc.ts';

/**
 * Runs a container from its creation to its deletion. Whatever happens, nothing of it stays behind: no process, no
 * cgroup, no file; if this program is killed meanwhile, the next run removes them.
 * @throws NodeError RUNTIME_NOT_PERMITTED, CGROUP_CONTROLLER_MISSING, ROOTFS_NOT_FOUND, ROOTFS_INCOMPLETE before anything
 *   has run
 */
export async function runContainer(
  runtime: Runtime,
  spec: ContainerSpec,
  settings: RunSettings = {},
): Promise<ContainerRun> {
  if (process.geteuid?.() !== 0)
    throw runtimeError('RUNTIME_NOT_PERMITTED', 'containers with limits need the rights of root', {
      hint: 'run the command with sudo',
    });
  const cgroups = CgroupLayout.read();
  cgroups.assertEnforceable();
  await assertRootfs(spec.rootfs);
  await removeOrphans(runtime, cgroups);
  const directory = await mkdtemp(join(tmpdir(), DIRECTORY_PREFIX));
  try {
    await writeFile(join(directory, OWNER_FILE), `${process.pid}\n${spec.id}`);
    await writeFile(join(directory, 'config.json'), JSON.stringify(ociConfig(spec, cgroups)));
    return await new ContainerProcess(runtime, spec, settings, cgroups, directory).run();
  } finally {
    await rm(directory, { recursive: true, force: true });
    cgroups.remove(cgroupOf(spec.id));
  }
}
