// Finishes the installation: only the portal's own library can tell the portal, and only inside its frame.
// Calling it again is harmless; after it the portal reloads its page and opens the app.

const PATIENCE = 12000;

const show = (stage) => {
  for (const part of document.querySelectorAll("[data-stage]")) {
    part.hidden = part.dataset.stage !== stage;
    if (!part.hidden) document.getElementById("status").textContent = part.querySelector("h1").textContent;
  }
};

function library() {
  return new Promise((loaded, failed) => {
    const script = document.createElement("script");
    script.src = document.querySelector("meta[name=b24-js]").content;
    script.onload = loaded;
    script.onerror = failed;
    document.head.append(script);
    setTimeout(failed, PATIENCE);
  });
}

function finish() {
  window.BX24.installFinish();
  show("ready");
}

async function run() {
  show("working");
  try {
    if (!window.BX24) await library();
    const late = setTimeout(() => show("failed"), PATIENCE);
    window.BX24.init(() => {
      clearTimeout(late);
      finish();
    });
  } catch {
    show("failed");
  }
}

document.querySelector("[data-open]").addEventListener("click", () => {
  window.BX24.installFinish();
  window.BX24.reloadWindow?.();
});
document.querySelector("[data-again]").addEventListener("click", run);
run();
