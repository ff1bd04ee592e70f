// A take's report below the lane: shown, judged anew, corrected, taken away.

import { ask, askJson, announce, inDevanagari, make, notice, part, swaraIn, timeWords, wordsOf } from "./dom.js";
import { CompareView } from "./compare.js";
import { choose, onChoice, settings } from "./choices.js";

const FILES = [
  ["take.wav", "Sound"], ["report.html", "Page"], ["report.json", "JSON"], ["notes.csv", "Notes"],
  ["pitch.csv", "Pitch"], ["plot.png", "Picture"], ["target.wav", "In tune"],
];
const JUDGED = ["tonic", "raga", "tuning", "preset"];

/** The report of one take at a time. */
export class TakeView {
  /** @param {(id: string) => void} onSingAlong @param {{name: string}[]} swaras - what a note can be corrected to */
  constructor(onSingAlong, swaras) {
    this.id = "";
    this.close = () => {};
    /** @type {() => void} */ this.onGone = () => {};
    /** @type {Promise<unknown>} */ this.work = Promise.resolve();
    this.comparing = new CompareView();
    this.place = part("report");
    this.place.addEventListener("click", (event) => this.click(/** @type {Element} */ (event.target)));
    part("sing-along").onclick = () => onSingAlong(this.id);
    part("forget").onclick = () => void this.forget();
    this.dialog = /** @type {HTMLDialogElement} */ (part("correct-dialog"));
    const choice = /** @type {HTMLSelectElement} */ (part("correct-swara"));
    choice.replaceChildren(...swaras.map(({ name }) => make("option", { value: name, textContent: name })));
    /** @type {HTMLFormElement} */ (part("correct-form")).onsubmit = (event) => { event.preventDefault(); void this.correct(); };
    part("correct-close").onclick = () => this.dialog.close();
    onChoice((changed) => { if (this.id && JUDGED.some((name) => changed.has(name))) { void this.judge(); } });
  }

  /** @param {string} id */
  async show(id) {
    this.id = id;
    part("take-view").hidden = false;
    part("downloads").replaceChildren(...FILES.map(([file, words]) => make("a", {
      href: new URL(`api/takes/${id}/files/${file}`, document.baseURI).href, download: file ?? "", className: "button", textContent: words,
    })));
    const instrument = make("button", { type: "button", textContent: "Instrument and notes" });
    instrument.onclick = () => void this.identify(instrument);
    part("identified").replaceChildren(instrument);
    this.comparing.about(id);
    await this.refresh();
  }

  /** What plays here, and which notes, as a picture over a staff; asked for, as it takes a moment. @param {HTMLButtonElement} button */
  async identify(button) {
    const id = this.id;
    button.disabled = true;
    try {
      const said = await askJson(`api/takes/${id}/identify`);
      if (id !== this.id) { return; }
      const notes = said.sounds.map((/** @type {{note: string | null}} */ each) => each.note ?? "–").join(" ");
      part("identified").replaceChildren(
        make("p", {}, make("strong", { textContent: said.summary })), make("p", { textContent: notes }),
        make("img", { src: new URL(`api/takes/${id}/identify.png`, document.baseURI).href, alt: `${said.summary}: ${notes}` }),
      );
    } catch (error) { button.disabled = false; notice(wordsOf(error)); }
  }

  async refresh() {
    const [response, { showReport }] = await Promise.all([
      ask(`api/takes/${this.id}/report`), import(/* from the report's own package */ new URL("report.js", import.meta.url).href),
    ]);
    const text = await response.text();
    this.close();
    this.place.innerHTML = text;
    for (const head of this.place.querySelectorAll("th[scope=row]")) {
      const devanagari = inDevanagari(head.textContent ?? "");
      if (devanagari) { head.replaceChildren(swaraIn({ swara: "", devanagari }, head.textContent ?? "")); }
    }
    this.close = showReport(this.place);
    this.place.setAttribute("aria-busy", "false");
    announce(this.place.querySelector(".verdict")?.textContent ?? "");
  }

  /** Judges anew, one after another: the newest choice stands in the end. */
  judge() {
    const id = this.id;
    this.place.setAttribute("aria-busy", "true");
    this.work = this.work.then(async () => {
      if (id !== this.id) { return; }
      const started = performance.now();
      await askJson(`api/takes/${id}/judge`, "POST", settings());
      await this.refresh();
      void this.comparing.refresh();
      part("judged-in").textContent = `Judged anew in ${Math.round(performance.now() - started)} ms.`;
    }).catch((error) => notice(error.message));
    return this.work;
  }

  /** @param {Element} target */
  click(target) {
    const tonic = /** @type {HTMLElement | null} */ (target.closest("[data-tonic]"));
    if (tonic) { choose({ tonic: tonic.dataset.tonic ?? null }); }
    const phrase = /** @type {HTMLElement | null} */ (target.closest("[data-practise]"));
    if (phrase) { void import("./drill.js").then(({ practise }) => practise(phrase.dataset.practise ?? "")); }
    const wrong = /** @type {HTMLElement | null} */ (target.closest("[data-correct]"));
    if (!wrong) { return; }
    this.at_s = Number(wrong.dataset.correct);
    part("correct-what").textContent = `The note at ${timeWords(this.at_s)}.`;
    part("correct-said").textContent = "";
    const named = /** @type {HTMLSelectElement} */ (part("correct-swara"));
    const swara = wrong.dataset.swara ?? "";
    if ([...named.options].some((option) => option.value === swara)) { named.value = swara; }
    this.dialog.showModal();
  }

  async correct() {
    const swara = /** @type {HTMLSelectElement} */ (part("correct-swara")).value;
    const verdict = /** @type {HTMLSelectElement} */ (part("correct-verdict")).value;
    try {
      await askJson(`api/takes/${this.id}/feedback`, "POST", { at_s: this.at_s, swara, ...(verdict ? { verdict } : {}) });
      this.dialog.close();
      notice(`Thank you: ${swara} at ${timeWords(this.at_s ?? 0)} is noted, and will be learned from at the next rebuild.`, "note");
    } catch (error) {
      part("correct-said").textContent = wordsOf(error);
    }
  }

  async forget() {
    try { await askJson(`api/takes/${this.id}`, "DELETE"); } catch (error) { notice(wordsOf(error)); return; }
    this.close();
    this.comparing.about("");
    this.id = "";
    part("take-view").hidden = true;
    this.place.replaceChildren();
    notice("The take is gone.", "note");
    this.onGone();
  }
}
