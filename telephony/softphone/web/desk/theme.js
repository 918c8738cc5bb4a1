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

  function apply() {
    const theme = chosen ?? (system.matches ? "dark" : "light");
    root.dataset.theme = theme;
    const button = document.getElementById("theme");
    if (button === null) return;
    button.setAttribute("aria-pressed", String(theme === "dark"));
  }

  system.addEventListener("change", apply);
  document.addEventListener("DOMContentLoaded", () => {
    apply();
    document.getElementById("theme").addEventListener("click", () => {
      chosen = root.dataset.theme === "dark" ? "light" : "dark";
      keep(chosen);
      apply();
    });
  });
  apply();
})();
