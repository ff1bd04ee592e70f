// The socket to the server: docs/live.md has its messages, version swara.live.1.

/** @typedef {{tonic: string | null, raga: string | null, tuning: string, preset: string}} Settings */
/** @typedef {{swara: string, letter: string, devanagari: string, saptak: string, cents: number}} Lane */
/** @typedef {{hz: number, name: string, confidence?: number, words?: string}} Sa */
/** @typedef {{label: string, channelCount: number | null, echoCancellation: boolean | null, noiseSuppression: boolean | null, autoGainControl: boolean | null, sampleRate: number | null}} Sound */
/** @typedef {{type: "frames", number: number, captured_ms: number, judged_ms: number, start_s: number, hop_s: number, cents: (number | null)[], reference?: string}} Frames */
/** @typedef {{type: "note", id: number, start_s: number, end_s: number, swara: string, letter: string, saptak: string, cents_off: number | null, verdict: import("./dom.js").Verdict, foreign: boolean, final: boolean, withdrawn?: boolean}} LiveNote */
/** @typedef {{type: string, [key: string]: any}} Message */

export const PROTOCOL = "swara.live.1";
const HEAD = 16;
/** So much may wait to be sent before the singer is told: 200 ms of 32-bit samples. */
const MOST_WAITING_S = 0.2;

/**
 * Packs a block of samples: number, flags, the time when its last sample was captured, samples.
 * @param {number} number
 * @param {number} captured_ms - by the clock of this machine
 * @param {Float32Array} samples
 * @returns {ArrayBuffer} little endian
 */
export function pack(number, captured_ms, samples) {
  const packed = new ArrayBuffer(HEAD + 4 * samples.length);
  const view = new DataView(packed);
  view.setUint32(0, number, true);
  view.setUint32(4, 0, true);
  view.setFloat64(8, captured_ms, true);
  new Float32Array(packed, HEAD).set(samples);
  return packed;
}

/** @param {string} base - address of the page @returns {string} that of its socket */
export function socketAddress(base) {
  const address = new URL("live", base);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  address.search = address.hash = "";
  return address.href;
}

/** One session with the server: from hello to stop. */
export class LiveSocket {
  /**
   * @param {(message: Message) => void} onMessage
   * @param {(why: string) => void} onLost - when it ends before it was stopped
   * @param {(address: string, protocol: string) => WebSocket} [connect]
   */
  constructor(onMessage, onLost, connect = (address, protocol) => new WebSocket(address, protocol)) {
    this.onMessage = onMessage;
    this.onLost = onLost;
    this.connect = connect;
    /** @type {WebSocket | null} */ this.socket = null;
    this.rate_hz = 16000;
    this.number = 0;
    this.ending = false;
    /** @type {((message: Message) => void) | null} */ this.onTake = null;
  }

  /**
   * Connects, and says what will come.
   * @param {string} address
   * @param {{rate_hz: number, channels: number, settings: Settings, microphone: Sound}} hello
   * @returns {Promise<Message>} the server's "ready"
   */
  open(address, hello) {
    this.rate_hz = hello.rate_hz;
    return new Promise((resolve, reject) => {
      let ready = false;
      let refusal = "";
      const socket = this.connect(address, PROTOCOL);
      this.socket = socket;
      socket.binaryType = "arraybuffer";
      socket.onopen = () => this.send({ type: "hello", protocol: 1, ...hello });
      socket.onmessage = (event) => {
        const message = JSON.parse(event.data);
        if (message.type === "ready" && !ready) { ready = true; resolve(message); }
        if (message.type === "error" && !ready) { refusal = message.message; }
        if (message.type === "take") { this.onTake?.(message); }
        this.onMessage(message);
      };
      socket.onclose = (event) => {
        const why = refusal || event.reason || "The connection to swara was lost.";
        if (!ready) { reject(new Error(why)); } else if (!this.ending) { this.onLost(why); }
        this.onTake?.({ type: "take", id: null, kept: false });
      };
    });
  }

  /** @param {object} message */
  send(message) {
    if (this.socket?.readyState === 1) { this.socket.send(JSON.stringify(message)); }
  }

  /**
   * Sends the next block.
   * @param {number} captured_ms
   * @param {Float32Array} samples
   * @returns {number} how much waits to be sent beyond what may, in ms; 0 on a good connection
   */
  push(captured_ms, samples) {
    if (this.socket?.readyState !== 1 || this.ending) { return 0; }
    this.socket.send(pack(this.number, captured_ms, samples));
    this.number += 1;
    const waiting_s = this.socket.bufferedAmount / 4 / this.rate_hz;
    return waiting_s > MOST_WAITING_S ? Math.round(1000 * waiting_s) : 0;
  }

  /**
   * Ends the session.
   * @param {boolean} keep - whether a report is made of it
   * @returns {Promise<Message>} the server's "take"; its id is null where there is none
   */
  stop(keep) {
    this.ending = true;
    return new Promise((resolve) => {
      const done = (/** @type {Message} */ message) => { resolve(message); this.onTake = null; this.socket?.close(); };
      if (this.socket?.readyState !== 1) { resolve({ type: "take", id: null, kept: false }); return; }
      this.onTake = done;
      this.send({ type: "stop", keep });
    });
  }
}
