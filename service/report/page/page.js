import { showNotation } from "./notation.js";

/**
 * Finds an element that the template always writes.
 * @template {Element} T
 * @param {ParentNode} root
 * @param {string} selector
 * @returns {T}
 */
function part(root, selector) {
  const found = root.querySelector(selector);
  if (!found) { throw new Error("the report lacks " + selector); }
  return /** @type {T} */ (/** @type {unknown} */ (found));
}

/**
 * Brings a report to life: notes that play, a curve that zooms, a stretch that repeats.
 * @param {Document | HTMLElement} root - what holds the report, a page of its own or a part of one
 * @returns {() => void} ends it, before another report takes its place
 */
export function showReport(root) {
  /** @type {HTMLAudioElement} */ const audio = part(root, "#take");
  /** @type {SVGSVGElement} */ const curve = part(root, "#curve");
  /** @type {HTMLElement} */ const scroll = part(root, "#scroll");
  /** @type {SVGElement} */ const playhead = part(root, "#playhead");
  /** @type {SVGElement} */ const stretch = part(root, "#stretch");
  /** @type {HTMLInputElement} */ const repeat = part(root, "#repeat");
  /** @type {HTMLSelectElement} */ const speed = part(root, "#speed");
  /** @type {SVGSVGElement} */ const overview = part(root, "#overview");
  const duration = Number(curve.dataset.duration) || 1;
  const width = curve.viewBox.baseVal.width;
  const height = curve.viewBox.baseVal.height;
  const notes = /** @type {SVGElement[]} */ (Array.from(curve.querySelectorAll(".note")));
  const fixed = /** @type {SVGElement[]} */ (Array.from(curve.querySelectorAll(".fixed")));
  const ticks = Array.from(curve.querySelectorAll(".at"));
  const ending = new AbortController();
  /** @type {{start: number, end: number, from: Element | null} | null} */
  let spot = null; // the stretch being played, or null while the whole take plays
  let zoom = 1;
  const follow = showNotation(root, audio, ending.signal);

  function leaveSpot() {
    spot?.from?.classList.remove("playing");
    spot = null;
    stretch.setAttribute("width", "0");
  }

  /** @param {number} start @param {number} end @param {Element | null} from */
  function playSpot(start, end, from) {
    leaveSpot();
    spot = { start, end, from };
    from?.classList.add("playing");
    audio.currentTime = start;
    void audio.play();
    showStretch();
  }

  /** What plays already is stopped. @param {HTMLElement | SVGElement} from */
  function playFrom(from) {
    if (spot?.from === from && !audio.paused) { audio.pause(); leaveSpot(); return; }
    playSpot(Number(from.dataset.start), Number(from.dataset.end), from);
  }

  function showStretch() {
    if (!spot || spot.from) { return; }
    stretch.setAttribute("x", (spot.start / duration * width * zoom).toFixed(1));
    stretch.setAttribute("width", ((spot.end - spot.start) / duration * width * zoom).toFixed(1));
  }

  /** Times are stretched, signs and letters only move: data-x is where they stand at full size.
   * @param {number} wanted */
  function zoomTo(wanted) {
    const least = Math.min(1, scroll.clientWidth / width);
    const middle = (scroll.scrollLeft + scroll.clientWidth / 2) / zoom;
    zoom = Math.min(Math.max(wanted, least), 4);
    const every = Math.max(1, Math.ceil(1 / zoom));
    curve.setAttribute("width", (width * zoom).toFixed(0));
    curve.setAttribute("viewBox", "0 0 " + (width * zoom).toFixed(0) + " " + height);
    curve.style.setProperty("--zoom", String(zoom));
    curve.classList.toggle("far", zoom < 0.6);
    for (const each of fixed) {
      each.setAttribute("transform", "translate(" + (Number(each.dataset.x) * zoom).toFixed(1) + " 0)");
    }
    ticks.forEach((tick, at) => tick.classList.toggle("tick-off", at % every !== 0));
    scroll.scrollLeft = middle * zoom - scroll.clientWidth / 2;
    show();
    showStretch();
    showWindow();
  }

  function showWindow() {
    const shade = part(root, "#window");
    shade.setAttribute("x", (1000 * scroll.scrollLeft / (width * zoom)).toFixed(1));
    shade.setAttribute("width", Math.min(1000, 1000 * scroll.clientWidth / (width * zoom)).toFixed(1));
  }

  /** @param {PointerEvent} event */
  function moveWindow(event) {
    if (event.type === "pointermove" && !event.buttons) { return; }
    const box = overview.getBoundingClientRect();
    scroll.scrollLeft = (event.clientX - box.left) / box.width * width * zoom - scroll.clientWidth / 2;
  }

  function show() {
    const x = Math.min(audio.currentTime / duration, 1) * width * zoom;
    playhead.setAttribute("transform", "translate(" + x.toFixed(1) + " 0)");
    const beyond = x < scroll.scrollLeft || x > scroll.scrollLeft + scroll.clientWidth - 40;
    if (!audio.paused && beyond) { scroll.scrollLeft = Math.max(0, x - 80); }
    follow();
  }

  function frame() {
    if (spot && audio.currentTime >= spot.end) {
      if (repeat.checked) {
        audio.currentTime = spot.start;
      } else {
        audio.pause();
        leaveSpot();
      }
    }
    show();
    if (!audio.paused && !ending.signal.aborted) { requestAnimationFrame(frame); }
  }

  /** @param {number} index */
  function focusNote(index) {
    const chosen = notes[Math.min(Math.max(index, 0), notes.length - 1)];
    for (const note of notes) { note.setAttribute("tabindex", note === chosen ? "0" : "-1"); }
    chosen?.focus();
  }

  /** @param {KeyboardEvent} event */
  function onNoteKey(event) {
    const note = /** @type {SVGElement} */ (event.currentTarget);
    const at = notes.indexOf(note);
    /** @type {Record<string, number>} */
    const goals = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: notes.length - 1 };
    const goal = goals[event.key];
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      playFrom(note);
    } else if (goal !== undefined) {
      event.preventDefault();
      focusNote(goal);
    }
  }

  /** @param {HTMLElement} from */
  function playSample(from) {
    /** @type {HTMLAudioElement} */ const sample = part(root, "#" + CSS.escape(from.dataset.sample ?? ""));
    audio.pause();
    sample.currentTime = 0;
    void sample.play();
  }

  /** Where in the take a pointer is, in seconds.
   * @param {MouseEvent} event */
  function timeAt(event) {
    const box = curve.getBoundingClientRect();
    return Math.min(duration, Math.max(0, (event.clientX - box.left) / box.width * duration));
  }

  // A stretch of the curve that is drawn over with the mouse is played, again and again where that is asked for.
  /** @type {{x: number, at: number} | null} */
  let pressed = null;
  /** @param {PointerEvent} event */
  function press(event) {
    const other = event.pointerType !== "mouse" || event.button !== 0;
    pressed = other ? null : { x: event.clientX, at: timeAt(event) };
  }
  /** @param {MouseEvent} event */
  function release(event) {
    const from = pressed;
    pressed = null;
    if (from && Math.abs(event.clientX - from.x) > 8) {
      const to = timeAt(event);
      repeat.checked = true;
      playSpot(Math.min(from.at, to), Math.max(from.at, to), null);
      return;
    }
    const target = /** @type {Element} */ (event.target);
    const note = /** @type {SVGElement | null} */ (target.closest(".note"));
    if (note) { playFrom(note); return; }
    leaveSpot();
    audio.currentTime = timeAt(event);
  }

  /** @param {MouseEvent} event */
  function onClick(event) {
    const target = /** @type {Element} */ (event.target);
    const from = /** @type {HTMLElement | null} */ (target.closest("[data-start]"));
    const sample = /** @type {HTMLElement | null} */ (target.closest("[data-sample]"));
    if (from?.dataset.loop !== undefined) { repeat.checked = true; }
    if (from && !curve.contains(from)) { playFrom(from); }
    if (sample) { playSample(sample); }
  }

  // Paper shows the lines at their full size, whatever the screen does.
  let shown = 1;
  const till = { signal: ending.signal };
  /** @param {EventTarget} target @param {string} kind @param {(event: any) => void} answer */
  const on = (target, kind, answer) => target.addEventListener(kind, answer, till);
  on(audio, "play", () => {
    for (const sample of root.querySelectorAll("audio.sample")) {
      /** @type {HTMLAudioElement} */ (sample).pause();
    }
    requestAnimationFrame(frame);
  });
  on(audio, "seeked", () => {
    if (spot && (audio.currentTime < spot.start - 0.05 || audio.currentTime > spot.end + 0.05)) { leaveSpot(); }
    show();
  });
  on(speed, "change", () => { audio.preservesPitch = true; audio.playbackRate = Number(speed.value); });
  for (const note of notes) { on(note, "keydown", onNoteKey); }
  on(root, "click", onClick);
  on(part(root, "#in"), "click", () => zoomTo(2 * zoom));
  on(part(root, "#out"), "click", () => zoomTo(zoom / 2));
  on(part(root, "#whole"), "click", () => zoomTo(0));
  on(overview, "pointerdown", moveWindow);
  on(overview, "pointermove", moveWindow);
  on(curve, "pointerdown", press);
  on(curve, "click", release);
  on(scroll, "scroll", showWindow);
  on(window, "resize", showWindow);
  on(window, "beforeprint", () => { shown = zoom; zoomTo(1); });
  on(window, "afterprint", () => zoomTo(shown));
  showWindow();
  return () => { audio.pause(); ending.abort(); };
}
