// What makes the compose form nicer; it works without it.
(function () {
  // A button with data-inserts writes it where the cursor is.
  document.querySelectorAll("[data-inserts]").forEach((button) => {
    button.addEventListener("click", () => {
      const area = document.querySelector(button.dataset.into);
      area.setRangeText(button.dataset.inserts, area.selectionStart, area.selectionEnd, "end");
      area.focus();
      area.dispatchEvent(new Event("input", { bubbles: true }));
    });
  });

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
