import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { LIMITS } from '../util/limits.ts';
import { tarEnd, tarHeader, tarPadding } from '../util/tar.ts';
import { runtimeError } from './errors.ts';

/** An OCI image that is nothing but a root file system (OCI image specification 1.0, manifest.md). */
export interface RootfsImage {
  /** sha256 of the manifest, as hex. */
  readonly digest: string;
  readonly mediaType: string;
  /** Bytes of manifest, configuration and layer together. */
  readonly size: number;
}

const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json';
const CONFIG_TYPE = 'application/vnd.oci.image.config.v1+json';
const LAYER_TYPE = 'application/vnd.oci.image.layer.v1.tar';

/**
 * The image that a directory is. The same files always make the same digest: the layer lists them by name, with no
 * times and no owners.
 * @throws NodeError ROOTFS_UNSUPPORTED_ENTRY, ROOTFS_TOO_LARGE
 */
export async function imageOfRootfs(path: string, architecture: string = process.arch): Promise<RootfsImage> {
  const layer = await hashLayer(path);
  const config = JSON.stringify({
    architecture: architecture === 'x64' ? 'amd64' : architecture,
    os: 'linux',
    rootfs: { type: 'layers', diff_ids: [`sha256:${layer.digest}`] },
  });
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    config: {
      mediaType: CONFIG_TYPE,
      digest: `sha256:${sha256Hex(config)}`,
      size: Buffer.byteLength(config),
    },
    layers: [{ mediaType: LAYER_TYPE, digest: `sha256:${layer.digest}`, size: layer.size }],
  });
  return {
    digest: sha256Hex(manifest),
    mediaType: MANIFEST_TYPE,
    size: Buffer.byteLength(manifest) + Buffer.byteLength(config) + layer.size,
  };
}

function sha256Hex(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Digest and size of the directory as an uncompressed tar archive, which is never written anywhere. */
async function hashLayer(root: string): Promise<{ digest: string; size: number }> {
  const hash = createHash('sha256');
  let size = 0;
  let entries = 0;
  const update = (bytes: Buffer) => {
    hash.update(bytes);
    size += bytes.length;
    if (size > LIMITS.maxRootfsBytes)
      throw runtimeError('ROOTFS_TOO_LARGE', `${root} has more than ${LIMITS.maxRootfsBytes} bytes`);
  };
  const add = async (name: string): Promise<void> => {
    if (++entries > LIMITS.maxRootfsEntries)
      throw runtimeError('ROOTFS_TOO_LARGE', `${root} has more than ${LIMITS.maxRootfsEntries} entries`);
    const path = join(root, name);
    const entry = await lstat(path);
    const mode = entry.mode & 0o7777;
    if (entry.isDirectory()) {
      update(tarHeader({ name: `${name}/`, type: '5', mode, size: 0, link: '' }));
      for (const child of await sortedNames(path)) await add(join(name, child));
    } else if (entry.isSymbolicLink()) {
      update(tarHeader({ name, type: '2', mode: 0o777, size: 0, link: await readlink(path) }));
    } else if (entry.isFile()) {
      update(tarHeader({ name, type: '0', mode, size: entry.size, link: '' }));
      await readWhole(path, entry.size, update);
    } else {
      throw runtimeError('ROOTFS_UNSUPPORTED_ENTRY', `${path} is neither a file, a directory nor a link`, {
        data: { path },
        hint: 'devices, sockets and pipes belong into no image',
      });
    }
  };
  for (const child of await sortedNames(root)) await add(child);
  update(tarEnd());
  return { digest: hash.digest('hex'), size };
}

async function sortedNames(path: string): Promise<string[]> {
  return (await readdir(path)).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

async function readWhole(path: string, size: number, update: (bytes: Buffer) => void): Promise<void> {
  let read = 0;
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    read += chunk.length;
    update(chunk);
  }
  if (read !== size)
    throw runtimeError('ROOTFS_UNSUPPORTED_ENTRY', `${path} changed while it was read`, { data: { path } });
  update(tarPadding(size));
}
