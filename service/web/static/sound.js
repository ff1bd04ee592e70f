// What the page plays: the tanpura as a seamless loop, a swara to sing after.

import { ask } from "./dom.js";

const RETUNE_CENTS = 50;

/** @type {AudioContext | null} */
let context = null;

/** The loudspeaker's context, at its own rate; made at the first click. */
function speaker() {
  context ??= new AudioContext();
  void context.resume();
  return context;
}

/** @param {string} address @returns {Promise<AudioBuffer>} */
async function fetchSound(address) {
  const response = await ask(address);
  return speaker().decodeAudioData(await response.arrayBuffer());
}

/** @param {number} from_hz @param {number} to_hz @returns {boolean} whether a loop made for one Sa is of no use at another */
export function needsRetuning(from_hz, to_hz) {
  return !(from_hz > 0) || Math.abs(1200 * Math.log2(to_hz / from_hz)) > RETUNE_CENTS;
}

export class Tanpura {
  constructor() {
    this.sa_hz = 0;
    this.tuning = "";
    this.volume = 0.5;
    this.wanted = 0;
    /** @type {{source: AudioBufferSourceNode, gain: GainNode} | null} */ this.playing = null;
  }

  /** Plays at a Sa and tuning: the loop goes on where both fit. @param {number} sa_hz @param {string} tuning */
  async play(sa_hz, tuning) {
    if (this.playing && this.tuning === tuning && !needsRetuning(this.sa_hz, sa_hz)) { return; }
    this.wanted += 1;
    const asked = this.wanted;
    const buffer = await fetchSound(`api/tanpura.wav?sa=${sa_hz.toFixed(3)}&tuning=${encodeURIComponent(tuning)}`);
    if (asked !== this.wanted) { return; }
    this.fade();
    const output = speaker();
    const source = new AudioBufferSourceNode(output, { buffer, loop: true });
    const gain = new GainNode(output, { gain: 0 });
    source.connect(gain).connect(output.destination);
    gain.gain.setTargetAtTime(this.volume, output.currentTime, 0.1);
    source.start();
    this.playing = { source, gain };
    this.sa_hz = sa_hz;
    this.tuning = tuning;
  }

  /** @param {number} volume - from 0 to 1 */
  setVolume(volume) {
    this.volume = volume;
    this.playing?.gain.gain.setTargetAtTime(volume, speaker().currentTime, 0.05);
  }

  stop() {
    this.wanted += 1;
    this.fade();
  }

  fade() {
    const old = this.playing;
    this.playing = null;
    if (!old) { return; }
    const now = speaker().currentTime;
    old.gain.gain.setTargetAtTime(0, now, 0.08);
    old.source.stop(now + 0.5);
  }
}

/** Plays sounds one after another. @param {string[]} addresses @returns {Promise<void>} when the last has ended */
export async function playOnce(addresses) {
  const buffers = await Promise.all(addresses.map(fetchSound));
  for (const buffer of buffers) {
    const source = new AudioBufferSourceNode(speaker(), { buffer });
    source.connect(speaker().destination);
    source.start();
    await new Promise((resolve) => { source.onended = resolve; });
  }
}

/** @param {number} sa_hz @param {number} cents @param {number} seconds @returns {string} */
export function swaraAddress(sa_hz, cents, seconds) {
  return `api/swara.wav?sa=${sa_hz.toFixed(3)}&cents=${cents.toFixed(2)}&seconds=${seconds}`;
}
