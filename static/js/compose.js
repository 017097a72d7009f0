// What makes the compose form nicer; it works without it.
(function () {
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
