// A modal dialog: gives focus back where it came from, unless something else took it meanwhile; keeps its keys to
// itself, and has the page's spoken status in it while it is open, since nothing outside of it is heard.

export const modalOf = ({ $, el }) => (classes, label, ...children) => {
  const back = document.activeElement;
  const status = $("status");
  const home = status.parentNode;
  const box = el(`dialog.dlg${classes}`, { "aria-label": label }, ...children, status);
  document.body.append(box);
  box.addEventListener("close", () => {
    (home.isConnected ? home : document.querySelector("main")).append(status);
    box.remove();
    if (document.activeElement === document.body) back?.focus({ preventScroll: true });
  });
  box.addEventListener("click", (event) => { if (event.target === box) box.close(); });
  box.addEventListener("keydown", (event) => event.stopPropagation());
  box.showModal();
  return box;
};
