// Pictures without what cameras write into them (Exif with the place, XMP, IPTC, comments). The picture itself stays as it is.

/** Segments of a JPEG that are not the picture: Exif and XMP, IPTC, comment. */
const jpegTraces = new Set([0xe1, 0xed, 0xfe]);
const pngTraces = new Set(['eXIf', 'tEXt', 'zTXt', 'iTXt', 'tIME']);

/** null: it cannot be read as such a picture. */
export function withoutTraces(kind: 'jpg' | 'png', bytes: Buffer): Buffer | null {
  return kind === 'jpg' ? cleanJpeg(bytes) : cleanPng(bytes);
}

function cleanJpeg(bytes: Buffer): Buffer | null {
  const kept: Buffer[] = [bytes.subarray(0, 2)];
  let at = 2;
  while (at + 4 <= bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1]!;
    if (marker === 0xff) {
      at += 1; // fill byte
      continue;
    }
    if (marker === 0xda) return Buffer.concat([...kept, bytes.subarray(at)]); // from here on the picture itself
    const end = at + 2 + bytes.readUInt16BE(at + 2);
    if (end > bytes.length || end < at + 4) return null;
    if (!jpegTraces.has(marker)) kept.push(bytes.subarray(at, end));
    at = end;
  }
  return null;
}

function cleanPng(bytes: Buffer): Buffer | null {
  const kept: Buffer[] = [bytes.subarray(0, 8)];
  let at = 8;
  while (at + 12 <= bytes.length) {
    const end = at + 12 + bytes.readUInt32BE(at);
    const type = bytes.toString('latin1', at + 4, at + 8);
    if (end > bytes.length) return null;
    if (!pngTraces.has(type)) kept.push(bytes.subarray(at, end));
    if (type === 'IEND') return Buffer.concat(kept);
    at = end;
  }
  return null;
}
