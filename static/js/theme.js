// Before the first paint: the colours that were chosen here, else what the system wishes.
(function () {
  const root = document.documentElement;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const wish = () => {
    try {
      return localStorage.getItem("theme") || "auto";
    } catch {
      return "auto";
    }
  };
  const apply = () => {
    const theme = wish();
    root.dataset.bsTheme = theme === "auto" ? (dark.matches ? "dark" : "light") : theme;
  };

  root.classList.add("js");
  apply();
  dark.addEventListener("change", apply);
  window.portalTheme = { wish, apply };
})();
