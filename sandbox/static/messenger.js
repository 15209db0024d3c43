// The portal's own messenger: a list, a chat, the native buttons. Texts are set as text, never as markup.
"use strict";
(function () {
  const make = (tag, cls, text) => {
    const node = document.createElement(tag);
    if (cls) node.className = cls;
    if (text !== undefined) node.textContent = text;
    return node;
  };
  const icon = (name) => {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("class", "icon");
    const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
    use.setAttribute("href", "#i-" + name);
    svg.append(use);
    return svg;
  };
  const initials = (title) => title.split(" - ")[0].split(/\s+/).slice(0, 2).map((w) => Array.from(w)[0] || "").join("").toUpperCase();
  const clock = (iso) => {
    const at = new Date(iso), time = at.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
    if (at.toDateString() === new Date().toDateString()) return time;
    return `${at.toLocaleDateString("en-GB", { day: "numeric", month: "short" })}, ${time}`;
  };
  const ask = async (path, body) => {
    const options = body === undefined ? {} : { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
    const answer = await fetch(path, options);
    return answer.ok ? answer.json() : null;
  };

  class Messenger {
    constructor(root, chatId) {
      this.root = root;
      this.chatId = chatId || null;
      this.seen = "";
      this.list = make("div", "im-list");
      this.chat = make("section", "im-chat");
      root.replaceChildren(this.list, this.chat);
      this.refresh(true);
      this.timer = setInterval(() => this.refresh(false), 3000);
    }

    stop() {
      clearInterval(this.timer);
      this.root.replaceChildren();
    }

    open(chatId) {
      this.chatId = chatId;
      this.seen = "";
      this.refresh(true);
    }

    async refresh(always) {
      if (document.hidden && !always) return;
      const answer = await ask("/_portal/chats");
      if (answer) this.drawList(answer.chats);
      if (!this.chatId) return this.chat.replaceChildren(make("p", "im-empty", "Select a chat to start a conversation"));
      const chat = await ask("/_portal/chats/" + this.chatId);
      if (!chat) return this.chat.replaceChildren(make("p", "im-empty", "This chat is not available to you"));
      const print = JSON.stringify(chat);
      if (print === this.seen) return;
      this.seen = print;
      this.drawChat(chat);
      if (chat.mine && chat.counter) ask(`/_portal/chats/${this.chatId}/read`, {});
    }

    drawList(chats) {
      const rows = chats.map((chat) => {
        const row = make("button", "im-row" + (chat.chat_id === this.chatId ? " on" : ""));
        row.dataset.imChat = chat.chat_id;
        const face = make("i", "", initials(chat.title));
        face.style.background = chat.color;
        const body = make("div"), top = make("b"), line = make("p");
        top.append(make("span", "", chat.title), make("time", "", clock(chat.at)));
        line.append(make("span", "", chat.text));
        if (chat.counter) line.append(make("em", chat.offered ? "offer-mark" : "", chat.counter));
        body.append(top, line);
        row.append(face, body);
        row.onclick = () => this.open(chat.chat_id);
        return row;
      });
      this.list.replaceChildren(make("h2", "", "Chats"), ...rows);
    }

    drawChat(chat) {
      const draft = this.chat.querySelector("input")?.value || "";
      const log = make("div", "im-log");
      log.append(...chat.messages.map(drawMessage));
      this.chat.replaceChildren(this.head(chat), log, this.foot(chat, draft));
      this.chat.dataset.chatId = chat.chat_id;
      log.scrollTop = log.scrollHeight;
    }

    head(chat) {
      const head = make("header", "im-head"), face = make("i", "", initials(chat.title)), text = make("div");
      face.style.background = chat.color;
      text.append(make("b", "", chat.title));
      text.append(make("small", "", chat.kind !== "lines" ? "Chat" : `${chat.line} · ${chat.owner || "not answered yet"}`));
      head.append(face, text);
      if (chat.kind === "lines" && chat.mine) {
        head.append(
          this.tool(chat.pinned ? "Assigned to me" : "Assign to me", chat.pinned ? "unpin" : "pin", chat.pinned),
          this.tool("Hidden mode", chat.silent ? "unsilence" : "silence", chat.silent, true),
          this.tool("Finish", "finish"),
        );
      }
      return head;
    }

    tool(label, what, on, danger) {
      const button = make("button", "im-tool" + (on ? " on" : "") + (danger ? " danger" : ""), label);
      button.onclick = () => this.act(what);
      return button;
    }

    foot(chat, draft) {
      const foot = make("form", "im-foot");
      if (chat.offered) {
        const answer = make("button", "wide green", "Answer"), skip = make("button", "wide grey", "Decline");
        answer.type = skip.type = "button";
        answer.onclick = () => this.act("answer");
        skip.onclick = () => this.act("skip");
        foot.append(answer, skip);
        return foot;
      }
      const input = make("input"), send = make("button");
      input.placeholder = chat.silent ? "The client will not see this message" : "Enter message";
      input.value = draft;
      input.setAttribute("aria-label", "Message");
      send.setAttribute("aria-label", "Send");
      send.append(icon("send"));
      foot.append(input, send);
      foot.onsubmit = (event) => {
        event.preventDefault();
        if (input.value.trim()) this.act("send", input.value).then(() => { input.value = ""; });
      };
      return foot;
    }

    async act(what, text) {
      await ask(`/_portal/chats/${this.chatId}/${what}`, { text: text || "" });
      this.seen = "";
      await this.refresh(true);
    }
  }

  function drawMessage(item) {
    if (item.side === "system") return make("div", "im-sys", item.text);
    const node = make("div", `im-msg ${item.side}${item.hidden ? " hidden-mode" : ""}`);
    if (item.side !== "me") node.append(make("small", "", item.author));
    node.append(document.createTextNode(item.text), make("time", "", clock(item.at)));
    return node;
  }

  window.SandboxMessenger = Messenger;
  const page = document.getElementById("messenger");
  if (page) window.sandboxMessenger = new Messenger(page, Number(page.dataset.chat) || null);
})();
