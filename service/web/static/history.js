// The takes of weeks: how much was in tune, where each swara leans, what to work on.

import { adopt, choices, choose, remember } from "./choices.js";
import { askJson, draw, make, notice, part, wordsOf } from "./dom.js";

const WIDE = 720;
const HIGH = 180;
const LEFT = 44;
const FOOT = 24;

/** @typedef {{id: number, at: string, name: string, raga: string, tonic: string, in_tune_share: number | null}} Past - a take, the oldest first */

/**
 * Where each take stands in a chart: days from left to right, shares from the foot up.
 * @param {{at: string, in_tune_share: number | null}[]} takes - the oldest first
 * @param {number} [wide] - of the chart
 * @returns {{x: number, y: number}[]}
 */
export function places(takes, wide = WIDE) {
  const known = takes.filter((take) => take.in_tune_share !== null);
  const times = known.map((take) => Date.parse(take.at));
  const first = Math.min(...times);
  const span = Math.max(...times) - first;
  return known.map((take, at) => ({
    x: LEFT + 12 + (wide - LEFT - 24) * (span ? (/** @type {number} */ (times[at]) - first) / span : 0.5),
    y: (HIGH - FOOT) * (1 - (take.in_tune_share ?? 0)) + 8,
  }));
}

/** @param {Past[]} takes @param {number} wide */
function curve(takes, wide) {
  const points = places(takes, wide);
  const days = takes.map((take) => new Date(take.at).toLocaleDateString(undefined, { day: "numeric", month: "short" }));
  const marks = [0, 0.5, 1].map((share) => {
    const y = (HIGH - FOOT) * (1 - share) + 8;
    return draw("g", {}, draw("path", { class: "grid", d: `M${LEFT} ${y}H${wide}` }), draw("text", { x: LEFT - 8, y: y + 4, "text-anchor": "end" }, `${100 * share}%`));
  });
  const line = draw("path", { class: "curve", d: `M${points.map(({ x, y }) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}` });
  const dots = points.map(({ x, y }) => draw("circle", { class: "dot", cx: x.toFixed(1), cy: y.toFixed(1), r: 4 }));
  const ends = points.length > 1 ? [draw("text", { x: LEFT, y: HIGH + 4 }, days[0] ?? ""), draw("text", { x: wide, y: HIGH + 4, "text-anchor": "end" }, days.at(-1) ?? "")] : [];
  return draw("svg", { viewBox: `0 0 ${wide} ${HIGH + 10}`, role: "img", "aria-label": "In tune, take by take; the table says the same" }, ...marks, line, ...dots, ...ends);
}

/** @param {{name: string, bias_cents: number}[]} swaras @param {number} wide */
function leanings(swaras, wide) {
  const row = 26;
  const middle = wide / 2;
  const reach = Math.max(50, ...swaras.map((each) => Math.abs(each.bias_cents)));
  const rows = swaras.map(({ name, bias_cents }, at) => {
    const y = at * row + 18;
    const length = (wide / 2 - 90) * Math.abs(bias_cents) / reach;
    const verdict = bias_cents < -5 ? "low" : bias_cents > 5 ? "high" : "perfect";
    const words = verdict === "perfect" ? "on the mark" : `${Math.abs(Math.round(bias_cents))} cents ${verdict}`;
    return draw("g", { class: verdict },
      draw("text", { x: 0, y: y + 4 }, name),
      draw("rect", { class: "bias", x: bias_cents < 0 ? middle - length : middle, y: y - 6, width: Math.max(2, length), height: 12, rx: 3 }),
      draw("text", { x: wide, y: y + 4, "text-anchor": "end" }, words));
  });
  const height = swaras.length * row + 14;
  return draw("svg", { viewBox: `0 0 ${wide} ${height}`, role: "img", "aria-label": swaras.map((each) => `${each.name} ${Math.round(each.bias_cents)} cents`).join(", ") },
    draw("path", { class: "grid", d: `M${middle} 0V${height}` }), ...rows);
}

/** @param {string} title @param {SVGElement} chart */
const boxed = (title, chart) => make("section", { className: "chart-box" }, make("h3", { textContent: title }), chart);

/** @param {string} at @returns {string} day and time, with the year where it is another */
function when(at) {
  const day = new Date(at);
  const year = day.getFullYear() === new Date().getFullYear() ? undefined : "numeric";
  return day.toLocaleString(undefined, { day: "numeric", month: "short", year, hour: "numeric", minute: "2-digit" });
}

/** @param {Past[]} takes */
function table(takes) {
  const rows = [...takes].reverse().map((take) => {
    const remove = make("button", { type: "button", textContent: "Delete", "aria-label": `Delete the take of ${new Date(take.at).toLocaleString()}` });
    remove.onclick = async () => { await askJson(`api/history/${take.id}`, "DELETE"); await showHistory(); };
    const share = take.in_tune_share === null ? "–" : `${Math.round(100 * take.in_tune_share)}%`;
    return make("tr", {}, make("th", { scope: "row", textContent: when(take.at) }),
      ...[take.name, take.raga, take.tonic, share].map((textContent) => make("td", { textContent })), make("td", {}, remove));
  });
  const heads = ["When", "Take", "Raga", "Sa", "In tune", ""].map((textContent) => make("th", { scope: "col", textContent: textContent || "Remove" }));
  return make("table", { "aria-label": "Every take" }, make("thead", {}, make("tr", {}, ...heads)), make("tbody", {}, ...rows));
}

/** @param {any} known @returns {string} what stands above the charts */
function summary(known) {
  const count = known.takes.length;
  if (count) { return `${count} take${count === 1 ? "" : "s"} so far. ${known.words}.`; }
  return known.why_not_kept ? "No take is kept." : "No take yet: sing one, and it stands here.";
}

/** Shows what is kept of takes, and lets that be chosen. @param {any} known */
function showSwitches(known) {
  const switches = /** @type {const} */ ({ history: "keep-history", keep_sound: "keep-sound" });
  const overruled = Boolean(known.why_not_kept) && choices.history; // by the server's environment or disk
  for (const [name, id] of /** @type {["history" | "keep_sound", string][]} */ (Object.entries(switches))) {
    const box = /** @type {HTMLInputElement} */ (part(id));
    box.checked = choices[name] && !overruled;
    box.disabled = overruled || (name === "keep_sound" && !choices.history); // until now both were: nothing answered them
    box.onchange = async () => { choose({ [name]: box.checked }); await remember(); await showHistory(); };
  }
  part("history-kept").textContent = [
    known.why_not_kept ? `${known.why_not_kept}.` : `Kept on this machine alone, ${choices.keep_sound ? "with" : "without"} their sound.`,
    "What is kept stays until you delete it here, take by take or all at once; its sound goes with it.",
  ].join(" ");
}

/** Shows the history, as it is now. */
export async function showHistory() {
  let known;
  try {
    const [chosen, said] = await Promise.all([askJson("api/choices"), askJson("api/history")]);
    adopt({ history: chosen.history, keep_sound: chosen.keep_sound }); // the terminal may have changed them
    known = said;
  } catch (error) { notice(wordsOf(error)); return; }
  /** @type {{takes: Past[], swaras: {name: string, bias_cents: number}[]}} */ const { takes, swaras } = known;
  part("history-words").textContent = summary(known);
  showSwitches(known);
  const wide = Math.min(WIDE, part("history-charts").clientWidth - 32); // so that its letters are as large on a phone
  const charts = takes.some((take) => take.in_tune_share !== null) ? [boxed("In tune, take by take", curve(takes, wide))] : [];
  if (swaras.length) { charts.push(boxed("Where each swara leans", leanings(swaras, wide))); }
  part("history-charts").replaceChildren(...charts);
  part("history-table").replaceChildren(...(takes.length ? [table(takes)] : []));
  for (const id of ["history-export", "history-clear"]) { part(id).hidden = !takes.length; }
  part("history-clear").onclick = async () => {
    if (!confirm("Delete every take, with the sound that is kept? This cannot be undone.")) { return; }
    await askJson("api/history", "DELETE");
    await showHistory();
  };
}
