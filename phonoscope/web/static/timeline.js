// The timeline of segments: one slider over all of them. It reads each segment aloud, shows it at
// the pointer, and plays from it. Without this script it is a picture, with a table below.
(() => {
  "use strict";
  const timeline = document.getElementById("timeline");
  const audio = document.getElementById("audio");
  if (!timeline) return;
  const drawing = timeline.querySelector("svg");
  const bars = [...drawing.querySelectorAll("rect")];
  const duration = Number(timeline.dataset.duration);
  const says = bars.map((bar) => bar.querySelector("title").textContent);
  const lefts = bars.map((bar) => parseFloat(bar.getAttribute("x")));
  let at = 0;

  const tip = document.createElement("div");
  tip.className = "tip";
  tip.hidden = true;
  document.body.append(tip);

  function drawn(name) {
    const made = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    made.classList.add(name);
    made.setAttribute("height", "100%");
    made.setAttribute("visibility", "hidden");
    drawing.append(made);
    return made;
  }
  const chosen = drawn("chosen");
  const cursor = drawn("cursor");
  cursor.setAttribute("width", "2");

  function say(index) {
    at = Math.max(0, Math.min(bars.length - 1, index));
    timeline.setAttribute("aria-valuenow", at + 1);
    timeline.setAttribute("aria-valuetext", says[at]);
  }

  function show(index) {
    say(index);
    for (const name of ["x", "width"]) chosen.setAttribute(name, bars[at].getAttribute(name));
    chosen.setAttribute("visibility", "visible");
    tip.textContent = says[at];
    tip.hidden = false;
    const box = bars[at].getBoundingClientRect();
    const frame = timeline.getBoundingClientRect();
    const half = tip.offsetWidth / 2;
    const most = document.documentElement.clientWidth - half - 8;
    tip.style.left = `${Math.max(half + 8, Math.min(most, box.left + box.width / 2)) + scrollX}px`;
    tip.style.top = `${frame.top + scrollY}px`;
  }

  function hide() {
    tip.hidden = true;
    chosen.setAttribute("visibility", "hidden");
  }

  // The last segment that begins at or before the pointer: a pause belongs to what precedes it.
  function under(event) {
    const frame = timeline.getBoundingClientRect();
    const percent = (100 * (event.clientX - frame.left)) / frame.width;
    const next = lefts.findIndex((left) => left > percent);
    return next < 0 ? bars.length - 1 : Math.max(0, next - 1);
  }

  function play(from) {
    if (!audio) return;
    audio.currentTime = Number(from);
    // A browser may refuse to play; the position is set anyway.
    audio.play().catch(() => {});
  }

  const far = Math.max(1, Math.round(bars.length / 10));
  const steps = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: far, PageDown: -far };

  timeline.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in steps) show(tip.hidden ? at : at + steps[event.key]);
    else if (event.key === "Home") show(0);
    else if (event.key === "End") show(bars.length - 1);
    else if (event.key === "Escape") hide();
    else if (audio && (event.key === "Enter" || event.key === " ")) play(bars[at].dataset.at);
    else return;
    event.preventDefault();
  });
  timeline.addEventListener("pointermove", (event) => show(under(event)));
  timeline.addEventListener("pointerleave", hide);
  timeline.addEventListener("blur", hide);
  timeline.addEventListener("click", (event) => {
    show(under(event));
    play(bars[at].dataset.at);
  });

  for (const link of document.querySelectorAll(".stretches a[data-at]")) {
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      play(link.dataset.at);
    });
  }

  if (audio) {
    audio.addEventListener("timeupdate", () => {
      cursor.setAttribute("x", `${Math.min(100, (100 * audio.currentTime) / duration)}%`);
      cursor.setAttribute("visibility", "visible");
    });
  }

  timeline.setAttribute("aria-description", timeline.getAttribute("aria-label"));
  timeline.setAttribute("aria-label", timeline.dataset.name);
  timeline.setAttribute("role", "slider");
  timeline.setAttribute("aria-valuemin", "1");
  timeline.setAttribute("aria-valuemax", bars.length);
  timeline.tabIndex = 0;
  say(0);
})();
