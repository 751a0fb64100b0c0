// The scoreboard's filters: what a form asks for is shown, and how many claims that are is said aloud.
for (const board of document.querySelectorAll(".scoreboard:not([data-ready])")) {
  board.dataset.ready = "";
  const form = board.querySelector("form"), status = board.querySelector("[role=status]");
  const rows = [...board.querySelectorAll("article")], cards = board.querySelector("details.cards");
  const follow = () => {  // a link to a claim opens what holds it, also in browsers that do not do so themselves
    const claim = location.hash && document.getElementById(location.hash.slice(1));
    if (claim && cards.contains(claim)) {
      cards.open = true;
      claim.scrollIntoView();
    }
  };
  addEventListener("hashchange", follow);
  const show = () => {
    const sought = form.words.value.trim().toLowerCase();
    let seen = 0;
    for (const row of rows) {
      const right = (!form.paper.value || row.dataset.paper === form.paper.value)
        && (!form.verdict.value || row.dataset.verdicts.split("|").includes(form.verdict.value))
        && (!form.pictures.value || row.dataset.pictures.split("|").includes(form.pictures.value))
        && (!sought || row.textContent.toLowerCase().includes(sought));
      row.hidden = !right;
      seen += right;
    }
    status.textContent = `${seen} of ${rows.length} claims shown.`;
  };
  form.hidden = false;
  form.addEventListener("input", show);
  form.addEventListener("submit", (event) => event.preventDefault());
  show();
  follow();
}
