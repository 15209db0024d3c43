// What tests look for on a page; see screen.py. One expression: an object of two functions.
({
  texts(data) {
    const found = [];
    const id = /^(desk|card|extra|result|error|page|install|notice)\.[a-z_.]+$/; // an unknown id is shown as it is
    const place = (node) => `${node.tagName.toLowerCase()}.${node.className}`;
    const add = (text, where) => { if (text?.trim()) found.push([text.trim(), where]); };
    for (const node of document.querySelectorAll("body *")) {
      if (node.closest("script, style, template, noscript, svg") || !node.checkVisibility({ visibilityProperty: true })) continue;
      const own = node.closest(data);
      for (const child of node.childNodes) {
        if (child.nodeType === 3 && (!own || id.test(child.data.trim()))) add(child.data, place(node));
      }
      for (const name of ["title", "aria-label", "placeholder", "alt", "aria-description"]) {
        if (!node.matches(data)) add(node.getAttribute(name), `${name} of ${place(node)}`);
      }
    }
    add(document.title, "the page's title");
    return found;
  },

  misfits(elastic) {
    const root = document.documentElement;
    const found = [];
    if (root.scrollWidth > root.clientWidth) found.push(`the page: ${root.scrollWidth} > ${root.clientWidth}`);
    const parts = "button, h1, h2, h3, label, legend, dt, .btn, .toast, .dlg, .dock, .panel, .banner, .toolbar, .list-card, .head > div";
    for (const node of document.querySelectorAll(parts)) {
      if (!node.checkVisibility({ visibilityProperty: true }) || node.closest(".sr") || node.matches(elastic)) continue;
      const name = `${node.id || node.className || node.tagName}: ${node.textContent.trim().slice(0, 40)}`;
      const inline = getComputedStyle(node).display === "inline";
      if (!inline && node.scrollWidth > node.clientWidth + 1) found.push(`${name}: ${node.scrollWidth} > ${node.clientWidth}`);
      const { left, right, width } = node.getBoundingClientRect();
      const scrolls = node.closest(".views"); // the strip of views may be moved sideways
      if (!scrolls && width && (left < -1 || right > root.clientWidth + 1)) found.push(`${name}: outside`);
    }
    return [...new Set(found)];
  },
})
