/** Dark or light theme: the system's, until the user chooses one. */

const dark = matchMedia("(prefers-color-scheme: dark)");

function apply() {
  const chosen = localStorage.getItem("theme");
  const isChosen = chosen === "dark" || chosen === "light";
  document.documentElement.dataset.theme = isChosen ? chosen : dark.matches ? "dark" : "light";
  document.dispatchEvent(new CustomEvent("themechange"));
}

export function toggleTheme() {
  const isDark = document.documentElement.dataset.theme === "dark";
  localStorage.setItem("theme", isDark ? "light" : "dark");
  apply();
}

export function startTheme() {
  dark.addEventListener("change", apply);
  apply();
}
