/** ELF (System V ABI, "Program header"): offsets of a 64-bit little-endian file. */
const MAGIC = 0x7f45_4c46;
const CLASS_64 = 2;
const LITTLE_ENDIAN = 1;
const PROGRAM_INTERPRETER = 3;

/** Whether a program runs without a loader and libraries: an ELF file with no segment of type PT_INTERP. */
export function isStaticProgram(file: Buffer): boolean {
  if (file.length < 64 || file.readUInt32BE(0) !== MAGIC) return false;
  if (file[4] !== CLASS_64 || file[5] !== LITTLE_ENDIAN) return false;
  const offset = Number(file.readBigUInt64LE(32));
  const size = file.readUInt16LE(54);
  const count = file.readUInt16LE(56);
  for (let index = 0; index < count; index++) {
    const position = offset + index * size;
    if (position + 4 > file.length) return false;
    if (file.readUInt32LE(position) === PROGRAM_INTERPRETER) return false;
  }
  return true;
}
