// What every part of the page needs: elements, words, signs, and the server's answers.

/** @typedef {"perfect" | "in tune" | "low" | "high" | "unsure"} Verdict */

/**
 * Finds an element of the page by its id.
 * @template {HTMLElement} [T=HTMLElement]
 * @param {string} id
 * @returns {T}
 */
export function part(id) {
  const found = document.getElementById(id);
  if (!found) { throw new Error(`the page lacks #${id}`); }
  return /** @type {T} */ (found);
}

/**
 * Makes an element: properties first, then what stands in it.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, unknown>} [properties] - those with a dash are set as attributes
 * @param {...(Node | string)} inside
 * @returns {HTMLElementTagNameMap[K]}
 */
export function make(tag, properties = {}, ...inside) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes("-")) { element.setAttribute(name, String(value)); } else { Object.assign(element, { [name]: value }); }
  }
  element.append(...inside);
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

/**
 * Makes an element of SVG.
 * @param {string} tag
 * @param {Record<string, string | number>} attributes
 * @param {...(Node | string)} inside
 * @returns {SVGElement}
 */
export function draw(tag, attributes, ...inside) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) { element.setAttribute(name, String(value)); }
  element.append(...inside);
  return /** @type {SVGElement} */ (element);
}

/** The shapes of the report: a disc, a triangle down or up, a cross. */
/** @type {Record<string, string>} */
const SHAPES = { low: "M2 2h10l-5 10z", high: "M2 12h10l-5-10z", unsure: "M2 2l10 10m0-10l-10 10" };
const DISC = "M2 7a5 5 0 1 0 10 0a5 5 0 1 0-10 0z";

/** @param {string} verdict @returns {string} the data of its path, 14 by 14 */
export const shapeOf = (verdict) => SHAPES[verdict] ?? DISC;

/** @param {string} verdict @returns {string} its class in the style sheet of the report */
export const classOf = (verdict) => verdict.replace(" ", "-");

/** @param {string} verdict @param {number} [size] */
export function sign(verdict, size = 14) {
  const shape = draw("path", { class: "mark", d: shapeOf(verdict) });
  return draw("svg", { class: classOf(verdict), viewBox: "0 0 14 14", width: size, height: size, "aria-hidden": "true" }, shape);
}

/** @typedef {{swara: string, saptak?: string, letter?: string, devanagari?: string}} Named */

/** How many octaves above madhya, by the dots. @param {string} devanagari */
const octaveOf = (devanagari) => [...devanagari].reduce((octave, mark) => octave + (mark === "\u0307" ? 1 : mark === "\u0323" ? -1 : 0), 0);

/** Writes a swara in Devanagari into an element. The style sheet draws the dots of its octave: few fonts of the
 * script have them, and a browser then draws an empty box instead of the letter.
 * @param {HTMLElement} element @param {string} devanagari @returns {HTMLElement} */
export function writeSwara(element, devanagari) {
  const octave = octaveOf(devanagari);
  element.dataset.devanagari = devanagari.replace(/[\u0307\u0323]/g, "");
  element.dataset.dots = octave > 0 ? "above" : octave < 0 ? "below" : "none";
  element.dataset.count = "•".repeat(Math.abs(octave));
  return element;
}

/** A swara in both scripts, of which the style sheet shows one. @param {Named} named @param {string} roman */
export function swaraIn(named, roman) {
  const word = make("span", { className: "swara" }, make("span", { className: "roman", textContent: roman }));
  if (named.devanagari) { word.append(writeSwara(make("span", { className: "script", lang: "hi", "aria-hidden": "true" }), named.devanagari)); }
  return word;
}

const SCRIPT = /** @type {Record<string, string>} */ ({ Sa: "सा", Re: "रे", Ga: "ग", Ma: "म", Pa: "प", Dha: "ध", Ni: "नि", komal: "\u0952", tivra: "\u0951", taar: "\u0307", mandra: "\u0323" });

/** @param {string} name - such as "taar komal Re" @returns {string} in Devanagari with its marks, empty where it is no swara */
export function inDevanagari(name) {
  if (!/^(\S+ )?(Sa|Re|Ga|Ma|Pa|Dha|Ni)$/.test(name.replace(/^(taar|mandra) /, ""))) { return ""; }
  const parts = name.split(" ").reverse().map((word) => SCRIPT[word]);
  return parts.includes(undefined) ? "" : parts.join("");
}

/** @param {number} value @returns {string} "+30", "−30" or "0" */
export function centsWords(value) {
  const whole = Math.round(value);
  return whole > 0 ? `+${whole}` : whole < 0 ? `−${-whole}` : "0";
}

/**
 * What is said aloud of a held note.
 * @param {{swara: string, saptak?: string, cents_off: number | null, verdict: string}} note
 * @returns {string} "Ga, 30 low"
 */
export function noteWords(note) {
  const off = Math.abs(Math.round(note.cents_off ?? 0));
  const name = note.saptak && note.saptak !== "madhya" ? `${note.saptak} ${note.swara}` : note.swara;
  if (note.verdict === "low" || note.verdict === "high") { return `${name}, ${off} ${note.verdict}`; }
  return `${name}, ${note.verdict}`;
}

/** @param {number} seconds @returns {string} "3.2 s" or "1:07" */
export function timeWords(seconds) {
  if (seconds < 60) { return `${seconds.toFixed(1)} s`; }
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
}

/**
 * Says lines to a screen reader, at most one a second: of those that come faster, the newest.
 * @param {(line: string) => void} say
 * @param {() => number} [now] - a clock in ms
 * @param {(answer: () => void, wait_ms: number) => void} [later]
 * @returns {(line: string) => void}
 */
export function announcer(say, now = () => performance.now(), later = (answer, wait) => void setTimeout(answer, wait)) {
  let last = -Infinity;
  let waiting = "";
  const speak = () => {
    if (waiting) { say(waiting); last = now(); }
    waiting = "";
  };
  return (line) => {
    const due = waiting === "";
    waiting = line;
    const wait = last + 1000 - now();
    if (wait <= 0) { speak(); } else if (due) { later(speak, wait); }
  };
}

/** @type {(line: string) => void} */
export const announce = announcer((line) => { part("spoken").textContent = line; });

/** Shows a line of news above everything; empty takes it away.
 * @param {string} words @param {"alert" | "note"} [kind] */
export function notice(words, kind = "alert") {
  const place = part("notice");
  place.hidden = words === "";
  place.className = kind === "alert" ? "alert" : "alert calm";
  part("notice-words").textContent = words;
}

/** What the server said instead of an answer. */
export class Refused extends Error {
  /** @param {string} words @param {number} status */
  constructor(words, status) { super(words); this.status = status; }
}

/** The error for what the server said. @param {any} said @param {number} status */
export function refusal(said, status) {
  return new Refused(typeof said?.error === "string" ? said.error : `swara answered ${status}.`, status);
}

/** @param {unknown} error @returns {string} */
export const wordsOf = (error) => (error instanceof Error ? error.message : String(error));

/**
 * Asks the server.
 * @param {string} path - from the page's own address, such as "api/choices"
 * @param {RequestInit} [request]
 * @returns {Promise<Response>}
 */
export async function ask(path, request = {}) {
  let response;
  try {
    response = await fetch(new URL(path, document.baseURI), { credentials: "same-origin", ...request });
  } catch {
    throw new Refused("swara does not answer. Is it still running in the terminal?", 0);
  }
  if (!response.ok) {
    throw refusal(await response.json().catch(() => null), response.status);
  }
  return response;
}

/** @param {string} path @param {string} method @param {unknown} [body] @returns {Promise<any>} */
export async function askJson(path, method = "GET", body = undefined) {
  const sent = body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
  const response = await ask(path, { method, ...sent });
  const text = await response.text();
  return text === "" ? null : JSON.parse(text);
}
