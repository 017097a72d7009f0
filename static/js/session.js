// Who sits in front of the page: a warning before someone is signed out for doing nothing, and
// signing in or confirming within the page, so that what is typed on it survives.
(function () {
  const dialog = document.getElementById("here");
  if (!dialog || !dialog.showModal) return;

  const { here, stay, signIn, confirm, user } = dialog.dataset;
  const parts = [...dialog.querySelectorAll("[data-part]")];
  const frame = dialog.querySelector("[data-frame]");
  const WARNING = 120; // seconds before the end
  const FRESH = 60; // seconds for which an answer is believed
  let timer = 0;
  let countdown = 0;
  let known = Date.now(); // when the server last said that someone is signed in
  let waiting = null; // what goes on when it is known who is here
  let isOut = false; // then nothing on the page asks for news: there is none for who is not signed in
  const bar = document.querySelector("[data-signed-out]");

  function show(part) {
    parts.forEach((each) => (each.hidden = each.dataset.part !== part));
    bar.hidden = true;
    if (!dialog.open) dialog.showModal();
  }

  function close() {
    clearInterval(countdown);
    if (dialog.open) dialog.close();
  }

  async function ask() {
    const response = await fetch(here, { headers: { Accept: "application/json" } });
    if (!response.ok) throw new Error(String(response.status));
    const told = await response.json();
    useToken(told.token);
    if (told.user === user) known = Date.now();
    setOut(told.user !== user);
    return told;
  }

  // Forms that came with the page had a token that signing in has made invalid.
  function useToken(token) {
    document.querySelectorAll("input[name=csrfmiddlewaretoken]").forEach((field) => (field.value = token));
    document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": token }));
  }

  function setOut(now) {
    isOut = now;
    if (!now) bar.hidden = true;
  }

  function wait(seconds) {
    clearTimeout(timer);
    timer = setTimeout(look, Math.max(1, seconds - WARNING) * 1000);
  }

  async function look() {
    let told;
    try {
      told = await ask();
    } catch {
      return wait(WARNING + FRESH); // no network: ask again in a minute
    }
    if (told.user !== user) return signedOut(told.user);
    if (told.seconds > WARNING) return wait(told.seconds);
    warn(told.seconds);
  }

  function warn(seconds) {
    const end = Date.now() + seconds * 1000;
    const left = dialog.querySelector("[data-left]");
    const tick = () => {
      const rest = Math.max(0, Math.ceil((end - Date.now()) / 1000));
      left.textContent = `${Math.floor(rest / 60)}:${String(rest % 60).padStart(2, "0")}`;
      if (rest === 0) {
        clearInterval(countdown);
        look();
      }
    };
    clearInterval(countdown);
    countdown = setInterval(tick, 1000);
    tick();
    show("warning");
  }

  function signedOut(other) {
    clearInterval(countdown);
    setOut(true);
    frame.textContent = "";
    if (other) return show("other");
    load(signIn);
    show("sign-in");
  }

  // The pages that ask are shown in the frame, step after step, and leave the address alone.
  function load(url, method = "GET", values = {}) {
    htmx.ajax(method, url, { target: frame, select: "#main > *", swap: "innerHTML", values });
  }
  frame.addEventListener("submit", (event) => {
    event.preventDefault();
    const form = event.target;
    load(form.getAttribute("action"), "POST", Object.fromEntries(new FormData(form, event.submitter)));
  });
  frame.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (link) link.target = "_blank";
  });
  frame.addEventListener("htmx:afterSettle", () => {
    const field = frame.querySelector("[autofocus], input:not([type=hidden])");
    if (field) field.focus();
  });

  dialog.querySelector("[data-stay]").addEventListener("click", async () => {
    const token = JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];
    const response = await fetch(stay, { method: "POST", headers: { "X-CSRFToken": token } });
    close();
    if (response.ok && !response.redirected) return wait((await response.json()).seconds);
    look();
  });
  dialog.querySelectorAll("[data-close]").forEach((button) =>
    button.addEventListener("click", () => {
      waiting = null;
      close();
    }),
  );
  dialog.addEventListener("cancel", () => (waiting = null));
  dialog.addEventListener("close", () => (bar.hidden = !isOut));
  bar.querySelector("[data-sign-in]").addEventListener("click", look);

  // The frame has come to its end: someone has signed in, or confirmed.
  document.addEventListener("here-again", async () => {
    const told = await ask();
    if (told.user !== user) return signedOut(told.user);
    close();
    wait(told.seconds);
    const goOn = waiting;
    waiting = null;
    if (goOn) return goOn();
    // What could not be saved or counted until now is so now.
    const field = document.querySelector("main textarea");
    if (field) field.dispatchEvent(new Event("input", { bubbles: true }));
  });

  // Said by every part of the page that asks in vain; once is enough.
  document.addEventListener("signed-out", () => {
    if (!dialog.open) signedOut("");
  });

  document.addEventListener("htmx:beforeRequest", (event) => {
    const trigger = event.detail.elt.getAttribute("hx-trigger") || "";
    if (isOut && trigger.startsWith("every ")) event.preventDefault();
  });
  // In another window they may have signed in, or out.
  function lookIfInFront() {
    const isOld = isOut || Date.now() - known >= FRESH * 1000;
    if (isOld && !document.hidden && !dialog.open) look();
  }
  document.addEventListener("visibilitychange", lookIfInFront);
  new BroadcastChannel("signed-out").addEventListener("message", () => {
    known = 0;
    lookIfInFront();
  });

  // Before a form goes off, it is made sure that it is not lost on a page that asks to sign in.
  const sure = new WeakSet();
  document.addEventListener(
    "submit",
    (event) => {
      const form = event.target;
      if (dialog.contains(form) || event.defaultPrevented || form.method !== "post") return;
      if (sure.has(form)) return sure.delete(form);
      const mustConfirm = form.hasAttribute("data-confirm");
      if (!mustConfirm && Date.now() - known < FRESH * 1000) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      const button = event.submitter;
      waiting = () => {
        form.removeAttribute("data-confirm");
        sure.add(form);
        form.requestSubmit(button);
      };
      ask()
        .then((told) => {
          if (told.user !== user) return signedOut(told.user);
          if (!mustConfirm) return waiting();
          frame.textContent = "";
          load(confirm);
          show("confirm");
        })
        .catch(() => waiting()); // the browser says what is wrong with the network
    },
    true,
  );

  wait(Number(dialog.dataset.seconds));
})();
