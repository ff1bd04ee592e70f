// Runs in the audio thread: blocks of 10 ms, mixed down to one channel, with the clock of this machine.

// The pitch of two frames of 10 ms is known 1184 samples of 16 kHz after their start: 64 more than whole blocks.
// Without the first 96 samples that moment is the end of a block, and not 6 ms before one.
const SKIPPED = 96;

class Tap extends AudioWorkletProcessor {
  constructor() {
    super();
    this.size = Math.round(sampleRate / 100);
    this.block = new Float32Array(this.size);
    this.filled = 0;
    this.skipping = Math.round(SKIPPED * sampleRate / 16000);
  }

  /** @param {Float32Array[][]} inputs @returns {boolean} true: go on */
  process(inputs) {
    const channels = inputs[0] ?? [];
    const length = channels[0]?.length ?? 128;
    const from = Math.min(this.skipping, length);
    this.skipping -= from;
    for (let at = from; at < length; at += 1) {
      let sum = 0;
      for (const channel of channels) { sum += channel[at] ?? 0; }
      this.block[this.filled] = channels.length ? sum / channels.length : 0;
      this.filled += 1;
      if (this.filled === this.size) { this.post(at + 1, length, channels.length); }
    }
    return true;
  }

  /** @param {number} used @param {number} length @param {number} channels */
  post(used, length, channels) {
    const late_ms = 1000 * (length - used) / sampleRate; // the block's last sample is so much older than now
    const samples = this.block;
    const block = { samples, captured_ms: Date.now() - late_ms, frame: currentFrame + used, channels };
    this.port.postMessage(block, [samples.buffer]);
    this.block = new Float32Array(this.size);
    this.filled = 0;
  }
}

registerProcessor("tap", Tap);
