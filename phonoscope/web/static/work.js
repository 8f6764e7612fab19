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
  });

  // A menu closes when one presses elsewhere.
  const close = (inside) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(inside)) menu.open = false;
    }
  };
  document.addEventListener("click", (event) => close(event.target));
})();
