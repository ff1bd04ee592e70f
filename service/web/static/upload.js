// Recordings from the disk: chosen or dragged here, sent with progress.

import { settings } from "./choices.js";
import { make, part, Refused } from "./dom.js";

/**
 * Sends a file; the server answers with its take.
 * @param {File} file
 * @param {(share: number) => void} onProgress
 * @returns {Promise<string>} the take's id
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
      if (said?.id && !said.error) { resolve(said.id); return; }
      const why = said?.error?.message ?? said?.error ?? said?.message;
      reject(new Refused(typeof why === "string" ? why : `swara answered ${request.status}.`, request.status));
    };
    const form = new FormData();
    form.append("settings", JSON.stringify(settings()));
    form.append("file", file, file.name);
    request.send(form);
  });
}

/** @param {(id: string, name: string) => Promise<void>} show - called with each take that came, one after another */
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
      const id = await send(file, (share) => { bar.value = share; if (share === 1) { state.textContent = "listening to it …"; } });
      const open = make("button", { type: "button", textContent: "Show report" });
      open.onclick = () => void show(id, file.name);
      await show(id, file.name);
      state.replaceChildren(open);
    } catch (error) {
      state.className = "failed";
      state.textContent = error instanceof Error ? error.message : String(error);
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
