// Find my Sa: sing for three seconds, hear a tanpura there, say whether it fits, and try Pa once.

import { announce, part, wordsOf } from "./dom.js";
import { choose, choices, nearestNote, settings, tonicOf } from "./choices.js";
import { Session } from "./session.js";

/** @param {import("./sound.js").Tanpura} tanpura */
export function findSa(tanpura) {
  const dialog = /** @type {HTMLDialogElement} */ (part("sa-dialog"));
  const words = part("sa-words");
  const steps = { listen: part("sa-listen"), confirm: part("sa-confirm"), pa: part("sa-pa"), use: part("sa-use") };
  /** @type {Session | null} */ let session = null;
  let hz = 0;
  let name = "";

  /** @param {string} line @param {(keyof typeof steps)[]} open */
  function show(line, ...open) {
    words.textContent = line;
    for (const [step, element] of Object.entries(steps)) { element.hidden = !open.includes(/** @type {keyof typeof steps} */ (step)); }
  }

  async function end() {
    const old = session;
    session = null;
    await old?.stop(false);
  }

  /** @param {string | null} tonic @param {(message: import("./protocol.js").Message) => void} onMessage */
  async function listen(tonic, onMessage) {
    session = new Session("sa", { onMessage, onEnd: (why) => show(why, "listen") });
    try {
      await session.start({ ...settings(), tonic });
      return true;
    } catch (error) {
      show(wordsOf(error), "listen");
      session = null;
      return false;
    }
  }

  async function sing() {
    tanpura.stop();
    show("Sing a comfortable Sa and hold it for three seconds …");
    const heard = await listen(null, (message) => {
      if (message.type !== "sa" || !session) { return; }
      void end();
      if (!message.hz) { show(`${message.words}.`, "listen"); return; }
      hz = message.hz;
      name = message.name;
      void confirm();
    });
    if (heard) { session?.measure("sa"); }
  }

  async function confirm() {
    const near = name || nearestNote(hz);
    show(`Sa is ${near}, ${hz.toFixed(1)} Hz. The tanpura plays there: does it fit your voice?`, "confirm");
    announce(`Sa ${near}`);
    try { await tanpura.play(hz, choices.tanpura); } catch (error) { words.textContent += ` ${wordsOf(error)}`; }
  }

  /** @param {number} semitones */
  function shift(semitones) {
    hz *= 2 ** (semitones / 12);
    name = "";
    void confirm();
  }

  async function tryPa() {
    show("Now sing Pa over it, and hold it …");
    const heard = await listen(hz.toFixed(2), (message) => {
      if (message.type !== "pa" || !session) { return; }
      void end();
      if (message.fits) { show(`${message.words}.`, "use"); } else { show(`${message.words}. Move Sa, or try again.`, "confirm"); }
    });
    if (heard) { session?.measure("pa"); }
  }

  part("sa-sing").onclick = () => void sing();
  part("sa-lower").onclick = () => shift(-1);
  part("sa-higher").onclick = () => shift(1);
  part("sa-fits").onclick = () => show("Good. Pa tells whether Sa is right: sing it once over the tanpura.", "pa", "use");
  part("sa-try-pa").onclick = () => void tryPa();
  part("sa-take").onclick = () => { choose({ tonic: tonicOf({ hz, name }) }); dialog.close(); };
  part("sa-close").onclick = () => dialog.close();
  dialog.onclose = () => { tanpura.stop(); void end(); part("find-sa").focus(); };
  return () => { dialog.showModal(); show("Sing a comfortable Sa, the note you come home to, and hold it for three seconds.", "listen"); };
}
