// Reads a WAV of 16-bit mono samples.

/** The samples. Throws RangeError for a file that is none such. */
export function decode(buffer) {
  const bytes = new DataView(buffer);
  const word = (at) => String.fromCharCode(...new Uint8Array(buffer, at, 4));
  if (word(0) !== "RIFF" || word(8) !== "WAVE") throw new RangeError("no WAV");
  for (let at = 12; at + 8 <= buffer.byteLength; ) {
    const length = bytes.getUint32(at + 4, true);
    if (word(at) === "fmt " && (bytes.getUint16(at + 10, true) !== 1 || bytes.getUint16(at + 22, true) !== 16)) {
      throw new RangeError("no mono WAV of 16 bits");
    }
    if (word(at) === "data") return new Int16Array(buffer.slice(at + 8, at + 8 + length - (length % 2)));
    at += 8 + length + (length % 2);
  }
  throw new RangeError("no samples");
}
