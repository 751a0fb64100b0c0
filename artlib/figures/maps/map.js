// A map of works on a canvas: an overview above `limit` works in view, thumbnails below. No library and no server:
// where there is none, fetch and WebGL fail, and classic scripts and Canvas 2D work.
(() => {
  const COLOURS = ["#1c5a86", "#c04a26", "#a87900", "#2b8a68", "#7b4a9c", "#6f6a62", "#d6799a", "#59b4d9"];
  const SLOTS = 1764, LISTED = 50, HIGH = 2048;
  const numbers = (text, Kind) => {
    const bytes = atob(text), made = new Uint8Array(bytes.length);
    for (let i = 0; i < bytes.length; i++) made[i] = bytes.charCodeAt(i);
    return new Kind(made.buffer);
  };
  const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
  const element = (name, text, more = {}) => Object.assign(document.createElement(name), {textContent: text, dir: "auto"}, more);

  function start(root, data) {
    const $ = (query) => root.querySelector(query);
    const named = (name) => root.querySelector(`[name=${name}]`);
    const n = data.n, canvas = $(".artlib-map-plane canvas"), paint = canvas.getContext("2d");
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const shapes = numbers(data.shapes, Uint8Array);
    for (const layout of data.layouts) layout.at = numbers(layout.xy, Uint16Array);
    for (const label of data.labels) if (label.codes) label.of = numbers(label.codes, label.values.length < 32768 ? Int16Array : Int32Array);
    const x = new Float32Array(n), y = new Float32Array(n), matches = new Uint8Array(n).fill(1);
    const chosen = new Set(), slot = new Int32Array(n).fill(-1), holder = new Int32Array(SLOTS).fill(-1), used = new Int32Array(SLOTS);
    const seen = new Int32Array(n), spots = new Int32Array(data.limit + 1);
    const state = {layout: 0, label: "", value: "", q: "", open: -1, lasso: null, drawing: false};
    const view = {x: 0.5, y: 0.5, scale: 1};
    let width = 1, height = 1, ratio = 1, matching = n, count = 0, frame = 0, next = 0, waiting = 0, idle = 0, words = null;
    let high = null, moved = null, put = null, complete = false;
    const layout = () => data.layouts[state.layout];
    const texts = (name, i) => data.texts?.[name]?.[i] || "";
    const title = (i) => texts("title", i) || texts("work_id", i) || `work ${i + 1}`;
    const line = (i) => [title(i), texts("artist", i), texts("date_text", i)].filter(Boolean).join(", ");
    const valuesOf = (label, i) => (label.lists ? label.lists[i] : label.of[i] < 0 ? [] : [label.of[i]]);

    // --- pictures: thumbnails are copied once from their sheets into a pool, so that a frame reads one canvas only
    const pool = document.createElement("canvas"), across = Math.ceil(Math.sqrt(SLOTS)), side = data.sheets.side;
    pool.width = pool.height = across * side;
    const pooled = pool.getContext("2d"), images = new Map();
    function image(address, most = 24) {
      if (images.has(address)) return images.get(address).ready ? images.get(address) : null;
      const made = new Image();
      made.onload = () => { made.ready = true; redraw(); };
      made.src = address;
      images.set(address, made);
      if (images.size > most) for (const [old, one] of images) if (one.ready && images.size > most) images.delete(old);
      return null;
    }
    function place(i) {
      if (slot[i] >= 0) { used[slot[i]] = frame; return slot[i]; }
      const sheet = image(data.sheets.files[Math.floor(i / data.sheets.each)]);
      if (!sheet) return -1;
      do next = (next + 1) % SLOTS; while (used[next] === frame);
      if (holder[next] >= 0) slot[holder[next]] = -1;
      const k = i % data.sheets.each, sx = (k % data.sheets.across) * side, sy = Math.floor(k / data.sheets.across) * side;
      pooled.drawImage(sheet, sx, sy, side, side, (next % across) * side, Math.floor(next / across) * side, side, side);
      holder[next] = i; slot[i] = next; used[next] = frame;
      return next;
    }

    // --- drawing
    const thumb = () => clamp(layout().cell * view.scale, 3, 96);
    const px = (i) => (x[i] - view.x) * view.scale + width / 2, py = (i) => (y[i] - view.y) * view.scale + height / 2;
    function look() {
      const reach = thumb() / 2 / view.scale, w = width / 2 / view.scale + reach, h = height / 2 / view.scale + reach;
      const left = view.x - w, right = view.x + w, top = view.y - h, bottom = view.y + h;
      count = 0;
      for (let i = 0; i < n; i++) if (matches[i] && x[i] > left && x[i] < right && y[i] > top && y[i] < bottom) seen[count++] = i;
    }
    function colour(i) {
      if (state.label === "") return "#1c5a86";
      const code = valuesOf(data.labels[state.label], i)[0];
      return code === undefined ? "#999" : COLOURS[code] ?? "#999";
    }
    function highlights() {
      if (high) return high;
      high = document.createElement("canvas");
      high.width = high.height = HIGH;
      const dots = high.getContext("2d"), dot = clamp(layout().cell * HIGH * 0.5, 3, 24);
      for (let i = 0; i < n; i++) if (matches[i]) {
        dots.fillStyle = colour(i);
        dots.fillRect(x[i] * HIGH - dot / 2, y[i] * HIGH - dot / 2, dot, dot);
      }
      return high;
    }
    function draw() {
      waiting = 0; frame++;
      if (moved) moved();
      look();
      paint.setTransform(ratio, 0, 0, ratio, 0, 0);
      paint.clearRect(0, 0, width, height);
      const left = width / 2 - view.x * view.scale, top = height / 2 - view.y * view.scale, special = matching < n || state.label !== "";
      if (count > data.limit) {
        const files = layout().overview, drawn = image(files[view.scale * ratio > 1400 && files[1] ? 1 : 0]) || image(files[0]);
        paint.globalAlpha = special ? 0.35 : 1;
        complete = Boolean(drawn);
        if (drawn) paint.drawImage(drawn, left, top, view.scale, view.scale);
        paint.globalAlpha = 1;
        if (special) paint.drawImage(highlights(), left, top, view.scale, view.scale);
      } else {
        complete = true;
        // First all copies, then all drawing: a canvas that is read and written in turns is copied whole each time.
        for (let k = 0; k < count; k++) spots[k] = place(seen[k]);
        const t = thumb(), framed = state.label !== "" ? clamp(t / 12, 1, 4) : 0;
        for (let k = 0; k < count; k++) {
          const i = seen[k], where = spots[k], w = (t * shapes[2 * i]) / 255, h = (t * shapes[2 * i + 1]) / 255;
          const a = px(i) - w / 2, b = py(i) - h / 2;
          complete &&= where >= 0;
          if (framed || where < 0) {
            paint.fillStyle = where < 0 && !framed ? "#8886" : colour(i);
            paint.fillRect(a - framed, b - framed, w + 2 * framed, h + 2 * framed);
          }
          if (where >= 0) paint.drawImage(pool, (where % across) * side, Math.floor(where / across) * side, side, side, a, b, w, h);
        }
      }
      const ink = getComputedStyle(canvas).color;
      paint.font = "12px system-ui, sans-serif";
      paint.fillStyle = ink;
      let last = -1e9, row = -1e9;
      for (const [text, mx, my] of layout().marks) {
        const a = left + mx * view.scale, b = top + my * view.scale - 4;
        if (a > width || b > height + 20 || b < 0 || a < -200 || (Math.abs(b - row) < 12 && a < last + 8)) continue;
        paint.fillText(text, a, b);
        last = a + paint.measureText(text).width; row = b;
      }
      if (chosen.size) ring(chosen, "#c04a26", 2);
      if (state.open >= 0) {
        const near = nearest(state.open);
        paint.strokeStyle = "#c04a26"; paint.lineWidth = 1.5; paint.beginPath();
        for (const i of near) { paint.moveTo(px(state.open), py(state.open)); paint.lineTo(px(i), py(i)); }
        paint.stroke();
        ring(near, "#a87900", 2); ring([state.open], "#c04a26", 3);
      }
      if (state.lasso) {
        paint.strokeStyle = "#c04a26"; paint.lineWidth = 2; paint.beginPath();
        for (const [a, b] of state.lasso) paint.lineTo((a - view.x) * view.scale + width / 2, (b - view.y) * view.scale + height / 2);
        paint.stroke();
      }
      if (document.activeElement === canvas) { paint.fillStyle = "#c04a26"; paint.fillRect(width / 2 - 8, height / 2, 16, 1); paint.fillRect(width / 2, height / 2 - 8, 1, 16); }
    }
    function ring(works, ink, thick) {
      paint.strokeStyle = ink; paint.lineWidth = thick;
      const t = thumb();
      for (const i of works) { const w = (t * shapes[2 * i]) / 255, h = (t * shapes[2 * i + 1]) / 255; paint.strokeRect(px(i) - w / 2, py(i) - h / 2, w, h); }
    }
    function redraw() {
      if (!waiting) waiting = requestAnimationFrame(draw);
      clearTimeout(idle);
      idle = setTimeout(tell, 250);
    }
    function tell() {
      const some = (k) => k.toLocaleString("en");
      $("[role=status]").textContent = `${some(n)} works; ${matching < n ? `${some(matching)} match; ` : ""}${some(count)} in view${count > data.limit ? ", too many to tell apart: zoom in" : ""}.`;
      const far = (i) => (x[i] - view.x) ** 2 + (y[i] - view.y) ** 2;
      const first = count > 4 * data.limit ? [...seen.subarray(0, LISTED)] : [...seen.subarray(0, count)].sort((a, b) => far(a) - far(b)).slice(0, LISTED);
      $(".artlib-map-list ol").replaceChildren(...first.map(button));
      if (data.standalone) {
        const kept = {layout: layout().name, x: view.x.toFixed(4), y: view.y.toFixed(4), zoom: (view.scale / whole()).toFixed(3), q: state.q};
        if (state.label !== "") kept.label = data.labels[state.label].name;
        if (state.value !== "") kept.value = data.labels[state.label].values[state.value];
        if (state.open >= 0) kept.work = texts("work_id", state.open);
        for (const name in kept) if (!kept[name]) delete kept[name];
        history.replaceState(null, "", `#${new URLSearchParams(kept)}`);
      }
    }
    const button = (i) => { const item = document.createElement("li"); item.append(element("button", line(i), {type: "button", onclick: () => open(i, true)})); return item; };

    // --- the view
    const whole = () => Math.min(width, height);
    function resize() {
      if (!canvas.clientWidth) return; // out of sight
      const old = whole();
      ({clientWidth: width, clientHeight: height} = canvas);
      ratio = Math.min(2, devicePixelRatio || 1);
      canvas.width = width * ratio; canvas.height = height * ratio;
      view.scale = (view.scale / old) * whole();
      redraw();
    }
    function zoom(factor, a = width / 2, b = height / 2) {
      const dx = (a - width / 2) / view.scale, dy = (b - height / 2) / view.scale, old = view.scale;
      view.scale = clamp(view.scale * factor, whole() * 0.7, whole() * Math.max(8, 2 * Math.sqrt(n)));
      view.x += dx * (1 - old / view.scale); view.y += dy * (1 - old / view.scale);
      redraw();
    }
    function pan(dx, dy) { view.x = clamp(view.x - dx / view.scale, 0, 1); view.y = clamp(view.y - dy / view.scale, 0, 1); redraw(); }
    function show(number) {
      const from = [x.slice(), y.slice()], began = performance.now(), quick = still || n > data.limit || frame < 2;
      state.layout = number; high = null;
      const at = layout().at;
      moved = () => {
        const t = quick ? 1 : clamp((performance.now() - began) / 500, 0, 1), e = t * t * (3 - 2 * t);
        for (let i = 0; i < n; i++) { x[i] = from[0][i] * (1 - e) + (at[2 * i] / 65535) * e; y[i] = from[1][i] * (1 - e) + (at[2 * i + 1] / 65535) * e; }
        if (t === 1) moved = null; else setTimeout(redraw);
      };
      if (quick) moved();
      $(".artlib-map-kept").textContent = layout().kept ? layout().kept + "." : "";
      if (state.open >= 0) open(state.open);
      redraw();
    }
    function filter() {
      const asked = plain(state.q.trim()).split(/\s+/).filter(Boolean), label = data.labels[state.label], value = state.value === "" ? -1 : +state.value;
      if (asked.length && !words && data.texts) words = Array.from({length: n}, (_, i) => plain(`${texts("title", i)} ${texts("artist", i)} ${texts("work_id", i)}`));
      matching = 0; high = null;
      for (let i = 0; i < n; i++) {
        const fits = (value < 0 || valuesOf(label, i).includes(value)) && (!asked.length || !words || asked.every((word) => words[i].includes(word)));
        matching += matches[i] = +fits;
      }
      look();
      if (matching && !count) reset(); // what was found is never out of sight
      redraw();
    }
    function legend() {
      const label = data.labels[state.label], list = $(".artlib-map-legend");
      list.hidden = !label;
      named("value").replaceChildren(element("option", "all", {value: ""}));
      if (!label) return list.replaceChildren();
      named("value").append(...label.values.map((text, k) => element("option", `${text} (${label.counts[k].toLocaleString("en")})`, {value: k})));
      list.replaceChildren(...label.values.slice(0, COLOURS.length).map((text, k) => {
        const item = element("li", text), swatch = document.createElement("i");
        swatch.style.background = COLOURS[k];
        item.prepend(swatch);
        return item;
      }));
      if (label.values.length > COLOURS.length) { const item = element("li", "others"), swatch = document.createElement("i"); swatch.style.background = "#999"; item.prepend(swatch); list.append(item); }
    }

    // --- one work
    const network = () => Math.max(0, layout().network);
    function nearest(i) {
      const table = data.near?.[network()];
      if (!table) return [];
      const near = (data.near[network()] = typeof table === "string" ? numbers(table, n < 65536 ? Uint16Array : Uint32Array) : table), k = near.length / n;
      return [...near.subarray(i * k, i * k + k)].filter((j) => j < n);
    }
    function onPlane(i, most) {
      const at = layout().at, far = new Float64Array(n);
      for (let j = 0; j < n; j++) far[j] = (at[2 * j] - at[2 * i]) ** 2 + (at[2 * j + 1] - at[2 * i + 1]) ** 2;
      far[i] = Infinity;
      const own = texts("work_id", i);
      for (let j = 0; j < n; j++) if (own && j !== i && texts("work_id", j) === own) far[j] = Infinity;
      const limit = far.slice().sort()[Math.min(most, n) - 1];
      return new Set([...Array(n).keys()].filter((j) => far[j] <= limit));
    }
    function open(i, centre = false) {
      state.open = i;
      if (centre) { view.x = x[i]; view.y = y[i]; view.scale = Math.max(view.scale, clamp(40 / layout().cell, whole(), whole() * Math.sqrt(n))); }
      const box = $(".artlib-map-work"), list = box.querySelector("dl");
      box.hidden = false;
      Object.assign(box.querySelector("h3"), {textContent: title(i), dir: "auto"});
      const facts = [["artist", texts("artist", i)], ["date", texts("date_text", i)], ["id", texts("work_id", i)]];
      for (const label of data.labels) if (label.name !== "artist") facts.push([label.name, valuesOf(label, i).map((k) => label.values[k]).join("; ")]);
      for (const [name, column] of Object.entries(data.credits || {})) { column.of ||= numbers(column.codes, column.values.length < 32768 ? Int16Array : Int32Array); facts.push([name, column.values[column.of[i]]]); }
      list.replaceChildren(...facts.filter(([, text]) => text).flatMap(([name, text]) => [element("dt", name), element("dd", text)]));
      const url = texts("url", i);
      if (/^https?:\/\//.test(url)) { const cell = document.createElement("dd"); cell.append(element("a", url, {href: url, rel: "noreferrer"})); list.append(element("dt", "page"), cell); }
      const near = nearest(i), plane = near.length ? onPlane(i, near.length) : new Set(), both = near.filter((j) => plane.has(j));
      box.querySelector("h4").textContent = near.length ? `Its ${near.length} true neighbours under “${data.networks[network()]}”; ${both.length} of them are near on this plane too` : "";
      box.querySelector("ol").replaceChildren(...near.map((j) => { const item = button(j); if (plane.has(j)) item.append(" (near here too)"); return item; }));
      named("add").textContent = chosen.has(i) ? "Remove from the selection" : "Add to the selection";
      larger(i);
      if (centre) box.querySelector("h3").focus({preventScroll: false});
      redraw();
    }
    function larger(i) {
      const big = $(".artlib-map-work > canvas"), ink = big.getContext("2d"), w = (192 * shapes[2 * i]) / 255, h = (192 * shapes[2 * i + 1]) / 255;
      const form = data.large || data.sheets, sheet = image(form.files[Math.floor(i / form.each)], 32), k = i % form.each;
      ink.clearRect(0, 0, 192, 192);
      if (!sheet) return setTimeout(() => state.open === i && larger(i), 60);
      ink.drawImage(sheet, (k % form.across) * form.side, Math.floor(k / form.across) * form.side, form.side, form.side, 0, 0, w, h);
    }
    function close() { state.open = -1; $(".artlib-map-work").hidden = true; canvas.focus(); redraw(); }
    function under(a, b) {
      let best = -1, least = Infinity;
      for (let k = 0; k < count; k++) { const d = (px(seen[k]) - a) ** 2 + (py(seen[k]) - b) ** 2; if (d < least) [best, least] = [seen[k], d]; }
      return best;
    }

    // --- the selection
    function select(works, value = true) { for (const i of works) value ? chosen.add(i) : chosen.delete(i); report(); }
    function report() {
      const ids = [...new Set([...chosen].map((i) => texts("work_id", i)))], name = named("named").value.trim();
      $(".artlib-map-selection summary span").textContent = chosen.size.toLocaleString("en");
      $("textarea").value = name ? `works.mark(pictures.works, ${JSON.stringify(name)}, ${JSON.stringify(ids)})` : `works.select(pictures.works, ${JSON.stringify(ids)})`;
      put = ids;
      redraw();
    }
    async function copy(text) {
      try { await navigator.clipboard.writeText(text); } catch {
        const area = $("textarea"), held = area.value;
        area.value = text; area.select(); document.execCommand("copy"); area.value = held;
      }
      clearTimeout(idle); // what was done is said until the map moves
      $("[role=status]").textContent = `Copied: ${chosen.size} works.`;
    }
    function inside(polygon) {
      return [...Array(n).keys()].filter((i) => {
        let odd = false;
        for (let k = 0, l = polygon.length - 1; matches[i] && k < polygon.length; l = k++) {
          const [a, b] = polygon[k], [c, d] = polygon[l];
          if (b > y[i] !== d > y[i] && x[i] < ((c - a) * (y[i] - b)) / (d - b) + a) odd = !odd;
        }
        return odd;
      });
    }

    // --- what a reader does
    const fingers = new Map();
    let dragged = 0;
    const spot = (event) => { const box = canvas.getBoundingClientRect(); return [event.clientX - box.left - 1, event.clientY - box.top - 1]; };
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId); canvas.focus({preventScroll: true});
      fingers.set(event.pointerId, spot(event)); dragged = 0;
      if (state.drawing || event.shiftKey) state.lasso = [];
    });
    canvas.addEventListener("pointermove", (event) => {
      const old = fingers.get(event.pointerId), now = spot(event);
      if (!old) return;
      fingers.set(event.pointerId, now); dragged += Math.hypot(now[0] - old[0], now[1] - old[1]);
      if (state.lasso) { state.lasso.push([(now[0] - width / 2) / view.scale + view.x, (now[1] - height / 2) / view.scale + view.y]); return redraw(); }
      if (fingers.size === 2) { const [other] = [...fingers].filter(([id]) => id !== event.pointerId).map(([, at]) => at); zoom(Math.hypot(now[0] - other[0], now[1] - other[1]) / Math.max(1, Math.hypot(old[0] - other[0], old[1] - other[1])), (now[0] + other[0]) / 2, (now[1] + other[1]) / 2); }
      pan((now[0] - old[0]) / fingers.size, (now[1] - old[1]) / fingers.size);
    });
    for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, (event) => {
      fingers.delete(event.pointerId);
      if (state.lasso) { select(inside(state.lasso)); state.lasso = null; $(".artlib-map-selection").open = true; } else if (end === "pointerup" && dragged < 5 && under(...spot(event)) >= 0) open(under(...spot(event)));
      redraw();
    });
    canvas.addEventListener("wheel", (event) => {
      if (!data.standalone && document.activeElement !== canvas) return; // a page scrolls on until the map is chosen
      event.preventDefault(); zoom(Math.exp(-event.deltaY / 500), ...spot(event));
    }, {passive: false});
    canvas.addEventListener("keydown", (event) => {
      const step = whole() / 6, middle = () => under(width / 2, height / 2);
      const act = {ArrowLeft: () => pan(step, 0), ArrowRight: () => pan(-step, 0), ArrowUp: () => pan(0, step), ArrowDown: () => pan(0, -step), "+": () => zoom(1.5), "=": () => zoom(1.5), "-": () => zoom(1 / 1.5), 0: reset,
        Enter: () => middle() >= 0 && open(middle(), true), s: () => { const i = state.open >= 0 ? state.open : middle(); if (i >= 0) select([i], !chosen.has(i)); }}[event.key];
      if (act && !event.ctrlKey && !event.metaKey) { event.preventDefault(); act(); }
    });
    root.addEventListener("keydown", (event) => event.key === "Escape" && state.open >= 0 && close());
    for (const change of ["focus", "blur"]) canvas.addEventListener(change, redraw);
    function reset() { Object.assign(view, {x: 0.5, y: 0.5, scale: whole() * 0.98}); redraw(); }
    $("form").addEventListener("submit", (event) => event.preventDefault());
    named("layout").addEventListener("change", (event) => show(+event.target.value));
    named("label").addEventListener("change", (event) => { state.label = event.target.value; state.value = ""; legend(); filter(); });
    named("value").addEventListener("change", (event) => { state.value = event.target.value; filter(); });
    named("q").addEventListener("input", (event) => { state.q = event.target.value; filter(); if (state.q) $(".artlib-map-list").open = true; });
    named("named").addEventListener("input", report);
    const acts = {in: () => zoom(1.5), out: () => zoom(1 / 1.5), whole: reset, close, clear: () => { chosen.clear(); report(); }, copy: () => copy($("textarea").value), ids: () => copy(put.join("\n")),
      add: () => { select([state.open], !chosen.has(state.open)); open(state.open); }, matching: () => select([...Array(n).keys()].filter((i) => matches[i])),
      lasso: (event) => { state.drawing = !state.drawing; event.target.setAttribute("aria-pressed", state.drawing); }};
    for (const name in acts) named(name).addEventListener("click", acts[name]);

    // --- begin, where an address says how
    function recall() {
      const kept = new URLSearchParams(data.standalone ? location.hash.slice(1) : ""), index = (list, text) => list.findIndex((one) => (one.name ?? one) === text);
      const number = Math.max(0, index(data.layouts, kept.get("layout"))), label = index(data.labels, kept.get("label"));
      named("layout").value = number;
      state.q = named("q").value = kept.get("q") || "";
      if (label >= 0) {
        named("label").value = state.label = String(label); legend();
        const value = data.labels[label].values.indexOf(kept.get("value"));
        if (value >= 0) named("value").value = state.value = String(value);
      }
      show(number); filter(); reset();
      if (kept.has("x")) Object.assign(view, {x: +kept.get("x"), y: +kept.get("y"), scale: whole() * clamp(+kept.get("zoom") || 1, 0.7, 1000)});
      return kept.get("work");
    }
    function part(more) {
      data.near = {...data.near, ...more.near};
      Object.assign(data, {texts: more.texts || data.texts, credits: more.credits || data.credits});
      if (more.texts) { filter(); report(); const i = wanted ? data.texts.work_id.indexOf(wanted) : -1; if (i >= 0) open(i); }
      if (state.open >= 0) open(state.open);
      redraw();
    }
    canvas.hidden = false; $(".artlib-map-plane img").hidden = true; $("form").hidden = false;
    new ResizeObserver(resize).observe(canvas);
    resize();
    const wanted = recall();
    addEventListener("hashchange", recall);
    if (data.standalone) {
      window.artlibMapPart = part;
      const files = ["works.js", ...data.networks.map((_, k) => `near-${k}.js`)];
      setTimeout(() => { for (const src of files) document.body.append(Object.assign(document.createElement("script"), {src})); }, 50);
    } else report();
    root.artlibMap = {view, pan, zoom, draw, count: () => count, drawn: () => complete};
  }

  for (const root of document.querySelectorAll("section.artlib-map:not([data-ready])")) {
    root.dataset.ready = "";
    const held = root.querySelector("script[type='application/json']");
    start(root, held ? JSON.parse(held.textContent) : window.artlibMapData);
  }
})();
