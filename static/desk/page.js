// Pages that are only words: copying a code and trying again.

document.addEventListener("click", (event) => {
  const copy = event.target.closest("[data-copy]");
  if (copy) navigator.clipboard?.writeText(copy.dataset.copy);
  if (event.target.closest("[data-reload]")) location.reload();
});
