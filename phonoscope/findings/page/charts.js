// Shows a plot's numbers at the pointer or, with the arrow keys, at the focused plot. The numbers come
// from the labels of the marks; the table below each plot has them as well. All text comes from the page.
(() => {
  "use strict";
  const tip = document.createElement("div");
  tip.className = "tip";
  tip.setAttribute("role", "status");
  tip.hidden = true;
  document.body.append(tip);
  let current = null;

  function hide() {
    if (current) current.classList.remove("met");
    current = null;
    tip.hidden = true;
  }

  function show(mark) {
    if (mark === current) return;
    hide();
    current = mark;
    mark.classList.add("met");
    tip.textContent = mark.getAttribute("aria-label");
    tip.hidden = false;
    const at = mark.getBoundingClientRect();
    const half = tip.offsetWidth / 2;
    const middle = at.left + at.width / 2;
    const left = Math.max(half + 8, Math.min(document.documentElement.clientWidth - half - 8, middle));
    tip.style.left = `${left + window.scrollX}px`;
    tip.style.top = `${at.top + window.scrollY}px`;
  }

  function step(chart, event) {
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") hide();
    if (!by) return;
    event.preventDefault();
    const drawn = [...chart.querySelectorAll("svg")].find((svg) => svg.getClientRects().length);
    const marks = [...drawn.querySelectorAll("path[aria-label]")];
    const at = marks.indexOf(current);
    show(marks[at < 0 ? 0 : Math.max(0, Math.min(marks.length - 1, at + by))]);
  }

  function prepare(root) {
    for (const chart of root.querySelectorAll(".chart:not([tabindex])")) {
      chart.tabIndex = 0;
      chart.setAttribute("role", "group");
      chart.setAttribute("aria-label", chart.dataset.label);
      chart.addEventListener("keydown", (event) => step(chart, event));
      chart.addEventListener("blur", hide);
      chart.addEventListener("pointerleave", hide);
      const meet = (event) => {
        const mark = event.target.closest("path[aria-label]");
        if (mark) show(mark); else hide();
      };
      chart.addEventListener("pointermove", meet);
      chart.addEventListener("pointerdown", meet);
    }
  }

  prepare(document);
  // Plots that a script adds later.
  document.addEventListener("htmx:after:swap", () => prepare(document));
})();
