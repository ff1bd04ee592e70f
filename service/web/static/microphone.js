// The microphone: opened raw, its settings read back, its sound in blocks of 10 ms.

/** @typedef {import("./protocol.js").Sound} Sound */
/** @typedef {{samples: Float32Array, captured_ms: number, frame: number, channels: number}} Block */

const RATE_HZ = 16000;
const ASLEEP_MS = 1000;

/** What went wrong, in a line that says how to mend it. */
export class NoMicrophone extends Error {}

/** @type {Record<string, string>} */
const WHY = {
  NotAllowedError: "The browser was not allowed to use the microphone. Click the sign beside the address, allow the microphone, and press the button again.",
  NotFoundError: "No microphone was found. Plug one in, or choose one in the settings of the system, and press the button again.",
  NotReadableError: "The microphone is there but gives no sound: another program may hold it. Close that, and press the button again.",
  OverconstrainedError: "The microphone refuses what was asked of it. Choose another in the browser's settings.",
};

/** @param {unknown} error @returns {string} */
export function whyNot(error) {
  const name = error instanceof Error ? error.name : "";
  return WHY[name] ?? `The microphone could not be opened (${name || error}). Try another browser or microphone.`;
}

/**
 * Reads back what the browser and the system do to the sound; what it does not say is null, not false.
 * @param {MediaStreamTrack} track
 * @returns {Sound}
 */
export function readSettings(track) {
  const said = track.getSettings();
  const known = (/** @type {unknown} */ value) => (typeof value === "boolean" ? value : null);
  return {
    label: track.label,
    channelCount: said.channelCount ?? null,
    echoCancellation: known(said.echoCancellation),
    noiseSuppression: known(said.noiseSuppression),
    autoGainControl: known(said.autoGainControl),
    sampleRate: said.sampleRate ?? null,
  };
}

/**
 * Tells from two blocks how long no sound came though the clock went on: a laptop that slept.
 * @param {{captured_ms: number, frame: number}} before
 * @param {{captured_ms: number, frame: number}} now
 * @param {number} rate_hz
 * @returns {number} seconds, 0 for what is not worth a word
 */
export function gapOf(before, now, rate_hz) {
  const missing_ms = now.captured_ms - before.captured_ms - 1000 * (now.frame - before.frame) / rate_hz;
  return missing_ms > ASLEEP_MS ? missing_ms / 1000 : 0;
}

/** An open microphone. */
export class Microphone {
  /** @param {MediaStream} stream @param {AudioContext} context @param {AudioWorkletNode} tap */
  constructor(stream, context, tap) {
    this.stream = stream;
    this.context = context;
    this.tap = tap;
    /** @type {MediaStreamTrack} */ this.track = /** @type {MediaStreamTrack} */ (stream.getAudioTracks()[0]);
    this.rate_hz = context.sampleRate;
    /** @type {(block: Block) => void} */ this.onBlock = () => {};
    /** @type {(seconds: number) => void} */ this.onGap = () => {};
    /** @type {() => void} */ this.onGone = () => {};
    /** @type {Block | null} */ this.last = null;
    tap.port.onmessage = (event) => this.receive(event.data);
    this.track.onended = () => this.onGone();
    context.onstatechange = () => { if (this.tap.port.onmessage && context.state === "suspended") { void context.resume(); } }; // after sleep
  }

  /** Opens it; raises NoMicrophone. @returns {Promise<Microphone>} */
  static async open() {
    if (!navigator.mediaDevices) {
      throw new NoMicrophone("A browser gives the microphone to https or localhost only. Open the page on the machine that runs swara.");
    }
    let stream;
    try {
      const audio = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
      stream = await navigator.mediaDevices.getUserMedia({ audio });
    } catch (error) {
      throw new NoMicrophone(whyNot(error));
    }
    try {
      return await Microphone.listen(stream);
    } catch (error) {
      for (const track of stream.getTracks()) { track.stop(); }
      throw new NoMicrophone(whyNot(error));
    }
  }

  /** @param {MediaStream} stream @returns {Promise<Microphone>} */
  static async listen(stream) {
    /** @type {AudioContext} */ let context;
    /** @type {MediaStreamAudioSourceNode} */ let source;
    try {
      // Ten milliseconds at a time, where the browser can: of its usual 128 samples, 160 are one and a quarter,
      // and three of four blocks would wait for the rest of one.
      const options = /** @type {AudioContextOptions} */ ({ sampleRate: RATE_HZ, latencyHint: "interactive", renderSizeHint: RATE_HZ / 100 });
      context = new AudioContext(options);
      source = context.createMediaStreamSource(stream);
    } catch { // some browsers want the rate of the device: the server resamples
      context = new AudioContext({ latencyHint: "interactive" });
      source = context.createMediaStreamSource(stream);
    }
    await context.audioWorklet.addModule(new URL("worklet.js", import.meta.url).href);
    const tap = new AudioWorkletNode(context, "tap", { numberOfOutputs: 0 });
    source.connect(tap);
    await context.resume();
    return new Microphone(stream, context, tap);
  }

  get sound() { return readSettings(this.track); }

  /** @param {Block} block */
  receive(block) {
    const gap_s = this.last ? gapOf(this.last, block, this.rate_hz) : 0;
    this.last = { ...block, samples: EMPTY };
    if (gap_s) { this.onGap(gap_s); }
    this.onBlock(block);
  }

  /** Lets go of it, so that the browser's sign goes out. */
  async close() {
    this.tap.port.onmessage = null;
    this.track.onended = null;
    for (const track of this.stream.getTracks()) { track.stop(); }
    if (this.context.state !== "closed") { await this.context.close(); }
  }
}

const EMPTY = new Float32Array(0);
