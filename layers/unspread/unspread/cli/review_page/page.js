// The reviewers' page. It keeps nothing: the token lives in the address, a picture only while it is shown.
const token = location.hash.slice(1);
const by = (id) => document.getElementById(id);
const KEYS = { c: "confirm", r: "release", a: "approve", e: "escalate", h: "hold" };
const ASKED_FOR = 5000;
let reviews = [];
let chosen = 0;
let asked = null;
let picture = null;
let seconds = 0;

async function call(path, body) {
  const more = body ? { method: "POST", body: JSON.stringify(body) } : {};
  const answer = await fetch(path, { ...more, headers: { "X-Token": token }, cache: "no-store" });
  if (!answer.ok) throw new Error((await answer.json()).detail);
  return answer;
}

function say(text) {
  by("state").textContent = text;
}

function guarded(action) {
  return async (...given) => {
    try {
      await action(...given);
    } catch (error) {
      say(error.message);
    }
  };
}

const hours = (left) => (left < 0 ? `${Math.ceil(-left / 3600)} h too late` : `${Math.floor(left / 3600)} h left`);

async function load() {
  reviews = (await (await call("api/reviews")).json()).reviews;
  chosen = Math.min(chosen, Math.max(0, reviews.length - 1));
  say(reviews.length === 0 ? "Nothing waits for a person." : `${reviews.length} open`);
  draw();
}

function draw() {
  by("list").replaceChildren(
    ...reviews.map((review, at) => {
      const item = document.createElement("li");
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = `${review.verdict}, ${review.category ?? "unknown"}: ${hours(review.left)}${review.escalated ? ", escalated" : ""}`;
      button.classList.toggle("late", review.left < 8 * 3600);
      button.setAttribute("aria-current", String(at === chosen));
      button.onclick = guarded(() => choose(at));
      item.append(button);
      return item;
    }),
  );
  const review = reviews[chosen];
  by("review").hidden = !review;
  if (!review) return;
  const facts = {
    Verdict: `${review.verdict}, by ${review.kind ?? "nothing any longer"} at distance ${review.distance ?? "unknown"}`,
    Category: review.category ?? "unknown",
    Since: `${review.since} (${hours(review.left)})`,
    Object: `s3://${review.bucket}/${review.key}`,
    Version: review.version,
    Size: `${review.size.toLocaleString()} bytes`,
    Done: review.action || "nothing was done yet",
    Said: review.votes.map((vote) => `${vote.decision} by ${vote.who}`).join("; ") || "nothing yet",
    Held: review.hold ? "yes, the copy may not be deleted" : "no",
  };
  by("facts").replaceChildren(
    ...Object.entries(facts).flatMap(([name, value]) => {
      const [term, text] = [document.createElement("dt"), document.createElement("dd")];
      term.textContent = name;
      text.textContent = value;
      return [term, text];
    }),
  );
}

async function choose(at) {
  await hide();
  chosen = Math.max(0, Math.min(reviews.length - 1, at));
  asked = null;
  by("note").value = "";
  draw();
}

async function show(clear) {
  const review = reviews[chosen];
  if (!review) return;
  await hide();
  const answer = await call(`api/picture/${review.id}${clear ? "?clear=1" : ""}`);
  const image = new Image();
  image.alt = clear ? "the picture, in grey" : "the picture, blurred and in grey";
  image.src = URL.createObjectURL(await answer.blob());
  picture = { id: review.id, image, tick: setInterval(count, 1000) };
  by("frame").replaceChildren(image);
  by("clear").hidden = clear;
  by("hide").hidden = false;
}

function count() {
  seconds += 1;
  by("exposure").textContent = `${seconds} s`;
}

async function hide() {
  if (!picture) return;
  const { id, image, tick } = picture;
  picture = null;
  clearInterval(tick);
  URL.revokeObjectURL(image.src);
  const text = document.createElement("p");
  text.textContent = "The picture is not shown. Press V for a blurred, grey view.";
  by("frame").replaceChildren(text);
  by("clear").hidden = true;
  by("hide").hidden = true;
  await call("api/hide", { id });
}

async function decide(decision) {
  const review = reviews[chosen];
  if (!review) return;
  const button = document.querySelector(`[data-decision="${decision}"]`);
  if (!asked || asked.decision !== decision || asked.id !== review.id) {
    asked = { decision, id: review.id };
    button.classList.add("asked");
    say(`Press again to ${decision}.`);
    setTimeout(() => {
      button.classList.remove("asked");
      if (asked?.decision === decision) asked = null;
    }, ASKED_FOR);
    return;
  }
  asked = null;
  button.classList.remove("asked");
  await hide();
  const note = by("note").value;
  await call("api/decide", { id: review.id, decision, note });
  by("note").value = "";
  await load();
}

document.addEventListener(
  "keydown",
  guarded(async (event) => {
    if (event.key === "Escape") return hide();
    if (event.target instanceof HTMLInputElement || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    const key = event.key.toLowerCase();
    if (key === "j") await choose(chosen + 1);
    else if (key === "k") await choose(chosen - 1);
    else if (key === "v") await show(false);
    else if (key === "u" && picture) await show(true);
    else if (KEYS[key]) await decide(KEYS[key]);
  }),
);
document.addEventListener("visibilitychange", guarded(async () => document.hidden && hide()));
for (const button of document.querySelectorAll("[data-decision]")) button.onclick = guarded(() => decide(button.dataset.decision));
by("view").onclick = guarded(() => show(false));
by("clear").onclick = guarded(() => show(true));
by("hide").onclick = guarded(hide);
guarded(load)();
