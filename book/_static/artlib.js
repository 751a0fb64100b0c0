/* What scrolls sideways must be reachable from the keyboard, and nothing else should stop it on its way. */

function reachWhatScrolls() {
  for (const box of document.querySelectorAll(".bd-article pre, .bd-article .artlib-scroll, .bd-article mjx-container")) {
    if (box.scrollWidth > box.clientWidth) {
      box.tabIndex = 0;
    } else {
      box.removeAttribute("tabindex");
    }
  }
}

window.addEventListener("load", reachWhatScrolls);
window.addEventListener("resize", reachWhatScrolls);
