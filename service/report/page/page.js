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

  function keepInView(x) {
    if (x < scroll.scrollLeft || x > scroll.scrollLeft + scroll.clientWidth - 40) {
      scroll.scrollLeft = Math.max(0, x - 80);
    }
  }

  function show() {
    var x = Math.min(audio.currentTime / duration, 1) * width;
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
  curve.addEventListener("click", function (event) {
    if (event.target.closest(".note")) { return; }
    leaveSpot();
    var box = curve.getBoundingClientRect();
    audio.currentTime = Math.max(0, (event.clientX - box.left) / box.width * duration);
  });
}());
