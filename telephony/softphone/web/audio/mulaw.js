// G.711 mu-law, 8 bits a sample, and its base64.

const BIAS = 0x84;
const CLIP = 32635;
export const SILENCE = 0xff;

const DECODED = new Int16Array(256);
for (let byte = 0; byte < 256; byte += 1) {
  const inverted = ~byte & 0xff;
  const size = ((((inverted & 0x0f) << 3) + BIAS) << ((inverted & 0x70) >> 4)) - BIAS;
  DECODED[byte] = inverted & 0x80 ? -size : size;
}

function encodeSample(sample) {
  const sign = sample < 0 ? 0x80 : 0;
  const biased = Math.min(Math.abs(sample), CLIP) + BIAS;
  const exponent = 31 - Math.clz32(biased) - 7;
  return ~(sign | (exponent << 4) | ((biased >> (exponent + 3)) & 0x0f)) & 0xff;
}

/** Base64 of the mu-law of 16-bit samples. */
export function encode(pcm) {
  let text = "";
  for (const sample of pcm) text += String.fromCharCode(encodeSample(sample));
  return btoa(text);
}

/** 16-bit samples of base64 mu-law. Throws for text that is no base64. */
export function decode(payload) {
  const text = atob(payload);
  const pcm = new Int16Array(text.length);
  for (let index = 0; index < text.length; index += 1) pcm[index] = DECODED[text.charCodeAt(index)];
  return pcm;
}
