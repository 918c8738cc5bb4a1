// Light or dark: as the system has it, until the reader chooses. Loaded before the page is painted.
"use strict";

(() => {
  const kept = "ringdown-theme";
  const root = document.documentElement;
  const system = window.matchMedia("(prefers-color-scheme: dark)");

  function read() {
    try {
      return localStorage.getItem(kept);
    } catch {
      return null;
    }
  }

  function keep(theme) {
    try {
      localStorage.setItem(kept, theme);
    } catch {
      // A browser that keeps nothing: the choice holds until the page is left.
    }
  }

  let chosen = read();

  function isDark() {
    return chosen === null ? system.matches : chosen === "dark";
  }

  function apply() {
    if (chosen !== null) root.dataset.theme = chosen;
    document.getElementById("theme")?.setAttribute("aria-pressed", String(isDark()));
  }

  system.addEventListener("change", apply);
  document.addEventListener("DOMContentLoaded", () => {
    apply();
    document.getElementById("theme").addEventListener("click", () => {
      chosen = isDark() ? "light" : "dark";
      keep(chosen);
      apply();
    });
  });
  apply();
})();
