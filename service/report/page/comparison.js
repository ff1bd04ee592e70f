/**
 * Brings a comparison to life: a phrase or a flag plays in one take and then in the other.
 * @param {Document | HTMLElement} root - what holds the comparison, a page of its own or a part of one
 * @returns {() => void} ends it, before another takes its place
 */
export function showComparison(root) {
  /** @template {Element} T @param {string} selector @returns {T} */
  const part = (selector) => {
    const found = root.querySelector(selector);
    if (!found) { throw new Error("the comparison lacks " + selector); }
    return /** @type {T} */ (/** @type {unknown} */ (found));
  };
  /** @typedef {"mine" | "guru"} Side */
  /** @type {Record<Side, HTMLAudioElement>} */
  const sound = { mine: part("#mine"), guru: part("#guru") };
  /** @type {SVGSVGElement} */ const curve = part("#compared");
  /** @type {HTMLElement} */ const scroll = part("#beside-scroll");
  /** @type {SVGElement} */ const playhead = part("#heard-at");
  /** @type {HTMLSelectElement} */ const order = part("#order");
  /** @type {HTMLSelectElement} */ const pace = part("#pace");
  /** @type {HTMLInputElement} */ const again = part("#again");
  /** @type {HTMLElement} */ const silence = part("#silence");
  const duration = Number(curve.dataset.duration) || 1;
  const width = curve.viewBox.baseVal.width;
  /** Moments of mine and of the guru's that are the same. @type {[number, number][]} */
  const clock = JSON.parse(curve.dataset.clock ?? "[]");
  const BEFORE_S = 0.25;
  const ending = new AbortController();
  /** @type {{from: Element, left: {side: Side, start: number, end: number}[], at: number} | null} */
  let playing = null;

  /** @param {number} time - in the guru's take @returns {number} in mine */
  function inMine(time) {
    const next = clock.findIndex((moment) => moment[1] >= time);
    const after = clock[next < 0 ? clock.length - 1 : next];
    const before = clock[next - 1];
    if (!after) { return time; }
    if (!before || next < 0) { return after[0] + time - after[1]; }
    return before[0] + (time - before[1]) / (after[1] - before[1]) * (after[0] - before[0]);
  }

  function stop() {
    sound.mine.pause();
    sound.guru.pause();
    for (const each of root.querySelectorAll(".playing")) { each.classList.remove("playing"); }
    silence.hidden = true;
    playing = null;
  }

  /** @param {HTMLElement | SVGElement} from */
  function play(from) {
    stop();
    const sides = /** @type {Side[]} */ (order.value.split(" "));
    const left = sides.map((side) => {
      const [start = 0, end = 0] = (from.dataset[side] ?? "").split(" ").map(Number);
      return { side, start: Math.max(0, start - BEFORE_S), end: Math.max(end, start) + BEFORE_S };
    });
    playing = { from, left, at: 0 };
    from.classList.add("playing");
    silence.hidden = false;
    begin();
  }

  function begin() {
    const now = playing?.left[playing.at];
    if (!now) { return; }
    const audio = sound[now.side];
    audio.preservesPitch = true;
    audio.playbackRate = Number(pace.value);
    audio.currentTime = now.start;
    void audio.play();
    requestAnimationFrame(frame);
  }

  /** @param {number} time - in mine */
  function show(time) {
    const x = Math.min(Math.max(time / duration, 0), 1) * width;
    playhead.setAttribute("transform", "translate(" + x.toFixed(1) + " 0)");
    if (x < scroll.scrollLeft || x > scroll.scrollLeft + scroll.clientWidth - 40) { scroll.scrollLeft = Math.max(0, x - 80); }
  }

  function frame() {
    const now = playing?.left[playing.at];
    if (!playing || !now || ending.signal.aborted) { return; }
    const audio = sound[now.side];
    const time = audio.currentTime;
    show(now.side === "mine" ? time : inMine(time));
    if (time < now.end && !audio.ended) { requestAnimationFrame(frame); return; }
    audio.pause();
    playing.at += 1;
    if (playing.at === playing.left.length && again.checked) { playing.at = 0; }
    if (playing.at < playing.left.length) { begin(); } else { stop(); }
  }

  /** @param {EventTarget} target @param {string} kind @param {(event: any) => void} answer */
  const on = (target, kind, answer) => target.addEventListener(kind, answer, { signal: ending.signal });
  on(root, "click", (event) => {
    const from = /** @type {HTMLElement | null} */ (event.target.closest("[data-mine]"));
    if (from) { play(from); }
  });
  on(curve, "keydown", (event) => {
    const from = /** @type {HTMLElement | null} */ (event.target.closest("[data-mine]"));
    if (from && (event.key === "Enter" || event.key === " ")) { event.preventDefault(); play(from); }
  });
  on(silence, "click", stop);
  return () => { stop(); ending.abort(); };
}
