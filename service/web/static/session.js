// A microphone and a socket together: what sings into the server, and what it says.

import { LiveSocket, socketAddress } from "./protocol.js";
import { Microphone } from "./microphone.js";

/** @typedef {import("./protocol.js").Settings} Settings */
/** @typedef {import("./protocol.js").Message} Message */
/** @typedef {"take" | "check" | "sa" | "drill"} Purpose */

/**
 * @typedef {object} Listener
 * @property {(message: Message) => void} [onMessage]
 * @property {(why: string) => void} [onEnd] - the microphone or the server is gone; the session has ended
 * @property {(seconds: number) => void} [onGap]
 * @property {(waiting_ms: number) => void} [onWaiting]
 * @property {(block: import("./microphone.js").Block, number: number) => void} [onBlock]
 */

/** The one session of this page: the microphone is held by one at a time. @type {Session | null} */
let running = null;

export class Session {
  /** @param {Purpose} purpose @param {Listener} listener */
  constructor(purpose, listener) {
    this.purpose = purpose;
    this.listener = listener;
    /** @type {Microphone | null} */ this.microphone = null;
    this.socket = new LiveSocket((message) => listener.onMessage?.(message), (why) => void this.lost(why));
    /** @type {Promise<Message> | null} */ this.ended = null;
  }

  /** Opens microphone and socket; another session of this page ends, and its take is kept.
   * @param {Settings} settings @returns {Promise<Message>} the server's "ready" */
  async start(settings) {
    await running?.stop(running.purpose === "take");
    running = this;
    try {
      const microphone = await Microphone.open();
      this.microphone = microphone;
      const sound = microphone.sound;
      const ready = await this.socket.open(socketAddress(document.baseURI), {
        rate_hz: microphone.rate_hz, channels: 1, settings, microphone: sound,
      });
      microphone.onBlock = (block) => {
        if (this.socket.ending) { return; }
        this.listener.onBlock?.(block, this.socket.number);
        const waiting_ms = this.socket.push(block.captured_ms, block.samples);
        this.listener.onWaiting?.(waiting_ms);
      };
      microphone.onGap = (seconds) => this.listener.onGap?.(seconds);
      microphone.onGone = () => this.listener.onEnd?.("The microphone was unplugged. What was sung until then is kept.");
      return ready;
    } catch (error) {
      await this.release();
      throw error;
    }
  }

  /** @param {Settings} settings */
  change(settings) { this.socket.send({ type: "settings", ...settings }); }

  /** @param {"sa" | "pa" | "drone" | "nothing"} what */
  measure(what) { this.socket.send({ type: "measure", what }); }

  /** @param {object | null} plan */
  drill(plan) { this.socket.send({ type: "drill", plan }); }

  /** Ends it. @param {boolean} keep @returns {Promise<Message>} the server's "take" */
  stop(keep) {
    this.ended ??= this.socket.stop(keep).then(async (message) => { await this.release(); return message; });
    return this.ended;
  }

  /** @param {string} why */
  async lost(why) {
    await this.release();
    this.listener.onEnd?.(why);
  }

  async release() {
    if (running === this) { running = null; }
    const microphone = this.microphone;
    this.microphone = null;
    await microphone?.close();
  }
}
