/* Quizzes, guesses, the instructor's view, and one's own progress. Everything is kept in this browser; nothing is sent. */

const KEPT = "artlib-course";

function kept() {
  try {
    return JSON.parse(localStorage.getItem(KEPT)) || {};
  } catch {
    return {};
  }
}

function keep(name, value) {
  try {
    localStorage.setItem(KEPT, JSON.stringify({ ...kept(), [name]: value }));
  } catch {
    /* A browser that keeps nothing still shows everything. */
  }
}

function added(parent, tag, attributes, text) {
  const node = document.createElement(tag);
  Object.entries(attributes).forEach(([name, value]) => node.setAttribute(name, value));
  node.textContent = text;
  parent.append(node);
  return node;
}

function quizzes() {
  for (const field of document.querySelectorAll(".artlib-quiz fieldset")) {
    const said = field.querySelector("[role=status]");
    field.addEventListener("change", (event) => {
      const right = event.target.value === "right";
      said.textContent = `${right ? "Right." : "Not yet."} ${event.target.dataset.said}`;
      field.dataset.state = event.target.value;
      if (right) done(field.id, true);
    });
  }
}

function guesses() {
  for (const box of document.querySelectorAll(".artlib-guess")) {
    const slider = box.querySelector("input");
    const shown = box.querySelector("output");
    const said = box.querySelector("[role=status]");
    const show = () => (shown.textContent = `${Number(slider.value) > 0 ? "+" : ""}${slider.value} ${box.dataset.unit}`);
    slider.addEventListener("input", show);
    show();
    box.querySelector("details").addEventListener("toggle", (event) => {
      if (!event.target.open) return;
      const guess = Number(slider.value);
      const [low, high] = [Number(box.dataset.low), Number(box.dataset.high)];
      const where = guess < low ? "below the interval" : guess > high ? "above the interval" : "inside the interval";
      said.textContent = `You guessed ${shown.textContent}: ${where}.`;
      slider.disabled = true;
      draw(box, slider, guess, low, high);
    });
  }
}

function draw(box, slider, guess, low, high) {
  box.querySelector(".artlib-guess-line")?.remove();
  const place = (value) => {
    const share = (value - Number(slider.min)) / (Number(slider.max) - Number(slider.min));
    return `${100 * Math.min(1, Math.max(0, share))}%`;
  };
  const line = added(box, "div", { class: "artlib-guess-line", "aria-hidden": "true" }, "");
  const interval = added(line, "span", { class: "interval" }, "");
  interval.style.left = place(low);
  interval.style.right = `calc(100% - ${place(high)})`;
  added(line, "span", { class: "guess" }, "").style.left = place(guess);
}

/* Progress: a tick for each exercise and each question of a quiz. */

let ticks = [];

function done(id, value) {
  const path = `${location.pathname.split("/").pop()}#${id}`;
  keep("done", { ...kept().done, [path]: value });
  count();
}

function isDone(id) {
  return Boolean((kept().done || {})[`${location.pathname.split("/").pop()}#${id}`]);
}

function progress() {
  for (const box of document.querySelectorAll(".bd-article .exercise[id]")) {
    const label = added(box, "label", { class: "artlib-done" }, " done");
    const tick = document.createElement("input");
    tick.type = "checkbox";
    tick.checked = isDone(box.id);
    tick.addEventListener("change", () => done(box.id, tick.checked));
    label.prepend(tick);
  }
  ticks = [...document.querySelectorAll(".bd-article .exercise[id], .artlib-quiz fieldset")].map((one) => one.id);
  const article = document.querySelector(".bd-article");
  if (!ticks.length || !article) return;
  const line = added(article, "p", { class: "artlib-progress" }, "");
  added(line, "span", { role: "status" }, "");
  const forget = added(line, "button", { type: "button" }, "Forget my progress");
  forget.addEventListener("click", () => {
    keep("done", {});
    document.querySelectorAll(".artlib-done input").forEach((tick) => (tick.checked = false));
    count();
  });
  count();
}

function count() {
  const line = document.querySelector(".artlib-progress [role=status]");
  if (line) line.textContent = `${ticks.filter(isDone).length} of ${ticks.length} on this page done; kept in this browser only. `;
}

/* The instructor's view of the same page: minutes, misconceptions, answers. */

function views() {
  if (!document.querySelector(".instructor")) return;
  const article = document.querySelector(".bd-article");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "artlib-view";
  article.prepend(button);
  const show = (instructor) => {
    document.documentElement.dataset.view = instructor ? "instructor" : "student";
    button.setAttribute("aria-pressed", String(instructor));
    button.textContent = "Instructor's view";
    document.querySelectorAll("details.instructor, .instructor details").forEach((one) => (one.open = instructor));
  };
  show(kept().instructor === true);
  button.addEventListener("click", () => {
    const instructor = document.documentElement.dataset.view !== "instructor";
    keep("instructor", instructor);
    show(instructor);
  });
}

document.documentElement.dataset.view = kept().instructor === true ? "instructor" : "student";
window.addEventListener("DOMContentLoaded", () => {
  quizzes();
  guesses();
  views();
  progress();
});
