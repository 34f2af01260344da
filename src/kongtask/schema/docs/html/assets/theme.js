// Sets the chosen theme before anything is drawn; without a choice, the system's holds.
"use strict";
(() => {
  try {
    const theme = localStorage.getItem("kongtask-theme");
    if (theme === "dark" || theme === "light") document.documentElement.dataset.theme = theme;
  } catch {
    // A browser that keeps nothing for pages from files shows the system's theme.
  }
})();
