import assert from 'node:assert/strict';
import { type ContainerSpec, cgroupOf, ociConfig } from '../../../src/runtime/bundle.ts';
import { SECCOMP_PROFILE, SECCOMP_PROFILE_HASH } from '../../../src/runtime/seccomp-profile.ts';

const SPEC: ContainerSpec = {
  id: 'web-1',
  rootfs: '/srv/rootfs',
  command: ['sh', '-c', 'echo hi'],
  limits: { cpuMilli: 250, memoryMib: 32, diskMib: 8, pids: 16 },
  network: false,
};
const config = (change: Partial<ContainerSpec> = {}, accountsForSwap = true) =>
  ociConfig({ ...SPEC, ...change }, { accountsForSwap });

describe('the bundle of a container', () => {
  it('bounds memory without swap, CPU and processes, in a cgroup of its own', () => {
    const { resources, cgroupsPath } = config().linux;
    assert.equal(cgroupsPath, cgroupOf('web-1'));
    assert.deepEqual(resources.memory, { limit: 33_554_432, swap: 33_554_432 });
    assert.deepEqual(resources.cpu, { quota: 25_000, period: 100_000 });
    assert.deepEqual(resources.pids, { limit: 16 });
  });

  it('says nothing of swap where the kernel does not account for it', () => {
    assert.deepEqual(config({}, false).linux.resources.memory, { limit: 33_554_432 });
  });

  it('gives no privilege: nobody, no capability, no way to gain one, a read-only root, no device', () => {
    const { process, root, linux } = config();
    assert.deepEqual(process.user, { uid: 65_534, gid: 65_534 });
    assert.equal(process.noNewPrivileges, true);
    assert.deepEqual(Object.values(process.capabilities).flat(), []);
    assert.deepEqual(root, { path: '/srv/rootfs', readonly: true });
    assert.deepEqual(linux.resources.devices, [{ allow: false, access: 'rwm' }]);
    assert.ok(linux.maskedPaths.includes('/proc/kcore'));
    assert.ok(linux.readonlyPaths.includes('/proc/sys'));
  });

  it('has a network namespace of its own unless the network of the machine was asked for', () => {
    const types = (network: boolean) => config({ network }).linux.namespaces.map(({ type }) => type);
    assert.ok(types(false).includes('network'));
    assert.ok(!types(true).includes('network'));
    for (const type of ['pid', 'ipc', 'uts', 'mount', 'cgroup']) assert.ok(types(true).includes(type));
  });

  it('bounds what can be written, all of it in memory', () => {
    const writable = config().mounts.filter(({ type }) => type === 'tmpfs');
    for (const destination of ['/tmp', '/dev/shm']) {
      const mount = writable.find((one) => one.destination === destination);
      assert.ok(mount?.options.includes('size=8m') && mount.options.includes('noexec'));
    }
  });

  it('refuses system calls unless they are listed, and namespaces by any call', () => {
    assert.equal(SECCOMP_PROFILE.defaultAction, 'SCMP_ACT_ERRNO');
    const allowed = SECCOMP_PROFILE.syscalls[0].names;
    for (const name of [
      'mount',
      'ptrace',
      'bpf',
      'unshare',
      'setns',
      'clone',
      'keyctl',
      'init_module',
      'reboot',
    ])
      assert.ok(!allowed.includes(name), name);
    for (const name of ['read', 'execve', 'exit_group', 'mmap']) assert.ok(allowed.includes(name), name);
    assert.equal(new Set(allowed).size, allowed.length);
    assert.match(SECCOMP_PROFILE_HASH, /^[0-9a-f]{64}$/);
  });

  it('adds variables to those that every program gets', () => {
    const { env } = config({ environment: { GREETING: 'hi' } }).process;
    assert.ok(env.includes('GREETING=hi'));
    assert.ok(env.some((entry) => entry.startsWith('PATH=')));
  });
});
