import { flag, type Metric, single } from './metric.ts';

/** The process and what it runs on. Names that begin with `process_` are those of all Prometheus clients. */
export const PROCESS_METRICS: readonly Metric[] = [
  {
    name: 'metanode_node_info',
    kind: 'gauge',
    help: 'Always 1; its labels say which node this is.',
    labels: ['name', 'version', 'role'],
    read: ({ ports: { node } }) => [
      { labels: { name: node.name, version: node.version, role: node.role }, value: 1 },
    ],
  },
  {
    name: 'metanode_node_ready',
    kind: 'gauge',
    help: '1 if the node does all that it is there for, as /readyz says.',
    read: ({ ports }) => flag(ports.node.readiness().ready),
  },
  {
    name: 'process_start_time_seconds',
    kind: 'gauge',
    help: 'When the process started, Unix time.',
    read: ({ ports }) => single(ports.node.startedAtMs / 1000),
  },
  {
    name: 'process_cpu_seconds_total',
    kind: 'counter',
    help: 'Processor time of all threads.',
    read: ({ ports }) => single(ports.node.usage().cpuSeconds),
  },
  {
    name: 'process_resident_memory_bytes',
    kind: 'gauge',
    help: 'Memory that the process occupies.',
    read: ({ ports }) => single(ports.node.memoryBytes()),
  },
  {
    name: 'metanode_node_heap_bytes',
    kind: 'gauge',
    help: 'Part of the memory that objects of JavaScript take.',
    read: ({ ports }) => single(ports.node.usage().heapBytes),
  },
  {
    name: 'metanode_node_event_loop_busy_seconds_total',
    kind: 'counter',
    help: 'Time that the main thread worked and did not wait; a rate near 1 is a node at its limit.',
    read: ({ ports }) => single(ports.node.usage().busySeconds),
  },
  {
    name: 'metanode_node_disk_free_bytes',
    kind: 'gauge',
    help: 'Room on the file system of the data directory.',
    read: ({ ports }) => single(ports.node.usage().freeDiskBytes),
  },
];
