// Makes the compose form easier to use; the form works without it.
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

  // A button with data-replaces replaces the text, if it is still the one the button was made for.
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-replaces]");
    const area = button && document.querySelector(button.dataset.replaces);
    if (!area || area.value.trim() !== button.dataset.from) return; // else the server does it
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

  // The draft is saved automatically. How windows never overwrite each other: see save_draft.
  const form = document.getElementById("compose-form");
  if (form) {
    const line = document.getElementById("draft-line");
    const version = document.getElementById("id_version");
    const remembered = `draft ${form.elements.form_uuid.value}`;
    // A helping button, such as Use a template, has changed the form and saved nothing.
    let isSaved = !form.hasAttribute("data-unsaved");
    let known = version.value; // the last version known to be saved
    let isOnItsWay = false;
    let isSubmitted = false;
    let waiting = null; // what is done after that: the form is submitted, or the page left

    function wait(goOn) {
      waiting = goOn;
      line.textContent = line.dataset.waits;
    }

    // What leads back to this page shows the draft as it was saved, so the last words are, before.
    // What cannot be saved stays here, and the line says why.
    let mayLeave = false;
    function saveBefore(event, goOn) {
      if (mayLeave || (isSaved && !isOnItsWay)) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      wait((isNothing) => {
        mayLeave = isSaved || isNothing;
        if (mayLeave) goOn();
        mayLeave = false;
      });
      if (!isOnItsWay) line.dispatchEvent(new Event("save"));
    }
    const leadsBack = (element) => element.closest("[data-leads-back]");
    document.addEventListener(
      "submit",
      (event) => {
        const away = leadsBack(event.target);
        if (away) saveBefore(event, () => away.requestSubmit(event.submitter));
      },
      true,
    );
    document.addEventListener(
      "click",
      (event) => {
        const link = leadsBack(event.target);
        const isElsewhere = event.ctrlKey || event.metaKey || event.shiftKey; // this page stays
        if (link && link.matches("a") && !isElsewhere) saveBefore(event, () => link.click());
      },
      true,
    );

    form.addEventListener("input", () => (isSaved = isSubmitted = false));
    form.addEventListener("submit", (event) => {
      if (isOnItsWay) {
        event.preventDefault(); // its answer says which version this is
        const button = event.submitter;
        wait(() => {
          if (button && !button.isConnected) {
            button.hidden = true; // its part of the page has been replaced
            form.append(button);
          }
          form.requestSubmit(button);
        });
        return;
      }
      if (event.submitter?.name === "version") {
        version.value = event.submitter.value; // overwrite the version there, this time
        event.submitter.removeAttribute("name");
      }
      isSubmitted = true;
    });
    line.addEventListener("htmx:beforeRequest", (event) => {
      if (isSaved && event.target === line) return event.preventDefault(); // nothing has changed
      isSaved = isOnItsWay = true;
      known = version.value;
      version.value = Number(known) + 1;
    });
    line.addEventListener("htmx:afterRequest", (event) => {
      const saved = event.detail.xhr.getResponseHeader("Draft-Version");
      if (saved === null) isSaved = false;
      known = version.value = saved ?? known;
      isOnItsWay = false;
      const goOn = waiting;
      waiting = null;
      if (goOn) goOn(event.detail.xhr.status === 204); // nothing was written yet
    });
    ["htmx:sendError", "htmx:responseError", "htmx:timeout"].forEach((failure) => {
      line.addEventListener(failure, () => (line.textContent = line.dataset.failed));
    });

    // What was typed just before leaving the page is saved, too. Whether that, or a submit,
    // succeeded is known only after saving the same again on coming back.
    window.addEventListener("pagehide", () => {
      if (!isSaved && !isSubmitted) navigator.sendBeacon(form.dataset.saves, new FormData(form));
      if (!isSaved || isSubmitted || isOnItsWay) {
        version.value = known;
        isSaved = isSubmitted = isOnItsWay = false;
      }
      waiting = null;
      sessionStorage.setItem(remembered, JSON.stringify([version.value, isSaved]));
    });
    window.addEventListener("pageshow", (event) => {
      const [visit] = performance.getEntriesByType("navigation");
      const before = sessionStorage.getItem(remembered);
      const isBack = before && (event.persisted || visit?.type === "back_forward");
      if (isBack) {
        [version.value, isSaved] = JSON.parse(before);
        known = version.value;
        form.querySelector("button[name=version]")?.removeAttribute("name"); // asked for once
      }
      // What was typed before the scripts were there, or came back with the page, counts too.
      const isTyped = [...form.querySelectorAll("input, textarea")].some(
        (field) => field.value !== field.defaultValue || field.checked !== field.defaultChecked,
      );
      const wasSaved = isSaved;
      if (isTyped) form.dispatchEvent(new Event("input"));
      isSaved = wasSaved && (isBack || !isTyped);
      if (!isSaved) line.dispatchEvent(new Event("save"));
    });
  }

  // A search box with data-narrows shows only the choices that contain its words.
  document.querySelectorAll("[data-narrows]").forEach((box) => {
    const choices = document.querySelectorAll(`${box.dataset.narrows} > *`);

    box.addEventListener("input", (event) => {
      event.stopPropagation(); // the message does not change, so nothing is measured
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
