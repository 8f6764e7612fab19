// Keys and menus of the pages where people work. Without it every page reads, links and submits.
(() => {
  "use strict";
  const typing = (target) => target.closest("input, textarea, select, [contenteditable]");

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "/" && !typing(event.target)) {
      const box = document.getElementById("everything") || document.getElementById("q");
      if (!box) return;
      event.preventDefault();
      box.focus();
      box.select();
    }
    if (event.key === "Escape") close(null);
    const hits = document.getElementById("hits");
    if (hits && event.key === "Escape") hits.replaceChildren();
    if (hits && ["ArrowDown", "ArrowUp"].includes(event.key) && hits.parentElement.contains(event.target)) {
      const all = [document.getElementById("everything"), ...hits.querySelectorAll("li a")];
      const next = all[all.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1)];
      event.preventDefault();
      if (next) next.focus();
    }
  });

  // A menu closes when one presses elsewhere.
  const close = (inside) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(inside)) menu.open = false;
    }
  };
  document.addEventListener("click", (event) => {
    close(event.target);
    const hits = document.getElementById("hits");
    if (hits && !hits.parentElement.contains(event.target)) hits.replaceChildren();
  });
})();
