// A take beside a professional's: chosen here, compared by the server, shown below the report.

import { announce, ask, askJson, make, part, wordsOf } from "./dom.js";

const FILES = [["comparison.html", "Page"], ["comparison.json", "JSON"], ["differences.csv", "Differences"]];

/** The comparison of the take that is shown. */
export class CompareView {
  constructor() {
    this.id = "";
    this.chosen = false;
    /** @type {File | {take: string} | {nearest: true} | null} */ this.guru = null;
    /** @type {() => void} */ this.close = () => {};
    this.file = /** @type {HTMLInputElement} */ (part("guru-file"));
    this.take = /** @type {HTMLSelectElement} */ (part("guru-take"));
    this.tonic = /** @type {HTMLInputElement} */ (part("guru-tonic"));
    this.file.onchange = () => { const [file] = this.file.files ?? []; if (file) { void this.choose(file); } };
    part("guru-nearest").onclick = () => void this.choose({ nearest: true });
    this.tonic.onchange = () => { if (this.guru) { void this.choose(this.guru); } };
    this.take.onchange = () => { if (this.take.value) { void this.choose({ take: this.take.value }); } };
  }

  /** Begins anew with another take; empty for none. @param {string} id */
  about(id) {
    this.close();
    this.close = () => {};
    this.id = id;
    this.chosen = false;
    this.guru = null;
    this.file.value = "";
    part("comparison").replaceChildren();
    part("compare-files").hidden = true;
    if (id) { void this.list(); }
  }

  /** The other takes of this run, to compare with. */
  async list() {
    const id = this.id;
    const known = await askJson("api/takes").catch(() => []);
    if (id !== this.id) { return; }
    const others = known.filter((/** @type {{id: string, error: string | null}} */ each) => each.id !== id && !each.error);
    this.take.replaceChildren(make("option", { value: "", textContent: others.length ? "choose" : "none yet" }),
      ...others.map((/** @type {{id: string, name: string}} */ each) => make("option", { value: each.id, textContent: each.name })));
  }

  /** @param {File | {take: string} | {nearest: true}} guru - a recording, another take, or the nearest known */
  async choose(guru) {
    const id = this.id;
    this.guru = guru;
    const tonic = this.tonic.value.trim();
    const said = part("compare-said");
    said.className = "hint";
    said.textContent = "listening to it …";
    try {
      if (!(guru instanceof File)) { await askJson(`api/takes/${id}/guru`, "POST", { ...guru, tonic }); }
      else {
        const form = new FormData();
        form.append("settings", JSON.stringify({ tonic }));
        form.append("file", guru);
        await ask(`api/takes/${id}/guru`, { method: "POST", body: form });
      }
      if (id !== this.id) { return; }
      this.chosen = true;
      await this.refresh();
      said.textContent = "";
    } catch (error) {
      said.className = "failed";
      said.textContent = wordsOf(error);
    }
  }

  /** Shows the comparison, as the take is judged now. */
  async refresh() {
    const id = this.id;
    if (!id || !this.chosen) { return; }
    const [response, { showComparison }] = await Promise.all([
      ask(`api/takes/${id}/compare`), import(/* from the report's own package */ new URL("comparison.js", import.meta.url).href),
    ]);
    const text = await response.text();
    if (id !== this.id) { return; }
    this.close();
    const place = part("comparison");
    place.innerHTML = text;
    this.close = showComparison(place);
    part("compare-files").hidden = false;
    part("compare-files").replaceChildren(...FILES.map(([file, words]) => make("a", {
      href: new URL(`api/takes/${id}/compare/${file}`, document.baseURI).href, download: file ?? "", className: "button", textContent: words,
    })));
    announce(place.querySelector(".verdict")?.textContent ?? "");
  }
}
