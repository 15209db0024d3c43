// The control panel: buttons for the control API. What it shows is read back from there.
"use strict";
(function () {
  const $ = (id) => document.getElementById(id);
  const body = $("panel-body"), toggle = $("panel-toggle");
  const user = Number(document.body.dataset.user);

  async function call(line, payload) {
    const [method, path] = line.split(" ");
    const options = { method };
    if (payload !== undefined) Object.assign(options, { headers: { "Content-Type": "application/json" }, body: JSON.stringify(payload) });
    const answer = await fetch(path, options).catch(() => null);
    if (!answer) return { ok: false, value: { error: "The sandbox does not answer." } };
    return { ok: answer.ok, value: await answer.json().catch(() => null) };
  }

  // What went wrong stands in words in the section of the control, until something there works.
  function tell(control, { ok, value }) {
    const section = control.closest("section");
    const text = ok ? "" : value?.error || "The sandbox refused that and did not say why.";
    let note = section.querySelector(".said");
    if (!note && !text) return;
    if (!note) {
      note = document.createElement("p");
      note.className = "said";
      note.setAttribute("role", "alert");
      section.append(note);
    }
    note.textContent = text;
    note.hidden = !text;
  }

  function flash(button, ok) {
    button.classList.add(ok ? "flash" : "bad");
    setTimeout(() => button.classList.remove("flash", "bad"), 700);
  }

  function onClick(selector, work) {
    document.querySelectorAll(selector).forEach((button) =>
      button.addEventListener("click", async () => {
        const done = await work(button), { ok } = done;
        flash(button, ok);
        tell(button, done);
        if (ok && "reload" in button.dataset) location.assign("/");
        refresh();
      }),
    );
  }

  onClick("[data-call]", (button) => call(button.dataset.call, button.dataset.body ? JSON.parse(button.dataset.body) : undefined));
  onClick("[data-act]", (button) => {
    const chatId = Number($("panel-chat").value);
    const what = button.dataset.act;
    // The newest one is the visitor's; a new client is offered to the whole queue of the line.
    const whose = what.startsWith("set_") || (!chatId && what !== "queue_dialog") ? { user_id: user } : {};
    return call("POST /_sandbox/act", { what, ...(chatId ? { chat_id: chatId } : {}), ...whose });
  });
  onClick("#fault-add", () =>
    call("POST /_sandbox/faults", {
      target: $("fault-target").value,
      kind: $("fault-kind").value,
      method: $("fault-method").value,
      times: Number($("fault-times").value) || null,
    }),
  );
  // Kinds that cannot strike at the chosen server are greyed.
  $("fault-target").addEventListener("change", () => {
    const kinds = [...$("fault-kind").options];
    kinds.forEach((kind) => { kind.disabled = !kind.dataset.targets.split(" ").includes($("fault-target").value); });
    if ($("fault-kind").selectedOptions[0].disabled) $("fault-kind").value = "503";
  });
  onClick("#seed-reset", async () => {
    const wanted = { seed: $("seed").value, dialogs: Number($("seed-dialogs").value), installed: "keep" };
    const done = await call("POST /_sandbox/reset", wanted);
    if (done.ok) setTimeout(() => location.assign("/"), 400);
    return done;
  });

  document.querySelectorAll("[data-chat-link]").forEach((button) =>
    button.addEventListener("click", () => {
      const chatId = Number($("panel-chat").value) || Number($("panel-chat").options[1]?.value) || "";
      location.assign(`/?placement=${button.dataset.chatLink}&chat=${chatId}`);
    }),
  );
  document.querySelectorAll("[data-go]").forEach((select) =>
    select.addEventListener("change", () => {
      const next = new URL(location.href);
      next.searchParams.set(select.dataset.go, select.value);
      location.assign(next);
    }),
  );
  document.querySelectorAll("[data-switch]").forEach((knob) =>
    knob.addEventListener("change", async () => {
      const value = knob.type === "checkbox" ? knob.checked : knob.type === "number" ? Number(knob.value) : knob.value;
      tell(knob, await call("POST /_sandbox/switches", { [knob.dataset.switch]: value }));
    }),
  );

  function show(open) {
    document.body.classList.toggle("panel-open", open);
    body.hidden = !open;
    toggle.setAttribute("aria-expanded", String(open));
    document.cookie = `sandbox_panel=${open ? 1 : 0}; path=/; SameSite=Lax`;
    if (open) refresh();
  }
  toggle.addEventListener("click", () => show(body.hidden));
  if (document.cookie.includes("sandbox_panel=1")) show(true);
  setInterval(() => { if (!body.hidden && !document.hidden) refresh(); }, 2500);

  async function refresh() {
    if (body.hidden) return;
    const [app, faults, requests, switches, truth] = await Promise.all(
      ["app", "faults", "requests", "switches", "truth?user_id=" + user].map((name) => call("GET /_sandbox/" + name)),
    );
    if (![app, faults, requests, switches, truth].every((answer) => answer.ok)) return;
    const row = app.value;
    $("app-state").textContent = row.installed ? `installed, version ${row.version}` : row.added ? "installing" : "not installed";
    document.querySelectorAll("[data-needs-app]").forEach((button) => { button.disabled = !row.added; });
    drawFaults(faults.value.filter((fault) => fault.times !== 0));
    document.querySelectorAll("[data-switch]").forEach((knob) => {
      if (knob === document.activeElement) return;
      const value = switches.value[knob.dataset.switch];
      if (knob.type === "checkbox") knob.checked = value;
      else knob.value = value;
    });
    drawRequests(requests.value);
    drawChats(truth.value);
  }

  function drawFaults(orders) {
    $("fault-count").textContent = orders.length || "";
    const list = $("faults"), print = JSON.stringify(orders);
    if (list.dataset.print === print) return;
    list.dataset.print = print;
    list.replaceChildren(
      ...orders.map((fault) => {
        const item = document.createElement("li"), what = document.createElement("span"), remove = document.createElement("button");
        const times = fault.times === null ? "always" : `${fault.times} more ${fault.times === 1 ? "time" : "times"}`;
        const method = fault.method === "*" ? "any method" : fault.method;
        what.textContent = `${fault.kind} of ${fault.target}, ${method}, ${times}`;
        remove.textContent = "×";
        remove.setAttribute("aria-label", `Remove ${what.textContent}`);
        remove.addEventListener("click", async () => {
          tell(list, await call(`DELETE /_sandbox/faults?number=${fault.number}`));
          refresh();
        });
        item.append(what, remove);
        return item;
      }),
    );
  }

  function drawRequests(rows) {
    $("request-count").textContent = rows.length;
    $("requests").replaceChildren(
      ...rows.slice(-14).reverse().map((row) => {
        const item = document.createElement("li"), status = document.createElement("span"), what = document.createElement("span"), time = document.createElement("small");
        status.textContent = row.status ?? "…";
        if (row.status >= 400) status.className = "failed";
        what.textContent = row.method === "batch" ? `batch: ${row.commands.join(", ")}` : row.method;
        what.title = what.textContent;
        time.textContent = row.seconds === null ? "" : Math.round(row.seconds * 1000) + " ms";
        item.append(status, what, time);
        return item;
      }),
    );
  }

  function drawChats(facts) {
    const select = $("panel-chat"), chosen = select.value;
    if (select === document.activeElement) return;
    const options = facts.filter((fact) => fact.listed).map((fact) => new Option(`${fact.title} (${fact.status})`, fact.chat_id));
    select.replaceChildren(new Option("the newest one", ""), ...options);
    select.value = chosen;
  }
})();
