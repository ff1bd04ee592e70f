// The drill: hear, sing, see how near it was, the next.

import { announce, askJson, make, part, sign, swaraIn, wordsOf } from "./dom.js";
import { choices, hertzOf, settings } from "./choices.js";
import { LaneView } from "./lane.js";
import { Session } from "./session.js";
import { playOnce, swaraAddress } from "./sound.js";

/** @typedef {import("./protocol.js").Lane & {seconds: number}} Step */
/** @typedef {{kind: string, words: string, steps: Step[]}} Plan */

/** @type {LaneView | null} */ let lane = null;
/** @type {Session | null} */ let session = null;
/** @type {Plan | null} */ let plan = null;
/** The kind that is to be chosen when the drill is shown. */ let wanted = "";
/** What came of the last tasks, as `past` has it. @type {object[]} */ const done = [];

/** So many are kept, told and listed: the server reads 64 KiB. */
export const MOST_DONE = 100;

/** What the next task is chosen by, of the server's word on one. @param {import("./protocol.js").Message} message */
export function past({ name, results }) {
  return { name, results: results.map((/** @type {{swara: string, verdict: string}} */ { swara, verdict }) => ({ swara, verdict })) };
}

const byEar = () => /** @type {HTMLInputElement} */ (part("by-ear")).checked;
/** @param {unknown} error */
const complain = (error) => { part("drill-words").textContent = wordsOf(error); };

/** What the select says where a phrase is written. */
const WRITTEN = "written";

function showWritten() { part("drill-written").hidden = /** @type {HTMLSelectElement} */ (part("drill-kind")).value !== WRITTEN; }

/** Takes a phrase to be drilled, and goes there. @param {string} notation */
export function practise(notation) {
  /** @type {HTMLInputElement} */ (part("drill-notation")).value = notation;
  wanted = WRITTEN;
  location.hash = "#drill";
}

export async function showDrill() {
  if (lane) { lane.resize(); chooseWanted(); return; }
  lane = new LaneView(/** @type {HTMLCanvasElement} */ (part("drill-canvas")), part("drill-names"));
  part("drill-next").onclick = () => void next();
  part("drill-again").onclick = () => void hearIt();
  part("drill-end").onclick = () => void end();
  addEventListener("hashchange", () => void end());
  try {
    const { drills } = await askJson("api/drills");
    part("drill-kind").replaceChildren(...drills.map((/** @type {{kind: string, words: string}} */ { kind, words }) => make("option", { value: kind, textContent: words })), make("option", { value: WRITTEN, textContent: "A phrase that you write" }));
    part("drill-kind").onchange = showWritten;
    chooseWanted();
  } catch (error) { complain(error); }
}

function chooseWanted() {
  if (wanted) { /** @type {HTMLSelectElement} */ (part("drill-kind")).value = wanted; wanted = ""; }
  showWritten();
}

async function next() {
  if (!hertzOf(choices.tonic)) { complain("Say first what your Sa is, or have it found: a drill plays on it."); return; }
  try {
    const kind = /** @type {HTMLSelectElement} */ (part("drill-kind")).value;
    const written = kind === WRITTEN ? { notation: /** @type {HTMLInputElement} */ (part("drill-notation")).value } : { kind, done };
    plan = await askJson("api/drills/next", "POST", { ...written, settings: settings() });
    await listen();
    part("drill-next").textContent = "Next";
    for (const id of ["drill-again", "drill-end"]) { part(id).hidden = false; }
    await hearIt();
  } catch (error) { complain(error); }
}

/** Opens the microphone, where it is not open. */
async function listen() {
  if (session) { return; }
  const mine = new Session("drill", { onMessage: answer, onEnd: (why) => { complain(why); void end(); } });
  await mine.start(settings());
  lane?.start();
  session = mine;
}

async function hearIt() {
  const sa_hz = hertzOf(choices.tonic);
  if (!plan || !sa_hz || !lane) { return; }
  lane.hidden = byEar();
  lane.targets = [];
  session?.drill(null);
  part("drill-verdict").textContent = "";
  const names = plan.steps.map((step) => step.letter).join(" ");
  part("drill-words").textContent = `Listen: ${plan.words}`;
  await playOnce(plan.steps.map((step) => swaraAddress(sa_hz, step.cents, step.seconds)));
  const shown = plan.steps.flatMap((step) => [" ", swaraIn(step, step.letter)]);
  part("drill-words").replaceChildren("Sing:", ...shown);
  announce(`Sing ${names}`);
  session?.drill(plan);
  let at_s = lane.ring.newest_s + 0.4;
  for (const step of plan.steps) {
    const seconds = step.seconds;
    lane.targets.push({ start_s: at_s, end_s: at_s + seconds, cents: step.cents });
    at_s += seconds;
  }
}

/** @param {import("./protocol.js").Message} message */
function answer(message) {
  if (message.type === "ready") { lane?.setLanes(message.lanes); }
  if (message.type === "frames") { lane?.push(/** @type {import("./lane.js").Frames} */ (message)); }
  if (message.type === "note") { lane?.note(/** @type {any} */ (message)); }
  if (message.type === "error") { complain(message.message); }
  if (message.type === "drill") { judge(message); }
}

/** @param {import("./protocol.js").Message} message */
function judge(message) {
  const known = ["perfect", "in tune", "low", "high"].includes(message.verdict);
  const verdict = known ? message.verdict : "unsure"; // another swara, or none: no verdict on pitch
  const line = message.words;
  part("drill-verdict").replaceChildren(sign(verdict, 18), line);
  announce(line);
  if (lane) { lane.hidden = false; }
  part("drill-done").prepend(make("li", {}, sign(verdict), line));
  part("drill-done").children[MOST_DONE]?.remove();
  done.push(past(message));
  if (done.length > MOST_DONE) { done.shift(); }
}

async function end() {
  const mine = session;
  session = null;
  lane?.stop();
  await mine?.stop(false);
  for (const id of ["drill-again", "drill-end"]) { part(id).hidden = true; }
  part("drill-next").textContent = "Begin";
}
