// Two recordings with matching moments lined up: plays either, and switches from one to the other
// at the same moment of the music. Moments are seconds of A. Without this script the picture has
// its axes and band, and there are two plain players. Texts come from the page, in its language.
(() => {
  "use strict";
  const plot = document.getElementById("plot");
  if (!plot) return;
  const texts = document.getElementById("transport").dataset;
  const filled = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  const at = Object.fromEntries(Object.entries(plot.dataset).map(([name, text]) => [name, Number(text)]));
  const LEAD_S = 0.15;
  const LONGEST_LEAD_S = 2;
  const LATE_S = 0.1;
  const STEPS_S = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 10, PageDown: -10 };
  const sides = ["a", "b"].map((letter) => ({
    letter: letter.toUpperCase(),
    audio: document.getElementById(`audio-${letter}`),
    button: document.getElementById(`play-${letter}`),
    label: document.getElementById(`letter-${letter}`),
  }));
  const [one, other] = sides;
  one.own = one.moment = (seconds) => seconds;
  other.own = (seconds) => seconds / at.speed + at.offset;
  other.moment = (seconds) => (seconds - at.offset) * at.speed;
  const change = document.getElementById("switch");
  const level = document.getElementById("level");
  const now = document.getElementById("now");
  let moment = at.begin;
  let last = null;
  let changing = false;

  for (const wave of plot.querySelectorAll(".wave")) {
    wave.style.marginLeft = `${wave.dataset.left}%`;
    wave.style.width = `${wave.dataset.width}%`;
  }

  const has = (side, seconds) => side.own(seconds) >= 0 && side.own(seconds) < side.audio.duration;
  const from = (side) => (has(side, moment) ? moment : at.begin);
  const playing = (side) => side.audio && !side.audio.paused && !side.audio.ended;
  const opposite = (side) => (side === one ? other : one);

  function clock(seconds) {
    const whole = Math.max(0, Math.round(seconds));
    const rest = String(whole % 60).padStart(2, "0");
    const minutes = Math.floor(whole / 60);
    return minutes < 60 ? `${minutes}:${rest}` : `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${rest}`;
  }

  function show() {
    for (const side of sides) {
      if (!side.audio) continue;
      const start = side.own(side.audio.duration ? from(side) : at.begin);
      side.button.textContent = filled(playing(side) ? texts.pause : texts.play, { letter: side.letter, time: clock(start) });
      side.label.classList.toggle("playing", Boolean(playing(side)));
    }
    if (change) {
      const sounding = sides.find(playing);
      change.disabled = !sounding;
      change.textContent = filled(texts.switch, { letter: opposite(sounding || one).letter });
    }
    const percent = (100 * (moment - at.start)) / at.length;
    for (const name of ["x1", "x2"]) now.setAttribute(name, `${percent}%`);
    now.setAttribute("visibility", "visible");
    plot.setAttribute("aria-valuenow", moment.toFixed(1));
    plot.setAttribute("aria-valuetext", filled(texts.place, { mine: clock(one.own(moment)), theirs: clock(other.own(moment)) }));
  }

  function play(side) {
    const silent = opposite(side);
    if (silent.audio) silent.audio.pause();
    moment = from(side);
    side.audio.currentTime = side.own(moment);
    // A browser may refuse to play; the position is set anyway.
    side.audio.play().catch(() => {});
  }

  function seek(seconds) {
    moment = Math.max(at.start, Math.min(at.start + at.length, seconds));
    const sounding = sides.find(playing);
    if (sounding && has(sounding, moment)) sounding.audio.currentTime = sounding.own(moment);
    else if (sounding) sounding.audio.pause();
    else for (const side of sides) if (side.audio && has(side, moment)) side.audio.currentTime = side.own(moment);
    show();
  }

  // The other player seeks to a point a little ahead while this one continues, and takes over when
  // this one reaches it. Seeking takes time, and so no moment of the music is lost. A machine that
  // is too slow gets twice as long.
  function switchOver() {
    const sounding = sides.find(playing);
    if (!sounding || changing) return;
    changing = true;
    meetAhead(sounding, opposite(sounding), LEAD_S);
  }

  function meetAhead(sounding, next, lead) {
    const meet = sounding.moment(sounding.audio.currentTime) + lead * (sounding === other ? at.speed : 1);
    if (!has(next, meet)) {
      changing = false;
      document.getElementById("status").textContent = filled(texts.lacks, { letter: next.letter });
      return;
    }
    const left = () => sounding.own(meet) - sounding.audio.currentTime;
    const takeOver = () => {
      if (left() < -LATE_S && lead < LONGEST_LEAD_S) {
        meetAhead(sounding, next, 2 * lead);
        return;
      }
      changing = false;
      sounding.audio.pause();
      next.audio.play().catch(() => {});
    };
    next.audio.addEventListener("seeked", () => setTimeout(takeOver, 1000 * Math.max(0, left())), { once: true });
    next.audio.currentTime = next.own(meet);
  }

  for (const side of sides) {
    if (!side.audio) continue;
    side.audio.controls = false;
    side.audio.hidden = true;
    side.button.setAttribute("role", "button");
    side.button.addEventListener("click", (event) => {
      event.preventDefault();
      if (playing(side)) side.audio.pause();
      else play(side);
    });
    side.button.addEventListener("keydown", (event) => {
      if (event.key !== " ") return;
      event.preventDefault();
      side.button.click();
    });
    side.audio.addEventListener("timeupdate", () => {
      if (last !== side || !playing(side)) return;
      moment = side.moment(side.audio.currentTime);
      show();
    });
    side.audio.addEventListener("play", () => { last = side; show(); });
    for (const name of ["pause", "ended", "loadedmetadata"]) side.audio.addEventListener(name, show);
  }
  if (change) change.addEventListener("click", switchOver);

  function balance() {
    for (const side of sides) if (side.audio) side.audio.volume = !level || level.checked ? Number(side.audio.dataset.volume) : 1;
  }
  if (level) level.addEventListener("change", balance);
  if (level) balance();

  plot.addEventListener("click", (event) => {
    const box = plot.getBoundingClientRect();
    seek(at.start + (at.length * (event.clientX - box.left)) / box.width);
  });
  plot.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in STEPS_S) seek(moment + STEPS_S[event.key]);
    else if (event.key === "Home") seek(at.begin);
    else if (event.key === "End") seek(at.end);
    else return;
    event.preventDefault();
  });
  plot.setAttribute("aria-description", plot.getAttribute("aria-label"));
  plot.setAttribute("aria-label", texts.moment);
  plot.setAttribute("role", "slider");
  plot.setAttribute("aria-valuemin", at.start.toFixed(1));
  plot.setAttribute("aria-valuemax", (at.start + at.length).toFixed(1));
  plot.tabIndex = 0;
  show();
})();
