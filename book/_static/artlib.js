/* Code and formulas that scroll sideways must be reachable from the keyboard; the others should not stop it. */

function reachWhatScrolls() {
  for (const box of document.querySelectorAll(".bd-article pre, .bd-article mjx-container")) {
    if (box.scrollWidth > box.clientWidth) {
      box.tabIndex = 0;
    } else {
      box.removeAttribute("tabindex");
    }
  }
}

window.addEventListener("load", reachWhatScrolls);
window.addEventListener("resize", reachWhatScrolls);
