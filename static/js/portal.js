// What makes pages nicer; every one of them works without it.
(function () {
  const themeButtons = document.querySelectorAll("[data-theme]");

  function showTheme() {
    themeButtons.forEach((button) => {
      button.setAttribute("aria-pressed", String(button.dataset.theme === window.portalTheme.wish()));
    });
  }

  themeButtons.forEach((button) => {
    button.addEventListener("click", () => {
      try {
        localStorage.setItem("theme", button.dataset.theme);
      } catch {
        return; // a browser that keeps nothing keeps following the system
      }
      window.portalTheme.apply();
      showTheme();
    });
  });
  showTheme();

  // The user menu closes like any menu: by Escape and by a click elsewhere.
  const userMenu = document.querySelector(".user-menu");
  document.addEventListener("click", (event) => {
    if (userMenu && !userMenu.contains(event.target)) userMenu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && userMenu && userMenu.open) {
      userMenu.open = false;
      userMenu.querySelector("summary").focus();
    }
  });

  // A button that fills a field with a value that many choose.
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-fills]");
    if (!button) return;
    const field = document.getElementById(button.dataset.fills);
    field.value = button.dataset.value;
    field.classList.remove("is-invalid"); // what was wrong with the time before
    document.getElementById(field.getAttribute("aria-describedby"))?.remove();
    field.focus();
  });

  // A form that takes what was typed in another one along, so that it is still there afterwards.
  document.addEventListener("submit", (event) => {
    const typed = document.getElementById(event.target.dataset.takes);
    if (!typed) return;
    const along = Object.assign(document.createElement("input"), { type: "hidden", name: typed.name, value: typed.value });
    event.target.append(along);
  });

  // A form or a link that comes back to where it is, whose address may have changed since.
  const andBack = (address) => `${address.split("?")[0]}?next=${encodeURIComponent(location.pathname + location.search)}`;
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.matches("[data-leads-back]")) form.action = andBack(form.getAttribute("action"));
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-leads-back]");
    if (link) link.href = andBack(link.getAttribute("href"));
  });

  // "Select all on this page": a box with data-selects="name" ticks every box of that name.
  function selectAll(all) {
    const boxes = () => [...all.form.querySelectorAll(`input[name="${all.dataset.selects}"]`)];
    const show = () => {
      const ticked = boxes().filter((box) => box.checked).length;
      all.checked = ticked > 0 && ticked === boxes().length;
      all.indeterminate = ticked > 0 && !all.checked;
    };
    all.addEventListener("change", () => boxes().forEach((box) => (box.checked = all.checked)));
    all.form.addEventListener("change", show);
    show();
  }
  document.querySelectorAll("[data-selects]").forEach(selectAll);
  document.addEventListener("htmx:load", (event) => {
    if (event.target !== document.body) event.target.querySelectorAll("[data-selects]").forEach(selectAll);
  });

  // "Copy" puts what stands somewhere into the clipboard, "Save" into a file, "Print" on paper.
  function textOf(source) {
    const text = source.value || source.innerText;
    return source.dataset.title ? `${source.dataset.title}\n\n${text}` : text;
  }

  async function copy(source) {
    try {
      await navigator.clipboard.writeText(textOf(source)); // browsers have it over https alone
      return true;
    } catch {
      if (source.select) source.select();
      else getSelection().selectAllChildren(source); // so that it can be copied by hand at least
      return document.execCommand("copy");
    }
  }
  document.querySelectorAll("[data-copy-from]").forEach((button) => {
    const source = document.getElementById(button.dataset.copyFrom);
    const status = document.getElementById(button.dataset.says);
    button.addEventListener("click", async () => {
      status.textContent = ""; // so that it is said each time
      const isCopied = await copy(source);
      status.textContent = isCopied ? button.dataset.copied : button.dataset.notCopied;
    });
  });
  document.querySelectorAll("[data-save-from]").forEach((button) => {
    button.addEventListener("click", () => {
      const text = textOf(document.getElementById(button.dataset.saveFrom));
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([`${text}\n`], { type: "text/plain" }));
      link.download = button.dataset.saveAs;
      link.click();
      URL.revokeObjectURL(link.href);
    });
  });
  document.querySelectorAll("[data-print]").forEach((button) => {
    button.addEventListener("click", () => window.print());
  });

  // A page for who is not signed in: the other windows ask whether they still are (session.js).
  if (!document.getElementById("here")) new BroadcastChannel("signed-out").postMessage("");

  // Work that takes several requests goes on without a click.
  const goesOn = document.querySelector("form[data-goes-on]");
  if (goesOn) goesOn.requestSubmit();

  // A file that is too large is not sent at all, so that the form stays as it is.
  document.querySelectorAll("input[data-most-bytes]").forEach((input) => {
    const isSmallEnough = () => {
      const [file] = input.files;
      const isTooLarge = file && file.size > Number(input.dataset.mostBytes);
      input.setCustomValidity(isTooLarge ? input.dataset.tooLarge : "");
      return input.reportValidity();
    };
    input.addEventListener("change", isSmallEnough);
    input.form.addEventListener("submit", (event) => {
      if (!isSmallEnough()) event.preventDefault();
    });
  });

  // A field that asks for a day gives way to one that asks for a text, but not to its like: someone
  // may be typing there.
  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    const { target, fragment } = event.detail;
    const asksForADay = (part) => Boolean(part.querySelector(".typed-day"));
    if (target.id === "filter-value" && asksForADay(target) === asksForADay(fragment)) event.detail.shouldSwap = false;
  });

  // What was unfolded stays so when its part of the page is refreshed.
  let unfolded = [];
  document.addEventListener("htmx:beforeSwap", (event) => {
    unfolded = [...event.detail.target.querySelectorAll("details[open][id]")].map((fold) => fold.id);
  });
  document.addEventListener("htmx:afterSettle", () => {
    unfolded.forEach((id) => {
      const fold = document.getElementById(id);
      if (fold) fold.open = true;
    });
    unfolded = [];
  });

  // What went wrong is read first: the summary of a form's errors takes the focus.
  const errors = document.querySelector(".error-summary");
  if (errors) errors.focus();
})();
