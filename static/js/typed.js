// What is typed survives a change of the language, or a way to the preferences and back. It is kept
// in this tab while the page is loaded again, put back, and forgotten by whatever page comes next.
(function () {
  const user = document.getElementById("here")?.dataset.user || "";
  const here = () => location.pathname + location.search;
  const NEVER = "[type=password], [type=file], [type=hidden]:not([data-kept]), [autocomplete~=one-time-code]";

  // Every field with the name by which it is found again; a draft keeps its own (data-drafts).
  function fields() {
    const seen = {};
    return [...document.querySelectorAll("main form[method=post]")].flatMap((form) => {
      const drafted = (form.dataset.drafts || "").split(" ");
      const typed = [...form.elements].filter(
        (field) => field.name && field.matches("input, select, textarea") && !field.matches(NEVER) && !drafted.includes(field.name),
      );
      return typed.map((field) => {
        const name = [form.getAttribute("action") || "", field.name, isTick(field) ? field.value : ""].join(" ");
        seen[name] = (seen[name] || 0) + 1;
        return [`${name} ${seen[name]}`, field];
      });
    });
  }

  const isTick = (field) => ["checkbox", "radio"].includes(field.type);

  function valueOf(field) {
    if (isTick(field)) return field.checked;
    return field.tagName === "SELECT" ? [...field.selectedOptions].map((option) => option.value) : field.value;
  }

  function put(field, value) {
    if (isTick(field)) field.checked = value;
    else if (field.tagName === "SELECT") [...field.options].forEach((option) => (option.selected = value.includes(option.value)));
    else field.value = value;
  }

  function read() {
    try {
      const kept = JSON.parse(sessionStorage.getItem("typed"));
      return kept && kept.user === user ? kept.pages : [];
    } catch {
      return [];
    }
  }

  function write(pages) {
    if (!pages.length) return sessionStorage.removeItem("typed");
    sessionStorage.setItem("typed", JSON.stringify({ user, pages }));
  }

  // `by` is a page on the way there and back.
  function keep(by) {
    const typed = fields().map(([name, field]) => [name, field.type, valueOf(field)]);
    write([...read().filter((page) => page.address !== here()), { address: here(), by, typed }]);
  }

  function putBack(typed) {
    const kept = Object.fromEntries(typed.map(([name, type, value]) => [name, { type, value }]));
    const changed = fields().filter(([name, field]) => {
      // What was typed by the other calendar is no day of a browser's own field.
      if (!kept[name] || ![kept[name].type, "text"].includes(field.type)) return false;
      const before = JSON.stringify(valueOf(field));
      put(field, kept[name].value);
      return JSON.stringify(valueOf(field)) !== before;
    });
    changed.forEach(([, field]) => {
      const fold = field.closest("details");
      if (fold) fold.open = true;
      ["input", "change"].forEach((name) => field.dispatchEvent(new Event(name, { bubbles: true })));
    });
  }

  document.addEventListener("submit", (event) => {
    if (event.target.matches("[data-leads-back]") && !event.defaultPrevented) keep("");
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-leads-back]");
    const isHere = !event.defaultPrevented && !event.ctrlKey && !event.metaKey && !event.shiftKey;
    if (link && isHere) keep(link.pathname);
  });
  window.addEventListener("pageshow", (event) => {
    const pages = read();
    const mine = pages.find((page) => page.address === here());
    const others = pages.filter((page) => page !== mine);
    write(others.some((page) => page.by === location.pathname) ? others : []);
    if (mine && !event.persisted) putBack(mine.typed); // a page that was only hidden still has it all
  });
})();
