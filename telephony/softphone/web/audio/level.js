// How loud: the level of a stretch of 16-bit samples relative to full scale.

export const WINDOW_SAMPLES = 80;
export const WINDOW_MS = 10;
export const AUDIBLE_DBFS = -45;
export const QUIETEST_DBFS = -120;

/** RMS in dBFS; -120 for silence. */
export function levelDbfs(pcm, start = 0, end = pcm.length) {
  let power = 0;
  for (let index = start; index < end; index += 1) power += (pcm[index] / 32768) ** 2;
  return 10 * Math.log10(Math.max(power / (end - start), 1e-12));
}

/** The levels of each 10 ms of a frame. */
export function windowLevels(pcm) {
  const levels = [];
  for (let start = 0; start + WINDOW_SAMPLES <= pcm.length; start += WINDOW_SAMPLES) {
    levels.push(levelDbfs(pcm, start, start + WINDOW_SAMPLES));
  }
  return levels;
}
