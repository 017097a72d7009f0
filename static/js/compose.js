// What makes the compose form nicer; it works without it.
(function () {
  // A button with data-inserts writes it where the cursor is.
  document.querySelectorAll("[data-inserts]").forEach((button) => {
    button.addEventListener("click", (event) => {
      event.preventDefault(); // without scripts it submits the form
      const area = document.querySelector(button.dataset.into);
      const template = document.querySelector(button.dataset.template || "#none");
      if (template) template.value = button.value;
      area.setRangeText(button.dataset.inserts, area.selectionStart, area.selectionEnd, "end");
      area.focus();
      area.dispatchEvent(new Event("input", { bubbles: true }));
    });
  });

  // A button with data-replaces puts other words there, if they are still the ones it knows.
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-replaces]");
    const area = button && document.querySelector(button.dataset.replaces);
    if (!area || area.value.trim() !== button.dataset.from) return; // then the server does it
    event.preventDefault();
    area.value = button.dataset.by;
    area.focus();
    area.dispatchEvent(new Event("input", { bubbles: true }));
  });

  // Enter in a field that has a button of its own presses that, and not the form's first one.
  document.querySelectorAll("[data-enter]").forEach((field) => {
    field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      document.querySelector(field.dataset.enter).click();
    });
  });

  // What was typed in the last moment before the page is left is saved, too.
  const form = document.getElementById("compose-form");
  if (form) {
    // A button that only helps has changed the form and saved nothing.
    let isSaved = !form.hasAttribute("data-unsaved");
    if (!isSaved) {
      window.addEventListener("load", () => form.dispatchEvent(new Event("change", { bubbles: true })));
    }
    const typed = () => (form.elements.turn.value = Date.now()); // what is late replaces nothing newer
    form.addEventListener("input", () => {
      isSaved = false;
      typed();
    });
    form.addEventListener("submit", () => {
      isSaved = true; // by being submitted
      typed();
    });
    const line = document.getElementById("draft-line");
    line.addEventListener("htmx:beforeRequest", () => (isSaved = true));
    ["htmx:sendError", "htmx:responseError"].forEach((failure) => {
      line.addEventListener(failure, () => {
        isSaved = false;
        line.textContent = line.dataset.failed;
      });
    });
    window.addEventListener("pagehide", () => {
      if (!isSaved) navigator.sendBeacon(form.dataset.saves, new FormData(form));
    });
  }

  // A search box with data-narrows shows only the choices that contain its words.
  document.querySelectorAll("[data-narrows]").forEach((box) => {
    const choices = document.querySelectorAll(`${box.dataset.narrows} > *`);

    box.addEventListener("input", (event) => {
      event.stopPropagation(); // it changes nothing of the message, so nothing is to be measured
      const words = box.value.trim().toLowerCase();
      choices.forEach((choice) => {
        choice.hidden = !choice.textContent.toLowerCase().includes(words);
      });
    });
    box.addEventListener("keydown", (event) => {
      if (event.key === "Enter") event.preventDefault(); // it would submit the form
    });
  });
})();
