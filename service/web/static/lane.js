// The singer's line over the swaras: a ring of frames, a canvas that scrolls, names in the document.

import { classOf, shapeOf, writeSwara } from "./dom.js";

/** @typedef {import("./protocol.js").Lane} Lane */
/** @typedef {import("./protocol.js").Frames} Frames */
/** @typedef {import("./protocol.js").LiveNote} LiveNote */
/** @typedef {{start_s: number, end_s: number, cents: number}} Target */

const BEHIND_S = 6;
const HELD = 2048;
/** A step from frame to frame that is a glide, and bears no verdict. */
const GLIDE_CENTS = 30;
const VERDICTS = ["perfect", "in tune", "low", "high", "unsure"];

/** The newest frames, in memory that never grows; a frame without a voice is NaN. */
export class Ring {
  /** @param {number} [capacity] */
  constructor(capacity = HELD) {
    this.capacity = capacity;
    this.times = new Float64Array(capacity);
    this.cents = new Float32Array(capacity);
    this.count = 0;
  }

  /** @param {number} start_s @param {number} hop_s @param {ArrayLike<number | null>} cents */
  push(start_s, hop_s, cents) {
    for (let at = 0; at < cents.length; at += 1) {
      const slot = this.count % this.capacity;
      this.times[slot] = start_s + at * hop_s;
      this.cents[slot] = cents[at] ?? NaN;
      this.count += 1;
    }
  }

  get newest_s() { return this.count ? /** @type {number} */ (this.times[(this.count - 1) % this.capacity]) : 0; }

  /** Calls for each frame since a time, the oldest first.
   * @param {number} since_s @param {(time_s: number, cents: number) => void} visit */
  since(since_s, visit) {
    let first = Math.max(0, this.count - this.capacity);
    let last = this.count;
    while (first < last) {
      const middle = (first + last) >> 1;
      if (/** @type {number} */ (this.times[middle % this.capacity]) < since_s) { first = middle + 1; } else { last = middle; }
    }
    for (let at = first; at < this.count; at += 1) {
      const slot = at % this.capacity;
      visit(/** @type {number} */ (this.times[slot]), /** @type {number} */ (this.cents[slot]));
    }
  }

  clear() { this.count = 0; }
}

/** Turns the steps in which frames come into a time that flows: follows slowly, jumps over a gap. */
export class Flow {
  constructor() { this.offset_s = NaN; }

  /** @param {number} clock_s @param {number} newest_s */
  meet(clock_s, newest_s) {
    const offset = clock_s - newest_s;
    const apart = Math.abs(offset - this.offset_s);
    this.offset_s = apart < 0.25 ? this.offset_s + 0.05 * (offset - this.offset_s) : offset;
  }

  /** @param {number} clock_s @returns {number} the time in the take that is now at the line */
  at(clock_s) { return Number.isNaN(this.offset_s) ? 0 : clock_s - this.offset_s; }
}

/** The canvas and its names. */
export class LaneView {
  /** @param {HTMLCanvasElement} canvas @param {HTMLElement} names */
  constructor(canvas, names) {
    this.canvas = canvas;
    this.names = names;
    this.pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { alpha: false }));
    this.ring = new Ring();
    this.flow = new Flow();
    /** @type {Lane[]} */ this.lanes = [];
    /** @type {LiveNote[]} */ this.notes = [];
    /** @type {Target[]} */ this.targets = [];
    /** @type {{start_s: number, hop_s: number, cents: ArrayLike<number | null>} | null} */ this.ahead = null;
    this.width = 0;
    this.height = 0;
    /** @type {Record<string, string>} */ this.colours = {};
    /** @type {Record<string, Path2D>} */ this.shapes = {};
    this.hidden = false;
    this.running = false;
    this.frame = 0;
    this.low = -250;
    this.span = 1700;
    this.middle = NaN;
    this.drawn = 0;
    this.still = matchMedia("(prefers-reduced-motion: reduce)");
    this.paint = this.paint.bind(this);
    new ResizeObserver(() => this.resize()).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.resize());
    this.resize();
  }

  /** @param {Lane[]} lanes */
  setLanes(lanes) {
    this.lanes = lanes;
    this.names.replaceChildren(...lanes.map((lane) => {
      const name = document.createElement("span");
      name.textContent = `${lane.swara}${lane.saptak === "taar" ? "\u2019" : lane.saptak === "mandra" ? "\u02cc" : ""}`;
      name.className = lane.swara === "Sa" ? "lane-name sa" : "lane-name";
      return writeSwara(name, lane.devanagari);
    }));
    this.redraw();
  }

  /** @param {Frames} frames */
  push(frames) {
    this.ring.push(frames.start_s, frames.hop_s, frames.cents);
    this.flow.meet(performance.now() / 1000, this.ring.newest_s);
    for (const cents of frames.cents) { if (cents !== null) { this.follow(cents); } }
    if (this.running) { this.drawAll(); } // at once: the screen takes what stands there at its next frame
  }

  /** Keeps a note to draw: the same again, with a later end, replaces it; of one that is withdrawn nothing is left.
   * @param {LiveNote} note */
  note(note) {
    const since = this.ring.newest_s - BEHIND_S - 1;
    this.notes = this.notes.filter((each) => each.id !== note.id && each.end_s > since);
    if (!note.withdrawn) { this.notes.push(note); }
  }

  /** Moves the part of the scale that is shown, where the singer leaves it. @param {number} cents */
  follow(cents) {
    const edge = 0.08 * this.span;
    const beyond = Math.min(cents - (this.low + edge), 0) + Math.max(cents - (this.low + this.span - edge), 0);
    if (beyond) { this.low += beyond * (this.still.matches ? 1 : 0.15); this.placeNames(); }
  }

  start() {
    this.clear();
    this.running = true;
    cancelAnimationFrame(this.frame); // it may run already: twice would draw twice
    this.frame = requestAnimationFrame(this.paint);
  }

  stop() { this.running = false; }

  clear() {
    this.ring.clear();
    this.flow = new Flow();
    this.notes = [];
    this.redraw();
  }

  redraw() { this.placeNames(); if (!this.running) { this.drawAll(); } }

  resize() {
    const ratio = Math.min(devicePixelRatio || 1, 2);
    this.width = this.canvas.clientWidth;
    this.height = this.canvas.clientHeight;
    this.canvas.width = Math.round(this.width * ratio);
    this.canvas.height = Math.round(this.height * ratio);
    this.pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    const style = getComputedStyle(this.canvas);
    const colour = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
    this.colours = Object.fromEntries(
      ["paper", "ink", "faint", "rule", "zone", "target", "sung", ...VERDICTS.map(classOf)].map((name) => [name, colour(`--${name}`)]),
    );
    this.redraw();
  }

  /** @param {number} cents */
  y(cents) { return this.height * (1 - (cents - this.low) / this.span); }

  placeNames() {
    const names = /** @type {HTMLElement[]} */ ([...this.names.children]);
    names.forEach((name, at) => {
      const y = this.y(/** @type {Lane} */ (this.lanes[at]).cents);
      name.style.transform = `translateY(${y.toFixed(1)}px)`;
      name.hidden = y < 8 || y > this.height - 8;
    });
  }

  paint() {
    if (!this.running) { return; }
    this.drawAll();
    this.drawn += 1;
    this.frame = requestAnimationFrame(this.paint);
  }

  /** Calls at the second frame of animation after what was pushed is drawn: then it is on the screen.
   * @param {() => void} answer */
  whenShown(answer) { requestAnimationFrame(() => requestAnimationFrame(answer)); }

  drawAll() {
    const { pen, width, height, colours } = this;
    if (!width) { return; }
    const ahead_s = this.ahead || this.targets.length ? 4 : 1;
    const scale = width / (BEHIND_S + ahead_s);
    const now_s = this.flow.at(performance.now() / 1000);
    const left_s = now_s - BEHIND_S;
    const x = (/** @type {number} */ time_s) => (time_s - left_s) * scale;
    pen.fillStyle = colours.paper ?? "";
    pen.fillRect(0, 0, width, height);
    this.drawLanes();
    for (const target of this.targets) { this.drawTarget(x(target.start_s), x(target.end_s), target.cents); }
    if (this.ahead) { this.drawAhead(left_s, left_s + BEHIND_S + ahead_s, x); }
    pen.fillStyle = colours.rule ?? "";
    pen.fillRect(x(now_s), 0, 1, height);
    if (this.hidden) { return; }
    this.drawLine(left_s, x);
    for (const note of this.notes) { this.drawNote(note, x); }
  }

  drawLanes() {
    const { pen, width, colours = {} } = this;
    for (const lane of this.lanes) {
      const y = this.y(lane.cents);
      const reach = this.height * 25 / this.span;
      pen.fillStyle = colours.zone ?? "";
      pen.fillRect(0, y - reach, width, 2 * reach);
      pen.fillStyle = colours.target ?? "";
      pen.fillRect(0, y - 0.5, width, lane.swara === "Sa" ? 2 : 1);
    }
  }

  /** @param {number} left @param {number} right @param {number} cents */
  drawTarget(left, right, cents) {
    const { pen, colours = {} } = this;
    const reach = this.height * 25 / this.span;
    pen.strokeStyle = colours.ink ?? "";
    pen.lineWidth = 1.5;
    pen.strokeRect(left, this.y(cents) - reach, right - left, 2 * reach);
  }

  /** @param {number} from_s @param {number} to_s @param {(time_s: number) => number} x */
  drawAhead(from_s, to_s, x) {
    const { pen, ahead, colours = {} } = this;
    if (!ahead) { return; }
    const first = Math.max(0, Math.floor((from_s - ahead.start_s) / ahead.hop_s));
    const last = Math.min(ahead.cents.length, Math.ceil((to_s - ahead.start_s) / ahead.hop_s));
    pen.strokeStyle = colours.sung ?? "";
    pen.lineWidth = 7;
    pen.globalAlpha = 0.5;
    pen.beginPath();
    let joined = false;
    for (let at = first; at < last; at += 1) {
      const cents = ahead.cents[at];
      if (cents === null || cents === undefined) { joined = false; continue; }
      pen[joined ? "lineTo" : "moveTo"](x(ahead.start_s + at * ahead.hop_s), this.y(cents));
      joined = true;
    }
    pen.stroke();
    pen.globalAlpha = 1;
  }

  /** @param {number} left_s @param {(time_s: number) => number} x */
  drawLine(left_s, x) {
    const { pen, colours = {} } = this;
    pen.strokeStyle = colours.ink ?? "";
    pen.lineWidth = 2;
    pen.lineJoin = "round";
    pen.beginPath();
    let joined = false;
    this.ring.since(left_s, (time_s, cents) => {
      if (Number.isNaN(cents)) { joined = false; return; }
      pen[joined ? "lineTo" : "moveTo"](x(time_s), this.y(cents));
      joined = true;
    });
    pen.stroke();
  }

  /** @param {LiveNote} note @param {(time_s: number) => number} x */
  drawNote(note, x) {
    const { pen, colours = {} } = this;
    const colour = colours[classOf(note.verdict)] ?? "";
    pen.strokeStyle = pen.fillStyle = colour;
    pen.lineWidth = 4;
    pen.beginPath();
    let joined = false;
    let sum = 0;
    let count = 0;
    let last = NaN;
    this.ring.since(note.start_s, (time_s, cents) => {
      if (time_s > note.end_s || Number.isNaN(cents)) { joined = false; return; }
      pen[joined && Math.abs(cents - last) < GLIDE_CENTS ? "lineTo" : "moveTo"](x(time_s), this.y(cents));
      joined = true;
      last = cents;
      sum += cents;
      count += 1;
    });
    pen.stroke();
    if (!count) { return; }
    const side = note.verdict === "low" ? 1 : -1;
    const at = x((note.start_s + note.end_s) / 2);
    pen.save();
    pen.translate(at - 7, this.y(sum / count) + side * 20 - 7);
    const shape = this.shapes[note.verdict] ??= new Path2D(shapeOf(note.verdict));
    pen.lineWidth = 2;
    if (note.verdict === "in tune" || note.verdict === "unsure") { pen.stroke(shape); } else { pen.fill(shape); }
    pen.restore();
  }
}
