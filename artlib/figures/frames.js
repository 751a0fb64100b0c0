// What moves the pictures behind the sliders of `figures.frames` on a page without a kernel.
for (const figure of document.querySelectorAll("figure.artlib-frames:not([data-ready])")) {
  figure.dataset.ready = "";
  const all = JSON.parse(figure.querySelector("script").textContent);
  const image = figure.querySelector("img"), words = figure.querySelector("[aria-live]");
  const inputs = [...figure.querySelectorAll("input")];
  const show = (moved) => {
    inputs.forEach((input, number) => {
      if (!all.together && input !== moved) input.value = all.start[number];
      const value = all.values[number][input.value];
      input.setAttribute("aria-valuetext", value);
      input.closest("label").querySelector("output").textContent = value;
    });
    const frame = all.frames[inputs.map((input) => input.value).join(" ")];
    image.src = frame[0];
    image.alt = words.textContent = frame[1];
  };
  for (const input of inputs) {
    input.disabled = false;
    input.addEventListener("input", () => show(input));
  }
}
