/** Archives of files (POSIX.1-2017, pax, "ustar Interchange Format"), without owners and times. */

const BLOCK = 512;

/** An archive ends with two blocks of zeros. */
export function tarEnd(): Buffer {
  return Buffer.alloc(2 * BLOCK);
}

/** Zeros after the content of an entry, up to a whole block. */
export function tarPadding(size: number): Buffer {
  return Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);
}

export interface TarEntry {
  readonly name: string;
  /** 0 file, 2 symbolic link, 5 directory, x records for the entry that follows. */
  readonly type: '0' | '2' | '5' | 'x';
  readonly mode: number;
  readonly size: number;
  readonly link: string;
}

const NAME_BYTES = 100;
/** What eleven octal digits hold. */
const MAX_OCTAL_SIZE = 0o77777777777;

/** The header of an entry; what does not fit goes into an extended one before it. */
export function tarHeader(entry: TarEntry): Buffer {
  const records: string[] = [];
  if (Buffer.byteLength(entry.name) > NAME_BYTES) records.push(paxRecord('path', entry.name));
  if (Buffer.byteLength(entry.link) > NAME_BYTES) records.push(paxRecord('linkpath', entry.link));
  if (entry.size > MAX_OCTAL_SIZE) records.push(paxRecord('size', String(entry.size)));
  if (records.length === 0) return ustarBlock(entry);
  const extended = Buffer.from(records.join(''));
  const header = ustarBlock({ name: 'PaxHeader', type: 'x', mode: 0o644, size: extended.length, link: '' });
  return Buffer.concat([header, extended, tarPadding(extended.length), ustarBlock(entry)]);
}

/** `length keyword=value`, where the length counts its own digits. */
function paxRecord(keyword: string, value: string): string {
  const rest = ` ${keyword}=${value}\n`;
  const bytes = Buffer.byteLength(rest);
  let length = bytes + String(bytes).length;
  if (String(length).length > String(bytes).length) length = bytes + String(length).length;
  return `${length}${rest}`;
}

function ustarBlock({ name, type, mode, size, link }: TarEntry): Buffer {
  const block = Buffer.alloc(BLOCK);
  const text = (value: string, offset: number, length: number) =>
    Buffer.from(value).copy(block, offset, 0, length);
  const octal = (value: number, offset: number, length: number) =>
    text(`${value.toString(8).padStart(length - 1, '0')}\0`, offset, length);
  text(name, 0, NAME_BYTES);
  octal(mode, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(Math.min(size, MAX_OCTAL_SIZE), 124, 12);
  octal(0, 136, 12);
  text(' '.repeat(8), 148, 8);
  text(type, 156, 1);
  text(link, 157, NAME_BYTES);
  text('ustar\u000000', 257, 8);
  octal(0, 329, 8);
  octal(0, 337, 8);
  const sum = block.reduce((total, byte) => total + byte, 0);
  text(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 8);
  return block;
}

/** An archive of a few small files, by their names. */
export function tarOf(files: ReadonlyMap<string, string>): Buffer {
  const parts = [...files].flatMap(([name, text]) => {
    const bytes = Buffer.from(text);
    const header = tarHeader({ name, type: '0', mode: 0o600, size: bytes.length, link: '' });
    return [header, bytes, tarPadding(bytes.length)];
  });
  return Buffer.concat([...parts, tarEnd()]);
}
