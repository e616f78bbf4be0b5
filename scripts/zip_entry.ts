/**
 * One file out of a ZIP archive: image builds have no program for that. Without ZIP64 and encryption,
 * which archives of this size and kind do not have.
 *
 * Source: PKWARE's APPNOTE.TXT, version 6.3.10, sections 4.3.7, 4.3.12 and 4.3.16.
 */

const END_OF_DIRECTORY = 0x06054b50;
const DIRECTORY_ENTRY = 0x02014b50;
const STORED = 0;
const DEFLATED = 8;

/** The contents of the file of that name. Throws if there is none. */
export async function readZipEntry(
  archive: Uint8Array<ArrayBuffer>,
  name: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const view = new DataView(archive.buffer, archive.byteOffset, archive.length);
  for (const at of directoryEntries(view)) {
    const nameLength = view.getUint16(at + 28, true);
    const found = new TextDecoder().decode(archive.subarray(at + 46, at + 46 + nameLength));
    if (found === name) return await inflate(archive, view, at);
  }
  throw new Error(`Cannot unpack the archive: it has no "${name}"`);
}

/** Where each entry of the archive's directory is. */
function* directoryEntries(view: DataView): Generator<number, void> {
  let end = view.byteLength - 22;
  while (end >= 0 && view.getUint32(end, true) !== END_OF_DIRECTORY) end--;
  if (end < 0) throw new Error("Cannot unpack the archive: it is no ZIP file");
  let at = view.getUint32(end + 16, true);
  while (at < end && view.getUint32(at, true) === DIRECTORY_ENTRY) {
    yield at;
    const lengths = [28, 30, 32].map((offset) => view.getUint16(at + offset, true));
    at += lengths.reduce((sum, length) => sum + length, 46);
  }
}

async function inflate(
  archive: Uint8Array<ArrayBuffer>,
  view: DataView,
  entry: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const method = view.getUint16(entry + 10, true);
  const size = view.getUint32(entry + 20, true);
  const header = view.getUint32(entry + 42, true);
  const start = header + 30 + view.getUint16(header + 26, true) + view.getUint16(header + 28, true);
  const packed = archive.subarray(start, start + size);
  if (method === STORED) return packed;
  if (method !== DEFLATED) {
    throw new Error("Cannot unpack the archive: it is packed in another way");
  }
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return await new Response(stream).bytes();
}
