/* What the book's pages do beside the theme: plain JavaScript, nothing from elsewhere, and a page works without it. */

function element(name, attributes, ...children) {
  const made = Object.assign(document.createElement(name), attributes);
  made.append(...children);
  return made;
}

/* Code, formulas and charts that scroll sideways must be reachable from the keyboard; the others should not stop it. */
function reachWhatScrolls() {
  for (const box of document.querySelectorAll(".bd-article pre, .bd-article mjx-container, .artlib-chart")) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
}

/* Terms, references and figures are shown beside a link on hover and on focus; Escape hides them. */
function previewLinks() {
  const box = element("div", { id: "artlib-preview", role: "tooltip", hidden: true });
  document.body.append(box);
  const hide = () => { box.hidden = true; };
  const show = (link) => {
    box.replaceChildren(link.dataset.preview);
    if (link.dataset.previewImage) box.prepend(element("img", { src: link.dataset.previewImage, alt: "" }));
    box.hidden = false;
    const at = link.getBoundingClientRect(), size = box.getBoundingClientRect();
    const below = at.bottom + size.height + 8 < innerHeight || at.top < size.height + 8;
    box.style.left = `${Math.max(8, Math.min(at.left, innerWidth - size.width - 8))}px`;
    box.style.top = `${below ? at.bottom + 6 : at.top - size.height - 6}px`;
  };
  for (const link of document.querySelectorAll("a[data-preview]")) {
    link.setAttribute("aria-describedby", box.id);
    link.addEventListener("mouseenter", () => show(link));
    link.addEventListener("focus", () => show(link));
    link.addEventListener("mouseleave", hide);
    link.addEventListener("blur", hide);
  }
  addEventListener("keydown", (event) => event.key === "Escape" && hide());
  addEventListener("scroll", hide, { passive: true });
}

/* A figure opens in its full size; on a narrow screen it scrolls in a frame of its own. */
function enlargeFigures() {
  const close = element("button", { type: "button", textContent: "Close" });
  const image = element("img", {}), words = element("p", {});
  const dialog = element("dialog", { className: "artlib-large" }, close, words);
  dialog.setAttribute("aria-label", "Figure, enlarged");
  document.body.append(dialog);
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  for (const picture of document.querySelectorAll(".bd-article figure > img, .bd-article figure > a > img")) {
    const caption = picture.closest("figure").querySelector("figcaption p");
    const button = element("button", { type: "button", className: "artlib-enlarge", textContent: "Enlarge" });
    button.addEventListener("click", () => {
      image.src = picture.src;
      image.alt = picture.alt;
      dialog.replaceChildren(close, image, words); // not before: a picture without a source is none
      words.textContent = caption ? caption.textContent.replace(/#$/, "") : "";
      dialog.showModal();
    });
    if (caption) caption.after(button); // beside the words, and before the numbers
    else picture.closest("figure").querySelector("figcaption")?.append(button);
    const shown = picture.closest("figure > *"), frame = element("div", { className: "artlib-chart" });
    shown.replaceWith(frame);
    frame.append(shown);
  }
}

/* On paper everything is unfolded. */
function unfoldForPrint() {
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    for (const fold of opened) fold.open = true;
  });
  addEventListener("afterprint", () => { for (const fold of opened) fold.open = false; });
}

/* The search page lists sections, alternative texts of figures included, before Sphinx's pages. */
function searchSections() {
  const query = (new URLSearchParams(location.search).get("q") || "").trim();
  const terms = query.toLowerCase().split(/\s+/).filter((term) => term.length > 1);
  const place = document.getElementById("search-results");
  if (!window.artlibSections || !terms.length || !place) return;
  const found = [];
  for (const [page, id, chapter, title, text] of window.artlibSections) {
    const head = title.toLowerCase(), body = text.toLowerCase();
    if (!terms.every((term) => head.includes(term) || body.includes(term))) continue;
    const counts = terms.map((term) => 8 * head.includes(term) + Math.min(4, body.split(term).length - 1));
    found.push([counts.reduce((a, b) => a + b), page, id, chapter, title, text]);
  }
  found.sort((a, b) => b[0] - a[0]);
  const list = element("ul", { className: "artlib-sections" });
  for (const [, page, id, chapter, title, text] of found.slice(0, 25)) {
    const at = Math.max(0, text.toLowerCase().indexOf(terms[0]));
    const start = at < 60 ? 0 : text.indexOf(" ", at - 60) + 1;
    const link = element("a", { href: `${page}#${id}`, textContent: title });
    list.append(element("li", {}, link, title === chapter ? "" : ` (${chapter})`,
      element("p", { textContent: (start ? "… " : "") + text.slice(start, start + 180) + " …" })));
  }
  const words = found.length ? `${found.length} section${found.length > 1 ? "s" : ""} with ${query}` : `No section has ${query}`;
  place.before(element("section", {}, element("h2", { textContent: words }), list,
    element("h2", { textContent: "Pages, and names of the package" })));
}

addEventListener("load", reachWhatScrolls);
addEventListener("resize", reachWhatScrolls);
addEventListener("DOMContentLoaded", () => {
  previewLinks();
  enlargeFigures();
  unfoldForPrint();
  searchSections();
});
