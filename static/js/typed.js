// What is typed survives a change of the language, or a way to the preferences and back. It is kept
// in this tab while the page is loaded again, put back, and forgotten by whatever page comes next.
// Only what was changed is kept, with what stood there before: where a colleague has saved something
// else since, theirs stays. A tick or a number that confirms something answers the page it is on,
// and is never kept (data-not-kept).
(function () {
  const dialog = document.getElementById("here");
  const user = dialog?.dataset.user || "";
  const here = () => location.pathname + location.search;
  const NEVER = "[type=password], [type=file], [type=hidden], [autocomplete~=one-time-code], [data-not-kept]";
  const main = document.getElementById("main");

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
  const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);
  const valuesOf = (options) => [...options].map((option) => option.value);

  function valueOf(field) {
    if (isTick(field)) return field.checked;
    return field.tagName === "SELECT" ? valuesOf(field.selectedOptions) : field.value;
  }

  // What the server has put there.
  function defaultOf(field) {
    if (isTick(field)) return field.defaultChecked;
    if (field.tagName !== "SELECT") return field.defaultValue;
    const chosen = [...field.options].filter((option) => option.defaultSelected);
    const first = field.multiple ? [] : [...field.options].slice(0, 1);
    return valuesOf(chosen.length ? chosen : first);
  }

  // Of several that exclude each other, the one that the server has put there counts.
  function savedOf(field) {
    if (field.type !== "radio") return defaultOf(field);
    return valuesOf([...field.form.elements].filter((one) => one.type === "radio" && one.name === field.name && one.defaultChecked));
  }

  // A form with a version is refused by the server when somebody else has saved, and shows both.
  const versionOf = (field) => field.form.querySelector("[type=hidden][data-kept]");

  function put(field, value) {
    if (isTick(field)) field.checked = value;
    else if (field.tagName === "SELECT") [...field.options].forEach((option) => (option.selected = value.includes(option.value)));
    else field.value = value;
  }

  // A day by whichever calendar it is typed: in ISO, with its time where it has one, or "" where that
  // is not known. Two calendars may read a day of a contact; the one that was ticked or picked counts.
  const isNative = (field) => ["date", "datetime-local"].includes(field.type);
  const isDay = (field) => isNative(field) || field.matches("[data-picks], .typed-day > input");
  const pickedFor = (field) => document.getElementById(`${field.id}_picked`);

  function dayOf(field) {
    if (!isDay(field) || isNative(field)) return isNative(field) ? field.value : "";
    const picker = document.getElementById("day-picker");
    const picked = pickedFor(field);
    if (!picked) return picker?.isoIn?.(field.value) || "";
    const said = document.querySelector(`#${CSS.escape(field.id)}_reading [data-of]`);
    const ticked = said?.querySelector("input:checked");
    if (said && said.dataset.of === field.value.trim() && (ticked || said.dataset.iso)) return ticked?.value || said.dataset.iso;
    return picked.value && picker?.mayBe?.(field.value, picked.value) ? picked.value : "";
  }

  function savedDayOf(field) {
    if (!isDay(field)) return "";
    if (isNative(field) || pickedFor(field)) return field.dataset.iso || field.defaultValue;
    return document.getElementById("day-picker")?.isoIn?.(field.defaultValue) || field.defaultValue;
  }

  function read() {
    try {
      const kept = JSON.parse(sessionStorage.getItem("typed"));
      return kept && kept.user === user ? kept.pages : [];
    } catch {
      return [];
    }
  }

  // What is too much for the tab is left out, the longest first.
  function write(pages) {
    for (;;) {
      if (!pages.length) return sessionStorage.removeItem("typed");
      try {
        return sessionStorage.setItem("typed", JSON.stringify({ user, pages }));
      } catch {
        const length = (one) => JSON.stringify(one).length;
        const [longest] = pages.flatMap((page) => page.typed).sort((one, other) => length(other) - length(one));
        pages = pages.map((page) => ({ ...page, typed: page.typed.filter((one) => one !== longest) }));
        pages = pages.filter((page) => page.typed.length);
      }
    }
  }

  // `by` is a page on the way there and back. A page that shows again what was posted has that
  // from her, and not from what is saved.
  function keep(by) {
    const isPosted = main.hasAttribute("data-posted");
    const typed = fields()
      .filter(([, field]) => (isPosted ? field.type !== "radio" || field.checked : isChanged(field)))
      .map(([name, field]) => {
        const version = versionOf(field);
        const days = { day: dayOf(field), savedDay: savedDayOf(field) };
        return { name, type: field.type, value: valueOf(field), was: isPosted ? null : savedOf(field), version: version && version.value, ...days };
      });
    typed.push(...lost.filter((one) => !typed.some(({ name }) => name === one.name)));
    const others = read().filter((page) => page.address !== here());
    write(typed.length ? [...others, { address: here(), by, typed }] : others);
  }

  function isChanged(field) {
    if (field.type === "radio" && !field.checked) return false;
    return !same(valueOf(field), defaultOf(field));
  }

  function isOfNow(field, kept) {
    if (kept.was === null || kept.version || same(kept.was, savedOf(field))) return true;
    return isDay(field) && kept.savedDay === savedDayOf(field);
  }

  // A browser's own field shows a day in ISO alone: what could not be read is said beside it, and
  // kept for the other calendar.
  let lost = [];
  function sayLost(field, kept) {
    const line = Object.assign(document.createElement("p"), { className: "form-text typed-again", id: `${field.id}_again` });
    line.setAttribute("role", "status");
    (field.closest(".when") || field).after(line);
    line.textContent = dialog.dataset.dayAgain.replace("{text}", () => kept.value);
    const gone = () => {
      line.remove();
      lost = lost.filter((one) => one !== kept);
    };
    field.addEventListener("input", gone, { once: true });
    lost.push(kept);
  }

  function fits(field, day) {
    const probe = Object.assign(document.createElement("input"), { type: field.type, value: day });
    return Boolean(probe.value);
  }

  function putDay(field, kept) {
    if (!isNative(field)) put(field, kept.value);
    else if (!kept.value || fits(field, kept.day)) put(field, kept.value && kept.day);
    else return sayLost(field, kept);
    const picked = pickedFor(field);
    if (picked) picked.value = kept.day;
  }

  function putBack(typed) {
    const found = Object.fromEntries(typed.map((kept) => [kept.name, kept]));
    const changed = fields().filter(([name, field]) => {
      const kept = found[name];
      const isOfItsKind = kept && (isDay(field) || [kept.type, "text"].includes(field.type));
      if (!isOfItsKind || !isOfNow(field, kept)) return false;
      const before = valueOf(field);
      if (isDay(field)) putDay(field, kept);
      else put(field, kept.value);
      const version = versionOf(field);
      if (version && kept.version) version.value = kept.version;
      return !same(valueOf(field), before);
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
