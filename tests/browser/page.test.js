// The page's own parts, without a browser: node --test.
import assert from "node:assert/strict";
import { test } from "node:test";
import { adopt, choices, hertzOf, nearestNote, tonicOf } from "../../service/web/static/choices.js";
import { announcer, centsWords, inDevanagari, noteWords, shapeOf, timeWords } from "../../service/web/static/dom.js";
import { MOST_DONE, past } from "../../service/web/static/drill.js";
import { places } from "../../service/web/static/history.js";
import { Flow, LaneView, Ring } from "../../service/web/static/lane.js";
import { gapOf, readSettings, whyNot } from "../../service/web/static/microphone.js";
import { LiveSocket, pack, socketAddress } from "../../service/web/static/protocol.js";
import { NotationVoice, soundsAt } from "../../service/report/page/notation.js";
import { needsRetuning } from "../../service/web/static/sound.js";

test("a ring never grows, and finds what is since a time", () => {
  const ring = new Ring(8);
  const { times } = ring;
  for (let at = 0; at < 10; at += 1) { ring.push(at * 0.02, 0.01, [at, null]); }
  assert.equal(ring.times, times);
  /** @type {[number, number][]} */ const seen = [];
  ring.since(0.165, (time_s, cents) => seen.push([Math.round(time_s * 100), cents]));
  assert.deepEqual(seen, [[17, NaN], [18, 9], [19, NaN]]);
  seen.length = 0;
  ring.since(0, (time_s, cents) => seen.push([time_s, cents]));
  assert.equal(seen.length, 8);
});

test("time flows though frames come in steps, and jumps over a gap", () => {
  const flow = new Flow();
  flow.meet(10, 1);
  flow.meet(10.05, 1.02); // 30 ms late
  assert.ok(Math.abs(flow.at(10.05) - 1.05) < 0.003);
  flow.meet(20, 2);
  assert.equal(flow.at(20), 2);
});

test("a note is drawn as it is known last, and not at all once it is withdrawn", () => {
  const lane = { ring: new Ring(8), notes: /** @type {any[]} */ ([]) };
  const tell = (/** @type {object} */ news) => LaneView.prototype.note.call(/** @type {any} */ (lane), /** @type {any} */ ({ id: 1, end_s: 1, ...news }));
  tell({});
  tell({ end_s: 2 });
  assert.deepEqual(lane.notes.map((note) => note.end_s), [2]);
  tell({ end_s: 0, withdrawn: true });
  assert.deepEqual(lane.notes, []);
});

test("a lane that is started again before it is stopped draws once a frame", () => {
  const asked = new Map();
  Object.assign(globalThis, {
    requestAnimationFrame: (/** @type {() => void} */ answer) => { asked.set(asked.size + 1, answer); return asked.size; },
    cancelAnimationFrame: (/** @type {number} */ frame) => asked.delete(frame),
  });
  const lane = /** @type {any} */ ({ frame: 0, clear() {}, paint() {} });
  LaneView.prototype.start.call(lane);
  LaneView.prototype.start.call(lane);
  assert.equal(asked.size, 1);
});

test("a block is number, flags, time, samples, little endian", () => {
  const view = new DataView(pack(7, 1234.5, new Float32Array([0.5, -1])));
  assert.deepEqual([view.getUint32(0, true), view.getUint32(4, true), view.getFloat64(8, true)], [7, 0, 1234.5]);
  assert.deepEqual([view.getFloat32(16, true), view.getFloat32(20, true), view.byteLength], [0.5, -1, 24]);
});

test("the socket is beside the page, also behind a path, and without its token", () => {
  assert.equal(socketAddress("http://localhost:8000/?token=x#sing"), "ws://localhost:8000/live");
  assert.equal(socketAddress("https://sing.example/swara/"), "wss://sing.example/swara/live");
});

/** A server that a test plays. */
class Mock {
  constructor() { this.readyState = 1; this.bufferedAmount = 0; /** @type {any[]} */ this.sent = []; }
  /** @param {any} data */ send(data) { this.sent.push(data); }
  close() { this.readyState = 3; this.onclose?.({ reason: "" }); }
  /** @param {object} message */ say(message) { this.onmessage?.({ data: JSON.stringify(message) }); }
}
const HELLO = { rate_hz: 16000, channels: 1, settings: { tonic: null, raga: "bhupali", tuning: "just", preset: "student" } };

/** @returns {Promise<{mock: any, socket: LiveSocket, lost: string[]}>} */
async function connected() {
  const mock = /** @type {any} */ (new Mock());
  /** @type {string[]} */ const lost = [];
  const socket = new LiveSocket(() => {}, (why) => lost.push(why), () => mock);
  const ready = socket.open("ws://x/live", /** @type {any} */ (HELLO));
  mock.onopen();
  mock.say({ type: "ready", lanes: [] });
  await ready;
  return { mock, socket, lost };
}

test("hello first, blocks are numbered, a full socket is told", async () => {
  const { mock, socket } = await connected();
  assert.equal(JSON.parse(mock.sent[0]).type, "hello");
  assert.equal(socket.push(1, new Float32Array(320)), 0);
  mock.bufferedAmount = 4 * 16000;
  assert.equal(socket.push(2, new Float32Array(320)), 1000);
  assert.deepEqual(mock.sent.slice(1).map((/** @type {ArrayBuffer} */ each) => new DataView(each).getUint32(0, true)), [0, 1]);
});

test("stop gives the take; a server that goes is told once, and stop does not hang", async () => {
  const first = await connected();
  const take = first.socket.stop(true);
  first.mock.say({ type: "take", id: "a1", kept: true });
  assert.equal((await take).id, "a1");
  assert.deepEqual(first.lost, []);
  const second = await connected();
  second.mock.close();
  assert.equal(second.lost.length, 1);
  assert.equal((await second.socket.stop(true)).id, null);
});

test("a refusal before ready is an error with the server's words", async () => {
  const mock = /** @type {any} */ (new Mock());
  const socket = new LiveSocket(() => {}, () => {}, () => mock);
  const ready = socket.open("ws://x/live", /** @type {any} */ (HELLO));
  mock.say({ type: "error", message: "No raga is called x." });
  mock.close();
  await assert.rejects(ready, /No raga is called x/);
});

test("what a browser does not say of its processing is unknown, not off", () => {
  const track = /** @type {any} */ ({ label: "m", getSettings: () => ({ echoCancellation: false, autoGainControl: "maybe" }) });
  const sound = readSettings(track);
  assert.deepEqual([sound.echoCancellation, sound.autoGainControl, sound.noiseSuppression], [false, null, null]);
});

test("a slept second is told, a late block is not", () => {
  const before = { captured_ms: 1000, frame: 16000 };
  assert.equal(gapOf(before, { captured_ms: 1400, frame: 16320 }, 16000), 0);
  assert.equal(gapOf(before, { captured_ms: 61_020, frame: 16320 }, 16000), 60);
});

test("each way to have no microphone says how to mend it", () => {
  const refused = new Error("x");
  refused.name = "NotAllowedError";
  assert.match(whyNot(refused), /allow the microphone/);
  refused.name = "NotFoundError";
  assert.match(whyNot(refused), /Plug one in/);
});

test("words: sign, swara, time", () => {
  assert.deepEqual([30.4, -29.6, 0.2].map(centsWords), ["+30", "−30", "0"]);
  assert.equal(noteWords({ swara: "Ga", saptak: "madhya", cents_off: -30, verdict: "low" }), "Ga, 30 low");
  assert.equal(noteWords({ swara: "Sa", saptak: "taar", cents_off: 1, verdict: "perfect" }), "taar Sa, perfect");
  assert.deepEqual([timeWords(3.21), timeWords(67)], ["3.2 s", "1:07"]);
  assert.equal(new Set(["perfect", "low", "high", "unsure"].map(shapeOf)).size, 4);
});

test("swaras in Devanagari, with the marks of Bhatkhande", () => {
  assert.deepEqual(["Sa", "komal Re", "taar komal Ga", "mandra Ni", "tivra Ma"].map(inDevanagari), ["सा", "रे॒", "ग॒̇", "नि̣", "म॑"]);
  assert.deepEqual(["take.wav", "Sa C#3", "x Sa", ""].map(inDevanagari), ["", "", "", ""]);
});

test("a screen reader is told once a second at most, the newest", () => {
  let now = 0;
  /** @type {string[]} */ const said = [];
  /** @type {(() => void)[]} */ const due = [];
  const say = announcer((line) => said.push(line), () => now, (answer) => due.push(answer));
  say("a"); now = 100; say("b"); now = 200; say("c");
  assert.deepEqual([said, due.length], [["a"], 1]);
  now = 1000; due[0]?.();
  assert.deepEqual(said, ["a", "c"]);
});

test("choices of another kind are passed over", () => {
  adopt({ tonic: "C#3", volume: "loud", raga: 7, devanagari: true, more: 1 });
  assert.deepEqual([choices.tonic, choices.volume, choices.raga, choices.devanagari], ["C#3", 0.5, null, true]);
  adopt(null);
});

test("Sa by name, or in Hz where it lies off", () => {
  assert.equal(tonicOf({ hz: 138.59, name: "C#3" }), "C#3");
  assert.equal(tonicOf({ hz: 140.1, name: "C#3 +18" }), "140.10");
  assert.ok(Math.abs((hertzOf("C#3") ?? 0) - 138.591) < 0.01);
  assert.deepEqual([hertzOf("140.1"), hertzOf(null), hertzOf("x")], [140.1, null, null]);
  assert.equal(nearestNote(138.6), "C#3");
});

test("the tanpura is fetched anew beyond 50 cents", () => {
  assert.deepEqual([needsRetuning(100, 102.8), needsRetuning(100, 103.2), needsRetuning(0, 100)], [false, true, true]);
});

test("however long is drilled, what is told of it fits what the server reads", () => {
  const result = { swara: "komal Dha", letter: "'d", saptak: "taar", verdict: "another swara", cents_off: null, words: "x".repeat(80) };
  const told = past({ type: "drill", name: "x".repeat(40), words: "x".repeat(200), results: Array(11).fill(result), extra: [] });
  assert.deepEqual(told.results[10], { swara: "komal Dha", verdict: "another swara" });
  assert.ok(JSON.stringify(Array(MOST_DONE).fill(told)).length < 60_000);
});

test("takes stand in a chart by their days", () => {
  const take = (/** @type {string} */ at, /** @type {number | null} */ in_tune_share) => ({ at, in_tune_share });
  const [first, second, last, ...more] = places([take("2026-01-01", 0), take("2026-01-02", null), take("2026-01-03", 1), take("2026-01-05", 0.5)]);
  assert.deepEqual(more, []);
  assert.ok(first && second && last && first.x < second.x && second.x < last.x && first.y > last.y && last.y > second.y);
  assert.ok(Math.abs((second.x - first.x) - (last.x - second.x)) < 1e-9);
});

const WRITTEN = [
  { start: 1, end: 2, cents: 0, glides: null }, { start: 2.4, end: 3, cents: 400, glides: 2 }, { start: 4, end: 5, cents: 700, glides: null },
];

test("the notation is heard where it is written, and glides between", () => {
  assert.deepEqual([0.5, 3.5, 5].map((time) => soundsAt(WRITTEN, time)), [null, null, null]);
  assert.deepEqual([1, 1.99, 2.4, 4.5].map((time) => soundsAt(WRITTEN, time)), [[0, 0], [0, 0], [1, 400], [2, 700]].map(([at, cents]) => ({ at, cents })));
  assert.ok(Math.abs((soundsAt(WRITTEN, 2.2)?.cents ?? 0) - 200) < 1e-9);
  assert.equal(soundsAt([], 1), null);
});

test("the notation's tone is opened when it first sounds, moves with it, and falls silent", () => {
  /** @type {Record<string, number[]>} */ const aimed = { hz: [], loud: [] };
  let opened = 0;
  const context = {
    currentTime: 0, destination: {}, resume() {}, close() { opened -= 1; }, createPeriodicWave() {},
    createOscillator: () => ({ frequency: { setTargetAtTime: (/** @type {number} */ hz) => aimed.hz?.push(hz) }, setPeriodicWave() {}, connect() {}, start() {} }),
    createGain: () => ({ gain: { value: 1, setTargetAtTime: (/** @type {number} */ loud) => aimed.loud?.push(loud) }, connect() {} }),
  };
  const voice = new NotationVoice(() => { opened += 1; return /** @type {any} */ (context); });
  voice.sing(null);
  assert.equal(opened, 0);
  voice.sing(220); voice.sing(330); voice.sing(null);
  assert.deepEqual([opened, aimed.hz, aimed.loud?.map((loud) => loud > 0)], [1, [220, 330], [true, true, false]]);
  voice.close();
  assert.equal(opened, 0);
});
