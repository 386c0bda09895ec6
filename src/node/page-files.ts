import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, extname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PageFile } from '../rpc/page.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};
/** From here to the root of the package: as a part of the bundle, and as a source file. */
const ROOTS = ['..', '../..'];

/** The built page of this package, or nothing if it was not built. */
export async function readPageFiles(): Promise<PageFile[]> {
  const here = dirname(fileURLToPath(import.meta.url));
  for (const root of ROOTS) {
    const files = await readFilesBelow(join(here, root, 'dist/ui'));
    if (files.length > 0) return files;
  }
  return [];
}

async function readFilesBelow(directory: string): Promise<PageFile[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile() && TYPES[extname(entry.name)] !== undefined);
  return await Promise.all(
    files.map(async (entry) => {
      const path = join(entry.parentPath, entry.name);
      const bytes = await readFile(path);
      return {
        path: relative(directory, path).replaceAll(sep, '/'),
        type: TYPES[extname(entry.name)] as string,
        bytes,
        tag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`,
      };
    }),
  );
}
