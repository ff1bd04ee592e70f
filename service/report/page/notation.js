/** @typedef {{start: number, end: number, cents: number, glides: number | null}} Written */

/**
 * Where the notation lies at a time: on a swara, on the way to one, or nowhere.
 * @param {Written[]} written - in order of time
 * @param {number} time - in seconds
 * @returns {{at: number, cents: number} | null} which swara, and how many cents above Sa
 */
export function soundsAt(written, time) {
  let low = 0;
  let high = written.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const each = /** @type {Written} */ (written[middle]);
    if ((each.glides ?? each.start) <= time) { low = middle + 1; } else { high = middle; }
  }
  const at = low - 1;
  const swara = written[at];
  if (!swara || time >= swara.end) { return null; }
  const before = written[at - 1];
  if (swara.glides === null || !before || time >= swara.start) { return { at, cents: swara.cents }; }
  const way = (1 - Math.cos(Math.PI * (time - swara.glides) / (swara.start - swara.glides))) / 2;
  return { at, cents: before.cents + way * (swara.cents - before.cents) };
}

const VOICE = [0, 1, 0.55, 0.35, 0.2, 0.12, 0.07];
const LOUD = 0.22;
const MOVES_S = 0.012;

/** A tone that goes along with a recording, at whatever speed it plays. */
export class NotationVoice {
  /** @param {() => AudioContext} [open] */
  constructor(open = () => new AudioContext()) {
    this.open = open;
    /** @type {{context: AudioContext, tone: OscillatorNode, gain: GainNode} | null} */ this.sounding = null;
  }

  /** @param {number | null} hz - null is silence */
  sing(hz) {
    if (hz === null && !this.sounding) { return; }
    const { context, tone, gain } = this.sounding ?? this.start();
    const now = context.currentTime;
    if (hz !== null) { tone.frequency.setTargetAtTime(hz, now, MOVES_S); }
    gain.gain.setTargetAtTime(hz === null ? 0 : LOUD, now, MOVES_S);
  }

  start() {
    const context = this.open();
    void context.resume();
    const tone = context.createOscillator();
    tone.setPeriodicWave(context.createPeriodicWave(new Float32Array(VOICE.length), new Float32Array(VOICE)));
    const gain = context.createGain();
    gain.gain.value = 0;
    tone.connect(gain);
    gain.connect(context.destination);
    tone.start();
    this.sounding = { context, tone, gain };
    return this.sounding;
  }

  close() {
    void this.sounding?.context.close();
    this.sounding = null;
  }
}

/**
 * Brings the notation of a report to life: it follows the recording, sounds against it, and takes corrections.
 * @param {Document | HTMLElement} root - what holds the report
 * @param {HTMLAudioElement} audio - the take
 * @param {AbortSignal} signal - ends it
 * @returns {() => void} is to be called while the take plays, and whenever it stands elsewhere
 */
export function showNotation(root, audio, signal) {
  const place = /** @type {HTMLElement | null} */ (root.querySelector("#notation"));
  const hear = /** @type {HTMLSelectElement | null} */ (root.querySelector("#hear"));
  if (!place || !hear) { return () => {}; }
  const cells = /** @type {HTMLElement[]} */ (Array.from(place.querySelectorAll(".written")));
  const written = cells.map(({ dataset }) => ({
    start: Number(dataset.start), end: Number(dataset.end), cents: Number(dataset.cents),
    glides: dataset.glides === undefined ? null : Number(dataset.glides),
  }));
  const sa_hz = Number(place.dataset.sa);
  const voice = new NotationVoice();
  const list = /** @type {HTMLElement} */ (place.querySelector(".phrases"));
  /** @type {HTMLElement | null} */ let now = null;

  function follow() {
    const sounds = soundsAt(written, audio.currentTime);
    const cell = sounds ? cells[sounds.at] ?? null : null;
    if (cell !== now) {
      now?.classList.remove("now");
      cell?.classList.add("now");
      now = cell;
      if (now && !audio.paused) { reveal(now); }
    }
    const silent = audio.paused || !sounds || hear?.value === "take";
    voice.sing(silent ? null : sa_hz * 2 ** (sounds.cents / 1200));
  }

  /** Scrolls the list, never the page, to a swara. @param {HTMLElement} cell */
  function reveal(cell) {
    const shown = list.getBoundingClientRect();
    const line = /** @type {HTMLElement} */ (cell.closest("li")).getBoundingClientRect();
    if (line.top < shown.top || line.bottom > shown.bottom) { list.scrollTop += line.top - shown.top; }
  }

  function listen() {
    audio.muted = hear?.value === "notation";
    audio.volume = hear?.value === "both" ? 0.6 : 1;
    follow();
  }

  /** What was chosen can be said to be wrong. @param {HTMLElement} cell */
  function choose(cell) {
    const wrong = /** @type {HTMLElement} */ (place?.querySelector("#wrong"));
    const said = /** @type {HTMLElement} */ (place?.querySelector("#wrong-note"));
    const middle = ((Number(cell.dataset.start) + Number(cell.dataset.end)) / 2).toFixed(3);
    wrong.hidden = cell.dataset.named === undefined; // touches are never judged
    cell.closest("li")?.append(wrong);
    if (said.tagName === "CODE") {
      said.textContent = `swara feedback add TAKE --at ${middle} --swara NAME`;
    } else {
      said.dataset.correct = middle;
      said.dataset.swara = cell.dataset.named ?? "";
      said.textContent = `${cell.textContent} at ${Number(middle).toFixed(1)} s is wrong`;
    }
  }

  /** @param {number} at */
  function focus(at) {
    const cell = cells[Math.min(Math.max(at, 0), cells.length - 1)];
    for (const each of cells) { each.tabIndex = each === cell ? 0 : -1; }
    cell?.focus();
  }

  /** @param {Event} event */
  const cellOf = (event) => /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest(".written"));
  place.addEventListener("click", (event) => { const cell = cellOf(event); if (cell) { choose(cell); } }, { signal });
  place.addEventListener("keydown", (event) => {
    const cell = cellOf(event);
    if (!cell) { return; }
    const at = cells.indexOf(cell);
    /** @type {Record<string, number>} */
    const goals = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: cells.length - 1 };
    const goal = goals[event.key];
    if (goal !== undefined) { event.preventDefault(); focus(goal); }
  }, { signal });
  hear.addEventListener("change", listen, { signal });
  audio.addEventListener("pause", follow, { signal });
  signal.addEventListener("abort", () => voice.close());
  return follow;
}
