// What the singer chose: remembered by the server from one day to the next.

import { askJson, notice, wordsOf } from "./dom.js";

/** @typedef {{tonic: string | null, raga: string | null, tuning: string, preset: string, tanpura: string, volume: number, devanagari: boolean, keep_sound: boolean, history: boolean}} Choices */

/** @type {Choices} */
export const choices = {
  tonic: null, raga: null, tuning: "just", preset: "student", tanpura: "PSSS", volume: 0.5, devanagari: false,
  keep_sound: false, history: true,
};

/** @type {Set<(changed: Set<string>) => void>} */
const listeners = new Set();
let waiting = 0;
/** What is not sent yet. @type {Partial<Choices>} */ let unsent = {};
let told = false;

/** Calls after each change with the names of what changed. @param {(changed: Set<string>) => void} answer */
export function onChoice(answer) { listeners.add(answer); }

/** @param {unknown} known - what the server remembers; what is not of its kind is left as it was */
export function adopt(known) {
  if (typeof known !== "object" || known === null) { return; }
  const given = /** @type {Record<string, unknown>} */ (known);
  for (const [name, mine] of Object.entries(choices)) {
    const value = given[name];
    const fits = name === "tonic" || name === "raga" ? typeof value === "string" || value === null : typeof value === typeof mine;
    if (fits) { Object.assign(choices, { [name]: value }); }
  }
}

export async function loadChoices() {
  try { adopt(await askJson("api/choices")); } catch (error) { notice(wordsOf(error)); }
}

/** @param {Partial<Choices>} change */
export function choose(change) {
  const before = { ...choices };
  Object.assign(choices, change);
  const names = /** @type {(keyof Choices)[]} */ (Object.keys(change));
  const changed = new Set(/** @type {string[]} */ (names.filter((name) => before[name] !== choices[name])));
  if (!changed.size) { return; }
  for (const answer of listeners) { answer(changed); }
  for (const name of names) { Object.assign(unsent, { [name]: choices[name] }); }
  clearTimeout(waiting);
  waiting = Number(setTimeout(() => void remember(), 300));
}

/** Has the server remember what was chosen here, and nothing that another tab chose; what stands in its way is said once. */
export async function remember() {
  clearTimeout(waiting);
  const sent = unsent;
  unsent = {};
  if (!Object.keys(sent).length) { return; }
  try { await askJson("api/choices", "PUT", sent); told = false; } catch (error) {
    if (!told) { notice(`What you choose holds on this page, and is not remembered: ${wordsOf(error)}`); }
    told = true;
  }
}

/** @returns {import("./protocol.js").Settings} what a take is judged against */
export function settings() {
  const { tonic, raga, tuning, preset } = choices;
  return { tonic, raga, tuning, preset };
}

/** A name for the server: that of a note, or its frequency where it lies off every note.
 * @param {{hz: number, name?: string}} sa @returns {string} */
export function tonicOf(sa) {
  return sa.name && /^[A-G][#b]?\d$/.test(sa.name) ? sa.name : sa.hz.toFixed(2);
}

const NOTES = ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"];

/** @param {number} midi @returns {string} its name, such as "C#3" */
export const noteName = (midi) => `${NOTES[midi % 12]}${Math.floor(midi / 12) - 1}`;

/** @param {number} hz @returns {string} the nearest note */
export const nearestNote = (hz) => noteName(Math.round(69 + 12 * Math.log2(hz / 440)));

/** @param {string | null} tonic @returns {number | null} its frequency */
export function hertzOf(tonic) {
  const named = /^([A-G])([#b]?)(-?\d)$/.exec(tonic ?? "");
  if (!named) { return Number(tonic) > 0 ? Number(tonic) : null; }
  const step = NOTES.indexOf(named[1] ?? "C") + (named[2] === "#" ? 1 : named[2] === "b" ? -1 : 0);
  return 440 * 2 ** ((step + 12 * (Number(named[3]) + 1) - 69) / 12);
}
