// A calendar of Bikram Sambat for fields with data-picks; without it the day is typed.
(function () {
  const dialog = document.getElementById("day-picker");
  if (!dialog || !dialog.showModal) return;

  const { lengths, opens, todayIs } = dialog.dataset;
  const firstYear = Number(dialog.dataset.firstYear);
  const [months, theirMonths, weekdays] = ["months", "theirMonths", "weekdays"].map((name) => dialog.dataset[name].split("|"));
  const heading = dialog.querySelector("h2");
  const years = dialog.querySelector("select");
  const body = dialog.querySelector("tbody");
  const both = dialog.querySelector(".day-picker-both");

  // Days are counted from the first one that is known; months too.
  const DAY = 24 * 60 * 60 * 1000;
  const begins = Date.parse(dialog.dataset.begins);
  const starts = [0];
  for (const more of lengths) starts.push(starts[starts.length - 1] + 29 + Number(more));
  const last = starts[starts.length - 1] - 1;
  const known = (day) => Math.min(Math.max(day, 0), last);
  const today = Math.round((Date.parse(dialog.dataset.today) - begins) / DAY);
  const monthOf = (day) => starts.findIndex((start) => start > day) - 1;
  const lengthOf = (month) => starts[month + 1] - starts[month];
  const gregorian = (day) => new Date(begins + day * DAY);

  function parts(day) {
    const month = monthOf(day);
    return { year: firstYear + Math.floor(month / 12), month: month % 12, day: day - starts[month] + 1 };
  }

  function inBoth(day) {
    const { year, month, day: number } = parts(day);
    const theirs = gregorian(day);
    const other = `${shown(theirs.getUTCDate())} ${theirMonths[theirs.getUTCMonth()]} ${shown(theirs.getUTCFullYear())}`;
    return `${shown(number)} ${months[month]} ${shown(year)} (${other})`;
  }

  const two = (figure) => String(figure).padStart(2, "0");
  const plainly = (text) => text.replace(/[०-९]/g, (digit) => String(digit.charCodeAt(0) - 0x966));
  const isoOf = (day) => gregorian(day).toISOString().slice(0, 10);

  // The digits of whoever looks; what stands in a field has 0 to 9.
  const shown = (number) => String(number).replace(/[0-9]/g, (digit) => dialog.dataset.digits[digit]);

  const pickedFor = (field) => document.getElementById(`${field.id}_picked`);

  function numbersIn(text) {
    const found = /^\s*([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})(?![0-9])/.exec(plainly(text));
    return found && found.slice(1).map(Number);
  }

  function dayBy([year, month, day]) {
    const index = (year - firstYear) * 12 + month - 1;
    if (month < 1 || month > 12 || index < 0 || index >= lengths.length || day < 1 || day > lengthOf(index)) return null;
    return starts[index] + day - 1;
  }

  function typed(field) {
    const numbers = numbersIn(field.value);
    const when = numbers && dayBy(numbers);
    if (when === null) return null;
    // Near today, else a year of the other calendar; a field that has _picked asks which it is.
    return pickedFor(field) || Math.abs(when - today) < 40 * 366 ? when : null;
  }

  // The day in ISO that a text says, with its time, for typed.js. A year that both calendars have is
  // of the one in which it is nearer to today, as the server reads it (typed_days.py).
  dialog.isoIn = (text) => {
    const numbers = numbersIn(text);
    if (!numbers) return "";
    const isTheirs = numbers[0] - gregorian(today).getUTCFullYear() <= 28;
    const day = isTheirs ? null : dayBy(numbers);
    const iso = isTheirs ? `${numbers[0]}-${two(numbers[1])}-${two(numbers[2])}` : day !== null && isoOf(day);
    const [, hour, minutes] = /[T,\s]\s*([0-9]{1,2}):([0-9]{2})\s*$/.exec(plainly(text)) || [];
    return iso && hour ? `${iso}T${two(hour)}:${minutes}` : iso || "";
  };
  // Whether a text that both calendars can say, may be this day.
  dialog.mayBe = (text, iso) => {
    const numbers = numbersIn(text);
    const day = numbers && dayBy(numbers);
    return Boolean(numbers) && ((day !== null && isoOf(day) === iso) || numbers.map(two).join("-") === iso);
  };

  let field = null;
  let chosen = null;
  let focused = 0;

  function button(day) {
    const one = document.createElement("button");
    one.type = "button";
    one.textContent = shown(parts(day).day);
    one.tabIndex = day === focused ? 0 : -1;
    one.dataset.day = day;
    const isToday = day === today;
    if (isToday) one.setAttribute("aria-current", "date");
    one.setAttribute("aria-label", `${weekdays[gregorian(day).getUTCDay()]}, ${inBoth(day)}${isToday ? `, ${todayIs}` : ""}`);
    return one;
  }

  function show() {
    const month = monthOf(focused);
    const year = firstYear + Math.floor(month / 12);
    // The year is seen in its field, and heard with the month.
    const heard = Object.assign(document.createElement("span"), { className: "visually-hidden", textContent: ` ${shown(year)}` });
    heading.replaceChildren(months[month % 12], heard);
    years.value = year;
    const first = starts[month] - gregorian(starts[month]).getUTCDay();
    const rows = [];
    for (let week = first; week < starts[month + 1]; week += 7) {
      const row = document.createElement("tr");
      for (let day = week; day < week + 7; day += 1) {
        const cell = document.createElement("td");
        cell.setAttribute("role", "gridcell");
        if (day >= starts[month] && day < starts[month + 1]) {
          cell.setAttribute("aria-selected", String(day === chosen));
          cell.append(button(day));
        }
        row.append(cell);
      }
      rows.push(row);
    }
    body.replaceChildren(...rows);
    both.textContent = inBoth(focused);
  }

  function go(day) {
    focused = known(day);
    show();
    body.querySelector('[tabindex="0"]').focus();
  }

  function turned(by) {
    const month = Math.min(Math.max(monthOf(focused) + by, 0), lengths.length - 1);
    return starts[month] + Math.min(parts(focused).day, lengthOf(month)) - 1;
  }

  function pick(day) {
    const { year, month, day: number } = parts(day);
    const [at = ""] = field.dataset.picks === "time" ? /[0-9०-९]{1,2}:[0-9०-९]{2}.*$/.exec(field.value) || [] : [];
    field.value = `${year}-${two(month + 1)}-${two(number)}${field.dataset.picks === "time" ? ` ${at}` : ""}`;
    const picked = pickedFor(field);
    if (picked) {
      picked.value = isoOf(day);
      document.getElementById(`${field.id}_reading`).replaceChildren();
    }
    dialog.close();
    field.focus(); // for a time, which is typed after the day
    ["input", "change"].forEach((name) => field.dispatchEvent(new Event(name, { bubbles: true })));
  }

  const MOVES = {
    ArrowLeft: () => focused - 1,
    ArrowRight: () => focused + 1,
    ArrowUp: () => focused - 7,
    ArrowDown: () => focused + 7,
    Home: () => focused - gregorian(focused).getUTCDay(),
    End: () => focused + 6 - gregorian(focused).getUTCDay(),
    PageUp: (event) => turned(event.shiftKey ? -12 : -1),
    PageDown: (event) => turned(event.shiftKey ? 12 : 1),
  };
  body.addEventListener("keydown", (event) => {
    const move = MOVES[event.key];
    if (!move) return;
    event.preventDefault();
    go(move(event));
  });
  body.addEventListener("click", (event) => {
    const one = event.target.closest("[data-day]");
    if (one) pick(Number(one.dataset.day));
  });
  dialog.querySelectorAll("[data-turns]").forEach((one) =>
    one.addEventListener("click", () => {
      focused = turned(Number(one.dataset.turns));
      show();
    }),
  );
  for (let year = firstYear; year < firstYear + lengths.length / 12; year += 1) years.append(new Option(shown(year), year));
  years.addEventListener("change", () => {
    focused = turned((Number(years.value) - parts(focused).year) * 12);
    show();
  });
  dialog.querySelector("[data-closes]").addEventListener("click", () => dialog.close());

  function open(of) {
    field = of;
    chosen = typed(field);
    dialog.showModal();
    go(chosen ?? today);
  }

  // Parts of a page are refreshed around a field that stays.
  function offer() {
    document.querySelectorAll("[data-picks]").forEach((of) => {
      if (of.nextElementSibling?.matches(".pick-day")) return;
      const one = document.createElement("button");
      one.type = "button";
      one.className = "btn btn-outline-secondary pick-day";
      one.textContent = opens;
      one.setAttribute("aria-haspopup", "dialog");
      const label = of.labels && of.labels[0];
      // Without the star that marks what is required.
      if (label) one.setAttribute("aria-label", `${opens}: ${label.firstChild.textContent.trim()}`);
      one.addEventListener("click", () => open(of));
      of.after(one);
    });
  }
  offer();
  document.addEventListener("htmx:load", offer);
})();
