(function () {
  "use strict";
  var audio = document.getElementById("take");
  var curve = document.getElementById("curve");
  var scroll = document.getElementById("scroll");
  var playhead = document.getElementById("playhead");
  var repeat = document.getElementById("repeat");
  var speed = document.getElementById("speed");
  var duration = Number(curve.dataset.duration) || 1;
  var width = curve.viewBox.baseVal.width;
  var notes = Array.prototype.slice.call(curve.querySelectorAll(".note"));
  var spot = null; // the stretch being played, or null while the whole take plays

  function leaveSpot() {
    if (spot) { spot.from.classList.remove("playing"); }
    spot = null;
  }

  function playSpot(from) {
    leaveSpot();
    spot = { start: Number(from.dataset.start), end: Number(from.dataset.end), from: from };
    from.classList.add("playing");
    audio.currentTime = spot.start;
    audio.play();
  }

  var zoom = 1;
  var overview = document.getElementById("overview");
  var fixed = Array.prototype.slice.call(curve.querySelectorAll(".fixed"));
  var ticks = Array.prototype.slice.call(curve.querySelectorAll(".at"));

  // Times are stretched, signs and letters only move: data-x is where they stand at full size.
  function zoomTo(wanted) {
    var least = Math.min(1, scroll.clientWidth / width);
    var middle = (scroll.scrollLeft + scroll.clientWidth / 2) / zoom;
    zoom = Math.min(Math.max(wanted, least), 4);
    var every = Math.max(1, Math.ceil(1 / zoom));
    curve.setAttribute("width", (width * zoom).toFixed(0));
    curve.setAttribute("viewBox", "0 0 " + (width * zoom).toFixed(0) + " " + curve.viewBox.baseVal.height);
    curve.style.setProperty("--zoom", zoom);
    curve.classList.toggle("far", zoom < 0.6);
    fixed.forEach(function (each) {
      each.setAttribute("transform", "translate(" + (Number(each.dataset.x) * zoom).toFixed(1) + " 0)");
    });
    ticks.forEach(function (tick, at) { tick.classList.toggle("tick-off", at % every !== 0); });
    scroll.scrollLeft = middle * zoom - scroll.clientWidth / 2;
    show();
    showWindow();
  }

  function showWindow() {
    var frame = document.getElementById("window");
    frame.setAttribute("x", (1000 * scroll.scrollLeft / (width * zoom)).toFixed(1));
    frame.setAttribute("width", Math.min(1000, 1000 * scroll.clientWidth / (width * zoom)).toFixed(1));
  }

  function moveWindow(event) {
    if (event.type === "pointermove" && !event.buttons) { return; }
    var box = overview.getBoundingClientRect();
    scroll.scrollLeft = (event.clientX - box.left) / box.width * width * zoom - scroll.clientWidth / 2;
  }

  function keepInView(x) {
    if (x < scroll.scrollLeft || x > scroll.scrollLeft + scroll.clientWidth - 40) {
      scroll.scrollLeft = Math.max(0, x - 80);
    }
  }

  function show() {
    var x = Math.min(audio.currentTime / duration, 1) * width * zoom;
    playhead.setAttribute("transform", "translate(" + x.toFixed(1) + " 0)");
    if (!audio.paused) { keepInView(x); }
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
    if (!audio.paused) { requestAnimationFrame(frame); }
  }

  function focusNote(index) {
    var chosen = notes[Math.min(Math.max(index, 0), notes.length - 1)];
    notes.forEach(function (note) { note.setAttribute("tabindex", note === chosen ? "0" : "-1"); });
    chosen.focus();
  }

  function onNoteKey(event) {
    var at = notes.indexOf(event.currentTarget);
    var goal = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: notes.length - 1 }[event.key];
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      playSpot(event.currentTarget);
    } else if (goal !== undefined) {
      event.preventDefault();
      focusNote(goal);
    }
  }

  function playSample(from) {
    var sample = document.getElementById(from.dataset.sample);
    audio.pause();
    sample.currentTime = 0;
    sample.play();
  }

  audio.addEventListener("play", function () {
    document.querySelectorAll("audio.sample").forEach(function (sample) { sample.pause(); });
    requestAnimationFrame(frame);
  });
  audio.addEventListener("seeked", function () {
    if (spot && (audio.currentTime < spot.start - 0.05 || audio.currentTime > spot.end + 0.05)) { leaveSpot(); }
    show();
  });
  speed.addEventListener("change", function () { audio.playbackRate = Number(speed.value); });
  notes.forEach(function (note) { note.addEventListener("keydown", onNoteKey); });
  document.addEventListener("click", function (event) {
    var from = event.target.closest("[data-start]");
    var sample = event.target.closest("[data-sample]");
    if (from) { playSpot(from); }
    if (sample) { playSample(sample); }
  });
  document.getElementById("in").addEventListener("click", function () { zoomTo(2 * zoom); });
  document.getElementById("out").addEventListener("click", function () { zoomTo(zoom / 2); });
  document.getElementById("whole").addEventListener("click", function () { zoomTo(0); });
  overview.addEventListener("pointerdown", moveWindow);
  overview.addEventListener("pointermove", moveWindow);
  scroll.addEventListener("scroll", showWindow);
  window.addEventListener("resize", showWindow);
  // Paper shows the lines at their full size, whatever the screen does.
  var shown = 1;
  window.addEventListener("beforeprint", function () { shown = zoom; zoomTo(1); });
  window.addEventListener("afterprint", function () { zoomTo(shown); });
  showWindow();
  curve.addEventListener("click", function (event) {
    if (event.target.closest(".note")) { return; }
    leaveSpot();
    var box = curve.getBoundingClientRect();
    audio.currentTime = Math.max(0, (event.clientX - box.left) / box.width * duration);
  });
}());
