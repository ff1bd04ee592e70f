// The page: what a click does, and what the server's messages show.

import { announce, askJson, centsWords, classOf, make, notice, noteWords, part, Refused, sign, swaraIn, timeWords, wordsOf } from "./dom.js";
import { choices, choose, hertzOf, loadChoices, noteName, onChoice, settings } from "./choices.js";
import { LaneView } from "./lane.js";
import { Session } from "./session.js";
import { Tanpura } from "./sound.js";
import { findSa } from "./sa.js";
import { TakeView } from "./take.js";
import { listTakes, upload } from "./upload.js";

/** @typedef {import("./protocol.js").Message} Message */

const LOW_C = 36;
const NOTES = 37;
const LEAD_IN_S = 2;

const lane = new LaneView(/** @type {HTMLCanvasElement} */ (part("lane-canvas")), part("lane-names"));
const tanpura = new Tanpura();
/** @type {Session | null} */ let session = null;
/** @type {TakeView | null} */ let takes = null;
/** @type {number | null} */ let sa_hz = null;
let singing = "";
let lookahead_ms = 0;
/** @type {number[]} */ const trips = [];
let behind = 0;
/** @type {HTMLAudioElement | null} */ let along = null;

/** What is measured, for the tests and benchmarks of the page.
 * @type {{sent: number, judged: number, dropped_ms: number, lane: LaneView, watch: ((kind: string, detail: any) => void) | null}} */
const measured = { sent: 0, judged: 0, dropped_ms: 0, lane, watch: null };
Object.assign(globalThis, { swara: measured });

/** @type {Record<string, (message: Message) => void>} */
const ANSWERS = {
  ready: meet, frames, note, level, processing, sa: meetSa,
  leak: (message) => { part("leak-words").textContent = message.words; },
  behind: (message) => late(message.waiting_ms, message.dropped_ms),
  full: complain, error: complain,
};

/** @param {Message} message */
function hear(message) {
  measured.watch?.("message", message);
  ANSWERS[message.type]?.(message);
}

/** @param {Message} message */
function complain(message) { notice(message.message ?? message.words); }

/** @param {Message} message */
function meet(message) {
  lookahead_ms = message.lookahead_ms;
  singing = message.session;
  lane.setLanes(message.lanes);
  if (message.sa) { sa_hz = message.sa.hz; }
  if (message.warnings?.length) { notice(message.warnings.join(" "), "note"); }
}

/** @param {Message} message */
function meetSa(message) {
  if (!message.hz) { return; }
  sa_hz = message.hz;
  announce(`Sa ${message.name}`);
}

/** @param {Message} message */
function frames(message) {
  if (typeof message.number === "number") { measured.judged = message.number + 1; }
  const { captured_ms } = message;
  const received_ms = performance.timeOrigin + performance.now();
  lane.push(/** @type {import("./lane.js").Frames} */ (message));
  trips.push(received_ms - captured_ms);
  if (trips.length === 25) {
    const middle = [...trips].sort((a, b) => a - b)[12] ?? 0;
    part("trip").textContent = `Round trip ${Math.max(0, middle).toFixed(0)} ms; on the screen about ${(middle + lookahead_ms + 20).toFixed(0)} ms after you sang.`;
    trips.length = 0;
  }
  if (measured.watch) {
    lane.whenShown(() => measured.watch?.("shown", {
      number: message.number, until_s: lane.ring.newest_s, captured_ms, received_ms, judged_ms: message.judged_ms, shown_ms: performance.timeOrigin + performance.now(), lookahead_ms,
    }));
  }
}

/** @param {Message} message */
function note(message) {
  const held = /** @type {import("./protocol.js").LiveNote} */ (/** @type {unknown} */ (message));
  lane.note(held);
  if (held.withdrawn) { showNothingHeld(); return; }
  part("held").className = `held ${classOf(held.verdict)}`;
  const known = lane.lanes.find((each) => each.swara === held.swara && each.saptak === held.saptak);
  part("held-swara").replaceChildren(swaraIn(known ?? held, held.swara));
  part("held-verdict").replaceChildren(sign(held.verdict, 18), held.foreign ? `${held.verdict}, not in the raga` : held.verdict);
  part("held-cents").textContent = held.cents_off === null ? "" : `${centsWords(held.cents_off)} cents`;
  announce(noteWords(held));
}

function showNothingHeld() {
  part("held").className = "held";
  part("held-swara").textContent = "–";
  part("held-verdict").textContent = part("held-cents").textContent = "";
}

/** @type {Record<string, string>} */
const LEVELS = {
  fine: "Loud enough", "nothing heard": "Nothing heard: is it the right microphone, and not muted?",
  "too quiet": "Too quiet: come nearer, or turn the microphone up", clipping: "Too loud, it clips: go back a little, or turn it down",
};

/** @param {Message} message */
function level(message) {
  const db = Math.max(-60, Math.min(0, message.peak_db));
  part("meter").setAttribute("aria-valuenow", db.toFixed(0));
  part("meter").classList.toggle("clipping", message.state === "clipping");
  part("meter-bar").style.transform = `scaleX(${((db + 60) / 60).toFixed(3)})`;
  const words = LEVELS[message.state] ?? message.state;
  if (part("level").textContent !== words) { part("level").textContent = words; }
}

function microphoneWords() {
  const microphone = session?.microphone;
  if (!microphone) { return ""; }
  const { label, channelCount } = microphone.sound;
  return `${label || "Microphone"}: ${channelCount ?? "an unknown number of"} channel${channelCount === 1 ? "" : "s"}, ${microphone.rate_hz} Hz.`;
}

/** @param {Message} message */
function processing(message) {
  const { active, unknown, advice } = message;
  const raw = !active.length && !unknown.length;
  const lines = [
    microphoneWords(),
    active.length ? `Changes your voice: ${active.join(", ")}.` : "",
    unknown.length ? `Not known to be off: ${unknown.join(", ")}.` : "",
    raw ? "Nothing changes your voice: no echo cancellation, noise suppression or automatic gain." : "", advice,
  ].filter(Boolean);
  part("check-lines").replaceChildren(...lines.map((textContent) => make("li", { textContent })));
  part("check-result").hidden = session?.purpose !== "check" && raw;
}

/** @param {number} waiting_ms @param {number} dropped_ms */
function late(waiting_ms, dropped_ms) {
  measured.dropped_ms += dropped_ms;
  part("behind").hidden = false;
  part("behind").textContent = `Catching up: ${Math.round(waiting_ms)} ms wait${dropped_ms ? `, ${Math.round(dropped_ms)} ms of the line were left out (the take has them)` : ""}.`;
  clearTimeout(behind);
  behind = Number(setTimeout(() => { part("behind").hidden = true; }, 2000));
}

/** @param {import("./session.js").Purpose | "closed"} state */
function showState(state) {
  part("start").hidden = state === "take" || state === "check";
  part("stop").hidden = state === "closed";
  part("stop").textContent = state === "check" ? "End the check" : "Stop: show the report";
  part("discard").hidden = state !== "take";
  part("check").hidden = state !== "closed";
  part("invite").hidden = state === "take" || lane.ring.count > 0;
  if (state === "closed") { part("level").textContent = "Microphone closed"; part("trip").textContent = ""; part("meter-bar").style.transform = "scaleX(0)"; }
}

/** @param {"take" | "check"} purpose */
async function open(purpose) {
  notice("");
  const mine = new Session(purpose, {
    onMessage: (message) => { if (session === mine) { hear(message); } },
    onEnd: (why) => { notice(why); void stop(true); },
    onGap: (seconds) => notice(`No sound came for ${timeWords(seconds)}: was the machine asleep? The take goes on without it.`),
    onWaiting: (waiting_ms) => { if (waiting_ms) { late(waiting_ms, 0); } },
    onBlock: (block, number) => { measured.sent = number + 1; measured.watch?.("block", { ...block, number }); },
  });
  session = mine;
  measured.sent = measured.judged = measured.dropped_ms = 0;
  part("level").textContent = "Opening the microphone …";
  try {
    lane.start();
    const ready = await mine.start(settings());
    showState(purpose);
    if (purpose === "take") { followAlong(); part("stop").focus(); }
    measured.watch?.("ready", ready);
  } catch (error) {
    session = null;
    lane.stop();
    showState("closed");
    notice(wordsOf(error));
  }
}

/** @param {boolean} keep */
async function stop(keep) {
  const mine = session;
  if (!mine || mine.ended) { return; }
  lane.stop();
  along?.pause();
  const take = await mine.stop(keep && mine.purpose === "take");
  if (session === mine) { session = null; }
  showState("closed");
  if (keep && mine.purpose === "take") { await showKept(take); }
}

/** @param {Message} take - the server's "take" */
async function showKept(take) {
  if (!take.id) { await findTake(singing); return; }
  if (!take.kept) { notice(`${take.words || "Nothing was kept"}.`); return; }
  if (take.notice) { notice(`${take.notice}.`, "note"); }
  await showTake(take.id);
}

/** After the server was lost: what it kept of the take is shown, as soon as it answers again.
 * @param {string} id @param {number} [tries] */
async function findTake(id, tries = 40) {
  const known = await askJson("api/takes").catch((error) => error);
  if (session) { return; } // another take is sung: the list has this one
  const lost = Array.isArray(known) ? known.find((take) => take.id === id) : null;
  if (lost) {
    notice(`swara is there again, and kept what was sung. ${lost.notice ? `${lost.notice}.` : ""}`, "note");
    await showTake(id);
  } else if (known instanceof Refused && known.status === 401) {
    notice("swara was started anew: open the address that it printed. Its last run said where it left what was sung.");
  } else if (tries > 0) {
    setTimeout(() => void findTake(id, tries - 1), 750);
  } else if (Array.isArray(known)) { notice("The connection to swara was lost before anything was sung that could be kept."); }
}

/** @param {string} id */
async function showTake(id) {
  try {
    await takes?.show(id);
    void listTakes(showTake);
    part("take-view").scrollIntoView({ behavior: lane.still.matches ? "auto" : "smooth" });
  } catch (error) { notice(wordsOf(error)); }
}

/** @param {string} id */
async function singAlong(id) {
  try {
    const track = await askJson(`api/takes/${id}/track`);
    lane.ahead = { start_s: track.start_s + LEAD_IN_S, hop_s: track.hop_s, cents: track.cents };
    along = new Audio(new URL(`api/takes/${id}/sound.wav`, document.baseURI).href);
    part("lane").scrollIntoView();
    await open("take");
  } catch (error) { notice(wordsOf(error)); }
}

function followAlong() {
  if (!lane.ahead || !along) { lane.ahead = null; return; }
  const sound = along;
  setTimeout(() => { if (session && along === sound) { void sound.play(); } }, 1000 * LEAD_IN_S);
}

async function drone() {
  const on = part("drone").getAttribute("aria-pressed") === "true";
  const hz = hertzOf(choices.tonic) ?? sa_hz;
  if (!on && !hz) { notice("Say first what your Sa is, or have it found: the tanpura plays there."); return; }
  setDrone(!on);
  try { if (on) { tanpura.stop(); } else { await tanpura.play(hz ?? 0, choices.tanpura); } } catch (error) { setDrone(false); notice(wordsOf(error)); }
}

/** @param {boolean} on */
function setDrone(on) {
  part("drone").setAttribute("aria-pressed", String(on));
  part("drone").textContent = on ? "Stop it" : "Play";
}

async function leak() {
  part("leak-words").textContent = "The tanpura plays for two seconds. Do not sing …";
  try {
    await tanpura.play(hertzOf(choices.tonic) ?? sa_hz ?? 138.59, choices.tanpura);
    session?.measure("drone");
    setTimeout(() => { tanpura.stop(); setDrone(false); }, 3000);
  } catch (error) { part("leak-words").textContent = wordsOf(error); }
}

function fillChoices() {
  const tonic = /** @type {HTMLSelectElement} */ (part("tonic"));
  const notes = Array.from({ length: NOTES }, (_, at) => noteName(LOW_C + at));
  tonic.append(...notes.map((value) => make("option", { value, textContent: value })));
  for (const name of /** @type {const} */ (["tonic", "raga", "preset", "tanpura"])) {
    part(name).onchange = () => choose({ [name]: /** @type {HTMLSelectElement} */ (part(name)).value || null });
  }
  part("volume").oninput = () => choose({ volume: Number(/** @type {HTMLInputElement} */ (part("volume")).value) });
  part("devanagari").onchange = () => choose({ devanagari: /** @type {HTMLInputElement} */ (part("devanagari")).checked });
  part("choices").onsubmit = (event) => event.preventDefault();
}

/** Shows in the fields what is chosen. */
function showChoices() {
  const tonic = /** @type {HTMLSelectElement} */ (part("tonic"));
  const chosen = choices.tonic ?? "";
  if (![...tonic.options].some((option) => option.value === chosen)) {
    const hz = hertzOf(chosen);
    tonic.append(make("option", { value: chosen, textContent: hz && Number(chosen) ? `${hz.toFixed(1)} Hz` : chosen }));
  }
  for (const name of /** @type {const} */ (["tonic", "raga", "preset", "tanpura"])) {
    /** @type {HTMLSelectElement} */ (part(name)).value = choices[name] ?? "";
  }
  /** @type {HTMLInputElement} */ (part("volume")).value = String(choices.volume);
  /** @type {HTMLInputElement} */ (part("devanagari")).checked = choices.devanagari;
  document.body.classList.toggle("devanagari", choices.devanagari);
  tanpura.setVolume(choices.volume);
}

/** @param {Set<string>} changed */
function follow(changed) {
  showChoices();
  if (["tonic", "raga", "tuning", "preset"].some((name) => changed.has(name))) { session?.change(settings()); }
  const hz = hertzOf(choices.tonic);
  const playing = part("drone").getAttribute("aria-pressed") === "true";
  if (playing && hz && (changed.has("tonic") || changed.has("tanpura"))) { tanpura.play(hz, choices.tanpura).catch((error) => notice(error.message)); }
}

async function route() {
  const view = ["drill", "history"].find((name) => location.hash === `#${name}`) ?? "sing";
  for (const name of ["sing", "drill", "history"]) {
    part(`view-${name}`).hidden = name !== view;
    const link = document.querySelector(`nav a[href="#${name}"]`);
    if (name === view) { link?.setAttribute("aria-current", "page"); } else { link?.removeAttribute("aria-current"); }
  }
  if (view !== "sing") { await stop(true); }
  if (view === "drill") { (await import("./drill.js")).showDrill(); }
  if (view === "history") { await (await import("./history.js")).showHistory(); }
  if (view === "sing") { lane.resize(); }
}

async function begin() {
  fillChoices();
  part("start").onclick = () => { lane.ahead = null; void open("take"); };
  part("check").onclick = () => void open("check");
  part("stop").onclick = () => void stop(true);
  part("discard").onclick = () => void stop(false);
  part("drone").onclick = () => void drone();
  part("leak").onclick = () => void leak();
  part("notice-close").onclick = () => notice("");
  part("find-sa").onclick = findSa(tanpura);
  upload(showTake);
  onChoice(follow);
  addEventListener("hashchange", () => void route());
  const [ragas] = await Promise.all([askJson("api/ragas").catch(() => []), loadChoices()]);
  if (ragas.length) {
    part("raga").append(...ragas.map((/** @type {{name: string, display: string}} */ { name, display }) => make("option", { value: name, textContent: display })));
  }
  const swaras = ["Sa", "komal Re", "Re", "komal Ga", "Ga", "Ma", "tivra Ma", "Pa", "komal Dha", "Dha", "komal Ni", "Ni"];
  takes = new TakeView((id) => void singAlong(id), swaras.map((name) => ({ name })));
  takes.onGone = () => void listTakes(showTake);
  showChoices();
  void listTakes(showTake);
  await route();
  document.documentElement.dataset.ready = "yes";
}

void begin();
