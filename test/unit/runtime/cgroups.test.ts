import assert from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CgroupLayout } from '../../../src/runtime/cgroups.ts';
import { errorCode } from '../../../src/util/errors.ts';
import { useTemporaryDirectory } from '../../support/temporary-directory.ts';

const CGROUP = '/metanode/web-1';
const V2_FILES = {
  'cpu.stat': 'usage_usec 1500\nuser_usec 1000\n',
  'memory.current': '4096\n',
  'memory.peak': '8192\n',
  'memory.events': 'low 0\noom 2\noom_kill 1\n',
  'pids.events': 'max 3\n',
};

/** A directory tree that stands for the cgroup file systems of a machine. */
class Machine {
  readonly #root: string;
  readonly #mounts: string[] = [];

  constructor(root: string) {
    this.#root = root;
  }

  mount(name: string, type: string, options: string, files: Readonly<Record<string, string>>): this {
    const path = join(this.#root, name);
    mkdirSync(path, { recursive: true });
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(dirname(join(path, file)), { recursive: true });
      writeFileSync(join(path, file), text);
    }
    this.#mounts.push(`cgroup ${path} ${type} ${options} 0 0`);
    return this;
  }

  v1(): this {
    const inGroup = (files: Record<string, string>) =>
      Object.fromEntries(Object.entries(files).map(([name, text]) => [`${CGROUP}/${name}`, text]));
    return this.mount('cpu,cpuacct', 'cgroup', 'rw,cpu,cpuacct', inGroup({ 'cpuacct.usage': '2500000\n' }))
      .mount('pids', 'cgroup', 'rw,pids', inGroup({ 'pids.events': 'max 7\n' }))
      .mount(
        'memory',
        'cgroup',
        'rw,memory',
        inGroup({
          'memory.usage_in_bytes': '1000\n',
          'memory.max_usage_in_bytes': '2000\n',
          'memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 4\n',
        }),
      );
  }

  v2(controllers: string): this {
    const group = Object.fromEntries(
      Object.entries(V2_FILES).map(([name, text]) => [`${CGROUP}/${name}`, text]),
    );
    return this.mount('unified', 'cgroup2', 'rw', { 'cgroup.controllers': `${controllers}\n`, ...group });
  }

  layout(): CgroupLayout {
    return CgroupLayout.read(['tmpfs /tmp tmpfs rw 0 0', ...this.#mounts].join('\n'));
  }
}

describe('the cgroup layout', () => {
  const directory = useTemporaryDirectory();
  const machine = () => new Machine(directory.path);

  it('reads version 2', () => {
    const layout = machine().v2('cpuset cpu io memory pids').layout();
    assert.equal(layout.kind, 'v2');
    assert.equal(layout.accountsForSwap, true);
    layout.assertEnforceable();
    assert.deepEqual(layout.usageOf(CGROUP), {
      cpuNs: 1_500_000,
      memoryBytes: 4096,
      memoryPeakBytes: 8192,
      oomKills: 1,
      forksRefused: 3,
    });
  });

  it('reads version 1', () => {
    const layout = machine().v1().layout();
    assert.equal(layout.kind, 'v1');
    assert.equal(layout.accountsForSwap, false);
    assert.deepEqual(layout.usageOf(CGROUP), {
      cpuNs: 2_500_000,
      memoryBytes: 1000,
      memoryPeakBytes: 2000,
      oomKills: 4,
      forksRefused: 7,
    });
  });

  it('takes controllers from version 1 where the hierarchy of version 2 is there, but empty', () => {
    for (const one of [machine().v1().v2(''), machine().v2('').v1()]) {
      const layout = one.layout();
      assert.equal(layout.kind, 'hybrid');
      assert.equal(layout.usageOf(CGROUP).cpuNs, 2_500_000);
      layout.assertEnforceable();
    }
  });

  it('says which controllers are missing, and leaves out what they would have counted', () => {
    const layout = machine().v2('cpu').layout();
    assert.throws(
      () => layout.assertEnforceable(),
      (error) => {
        assert.equal(errorCode(error), 'CGROUP_CONTROLLER_MISSING');
        assert.deepEqual((error as { data?: { missing?: unknown } }).data?.missing, ['memory', 'pids']);
        return true;
      },
    );
    const usage = layout.usageOf(CGROUP);
    assert.equal(usage.cpuNs, 1_500_000);
    assert.deepEqual(
      [usage.memoryBytes, usage.oomKills, usage.forksRefused],
      [undefined, undefined, undefined],
    );
    assert.equal(CgroupLayout.read('').kind, 'none');
  });

  it('knows nothing of a cgroup that does not exist', () => {
    const usage = machine().v1().layout().usageOf('/metanode/another');
    assert.deepEqual(new Set(Object.values(usage)), new Set([undefined]));
  });

  it('removes what a container left, and the parent with the last one', () => {
    const one = machine().mount('empty', 'cgroup', 'rw,pids', {});
    const path = (name: string) => directory.join(`empty/metanode/${name}`);
    mkdirSync(path('a'), { recursive: true });
    mkdirSync(path('b'), { recursive: true });
    one.layout().remove('/metanode/a');
    assert.deepEqual([existsSync(path('a')), existsSync(path('b'))], [false, true]);
    one.layout().remove('/metanode/b');
    assert.equal(existsSync(path('')), false);
  });
});
