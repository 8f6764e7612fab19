// The waveform of a recording, drawn from its outline; without it the player works as it is.
(() => {
  "use strict";
  const wave = document.getElementById("wave");
  const audio = document.getElementById("audio");
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  async function draw() {
    const answer = await fetch(wave.dataset.outline);
    if (!answer.ok) return;
    const outline = await answer.json();
    wave.hidden = false;
    const surfer = WaveSurfer.create({
      container: wave,
      media: audio,
      peaks: [outline.peaks],
      duration: outline.duration_s,
      height: 72,
      cursorWidth: 2,
      cspNonce: document.querySelector('meta[name="style-nonce"]').content,
      ...colours(),
    });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => surfer.setOptions(colours()));
  }

  function colours() {
    return { waveColor: colour("--muted"), progressColor: colour("--accent"), cursorColor: colour("--ink") };
  }

  if (wave && audio) draw();

  for (const picture of document.querySelectorAll(".picture img")) {
    const done = () => picture.parentElement.classList.add("drawn");
    const failed = () => {
      done();
      picture.parentElement.querySelector(".waiting").textContent = "It could not be drawn.";
      picture.parentElement.classList.add("failed");
    };
    if (picture.complete) (picture.naturalWidth ? done : failed)();
    picture.addEventListener("load", done);
    picture.addEventListener("error", failed);
  }
})();
