// Waveforms of recordings, drawn from their outlines. Without them the players work as they are.
(() => {
  "use strict";

  // The palette holds light-dark(), which a canvas can't read: an element resolves it.
  function colour(name) {
    const probe = document.body.appendChild(document.createElement("span"));
    probe.style.color = `var(${name})`;
    const found = getComputedStyle(probe).color;
    probe.remove();
    return found;
  }

  async function draw(wave) {
    const audio = document.getElementById(wave.dataset.audio);
    const answer = await fetch(wave.dataset.outline);
    if (!answer.ok) return;
    const outline = await answer.json();
    wave.hidden = false;
    const surfer = WaveSurfer.create({
      container: wave,
      ...(audio ? { media: audio } : {}),
      peaks: [outline.peaks],
      duration: outline.duration_s,
      height: 72,
      // On a page that compares two, one line over both shows the moment, and a click is for both.
      cursorWidth: "still" in wave.dataset ? 0 : 2,
      interact: !("still" in wave.dataset),
      normalize: "still" in wave.dataset,
      cspNonce: document.querySelector('meta[name="style-nonce"]').content,
      ...colours(),
    });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => surfer.setOptions(colours()));
  }

  function colours() {
    return { waveColor: colour("--muted"), progressColor: colour("--accent"), cursorColor: colour("--ink") };
  }

  for (const wave of document.querySelectorAll(".wave[data-outline]")) draw(wave);

  for (const picture of document.querySelectorAll(".picture img")) {
    const done = () => picture.parentElement.classList.add("drawn");
    const failed = () => {
      done();
      picture.parentElement.querySelector(".waiting").textContent = picture.parentElement.dataset.failed;
      picture.parentElement.classList.add("failed");
    };
    if (picture.complete) (picture.naturalWidth ? done : failed)();
    picture.addEventListener("load", done);
    picture.addEventListener("error", failed);
  }
})();
