// Recordings from the disk: chosen or dragged here, sent with progress.

import { settings } from "./choices.js";
import { askJson, make, notice, part, Refused, refusal, timeWords, wordsOf } from "./dom.js";

/** @typedef {{id: string, name: string, source: string, at: string, duration_s: number | null, notice: string | null, error: string | null}} Known - a take, as the server lists it */

/** Of earlier takes, so many are listed. */
const LISTED = 8;

/**
 * Sends a file; the server answers with its take.
 * @param {File} file
 * @param {(share: number) => void} onProgress
 * @returns {Promise<Known>} the take
 */
export function send(file, onProgress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", new URL("api/takes", document.baseURI));
    request.responseType = "json";
    request.upload.onprogress = (event) => { if (event.lengthComputable) { onProgress(event.loaded / event.total); } };
    request.onerror = () => reject(new Refused("swara does not answer. Is it still running?", 0));
    request.onload = () => {
      const said = Array.isArray(request.response) ? request.response[0] : request.response;
      if (said?.id && !said.error) { resolve(said); return; }
      reject(refusal(said, request.status));
    };
    const form = new FormData();
    form.append("settings", JSON.stringify(settings()));
    form.append("file", file, file.name);
    request.send(form);
  });
}

/** Lists the takes since swara was started: those of other tabs, and of this page before it was loaded anew, too.
 * @param {(id: string) => Promise<void>} show */
export async function listTakes(show) {
  /** @type {Known[]} */ const takes = await askJson("api/takes").catch(() => []);
  const list = part("uploads");
  const lines = /** @type {HTMLElement[]} */ ([...list.querySelectorAll("[data-take]")]);
  for (const line of lines) { line.remove(); }
  list.append(...takes.filter((take) => !take.error).slice(0, LISTED).map((take) => {
    const open = make("button", { type: "button", textContent: "Show report" });
    open.onclick = () => void show(take.id);
    const name = take.source === "sung" ? `Sung at ${new Date(take.at).toLocaleTimeString([], { timeStyle: "short" })}` : take.name;
    const length = take.duration_s === null ? "" : `, ${timeWords(take.duration_s)} `;
    return make("li", { "data-take": take.id }, make("strong", { textContent: name }), length, open);
  }));
}

/** @param {(id: string) => Promise<void>} show - called with each take that came, one after another */
export function upload(show) {
  const zone = part("drop");
  const choice = /** @type {HTMLInputElement} */ (part("files"));
  const list = part("uploads");

  /** @param {Iterable<File>} files */
  async function take(files) {
    for (const file of files) { await one(file); }
    choice.value = "";
  }

  /** @param {File} file */
  async function one(file) {
    const bar = make("progress", { max: 1, value: 0, "aria-label": `Sending ${file.name}` });
    const state = make("span", {}, "sending …");
    const line = make("li", {}, make("strong", { textContent: file.name }), " ", bar, " ", state);
    list.prepend(line);
    try {
      const kept = await send(file, (share) => { bar.value = share; if (share === 1) { state.textContent = "listening to it …"; } });
      if (kept.notice) { notice(`${kept.notice}.`, "note"); }
      await show(kept.id);
      line.remove(); // it is among the takes now
    } catch (error) {
      state.className = "failed";
      state.textContent = wordsOf(error);
    }
    bar.remove();
  }

  choice.onchange = () => void take([...(choice.files ?? [])]);
  zone.ondragover = (event) => { event.preventDefault(); zone.classList.add("over"); };
  zone.ondragleave = () => zone.classList.remove("over");
  zone.ondrop = (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    void take([...(event.dataTransfer?.files ?? [])]);
  };
}
