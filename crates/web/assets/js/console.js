// What pages do better with script. Everything works without.
const $ = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const on = (type, selector, act) => document.addEventListener(type, (event) => {
  const found = event.target.closest?.(selector);
  if (found) act(found, event);
});
const make = (tag, props = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), props);
  element.append(...children);
  return element;
};
const texts = document.body.dataset;

// Says something to those who do not see the page. While a dialog is open, everything outside it is inert.
const say = (text) => { ($("dialog[open] [role=status]") ?? $("#live")).textContent = text; };

// A page that was fetched.
const read = async (answer) => new DOMParser().parseFromString(await answer.text(), "text/html");

// A page whose main part is shown in a dialog instead; whatever goes wrong, the browser goes there. When the dialog closes,
// the focus returns to what opened it, or to the menu that it is in.
const dialog = async (opener, request, fallback) => {
  try {
    const page = await read(await fetch(request));
    const part = page.querySelector("[data-part]");
    if (!part) throw new Error();
    const live = make("div", { className: "hidden" });
    live.setAttribute("role", "status");
    const box = make("dialog", {}, document.importNode(part, true), live);
    if (!$("[data-close]", box)) {
      const button = make("button", { type: "button", className: "quiet close", textContent: texts.close });
      button.dataset.close = "";
      box.prepend(button);
    }
    box.setAttribute("aria-labelledby", $("h1", box).id = "dialog-title");
    box.addEventListener("close", () => {
      box.remove();
      const menu = opener?.closest("details.menu");
      if (menu) menu.open = false;
      (menu ? $("summary", menu) : opener)?.focus();
    });
    for (const button of all("[data-copy]", box)) button.hidden = false;
    document.body.append(box);
    box.showModal();
    ($("[autofocus]", box) ?? $("input:not([type=hidden]), select", box) ?? $("a, button", box))?.focus();
    const copied = $("[data-copy-at-once]", box);
    if (copied) copy(copied);
  } catch {
    fallback();
  }
};
on("click", "a[data-dialog]", (link, event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  dialog(link, link.href, () => { location = link.href; });
});
on("click", "button[data-dialog]", (button, event) => {
  event.preventDefault();
  const url = `${button.formAction}?${new URLSearchParams(new FormData(button.form))}`;
  dialog(button, url, () => { location = url; });
});
on("submit", "form[data-dialog]", (form, event) => {
  event.preventDefault();
  const body = new URLSearchParams(new FormData(form, event.submitter));
  dialog(event.submitter, new Request(form.action, { method: "POST", body }), () => form.submit());
});
on("click", "dialog [data-close]", (link, event) => {
  event.preventDefault();
  link.closest("dialog").close();
});

// Copies a text.
const copy = async (button) => {
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    say(texts.copied);
    const label = $("span:not(.hidden)", button);
    if (label) label.textContent = texts.copied;
    else button.replaceChildren("✓");
  } catch {
    const field = $("input[readonly]", button.parentElement);
    field?.select();
  }
};
for (const button of all("[data-copy]")) button.hidden = false;
on("click", "[data-copy]", copy);

// Menus close when something else is chosen; behind a dialog only with it.
const menus = () => all("details.menu[open]");
document.addEventListener("click", (event) => {
  for (const menu of menus()) if (!menu.contains(event.target) && !event.target.closest("dialog")) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || $("dialog[open]")) return;
  for (const menu of menus()) {
    menu.open = false;
    $("summary", menu).focus();
  }
});

// Many rows at once.
for (const form of all("form[data-bulk]")) {
  const boxes = all("input[name=id]", document).filter((box) => box.form === form);
  const whole = $("[data-all]");
  const bar = $(".bulk");
  const count = $("[data-count]", bar);
  const plural = new Intl.PluralRules(document.documentElement.lang);
  const show = () => {
    const chosen = boxes.filter((box) => box.checked).length;
    bar.hidden = !chosen;
    count.textContent = count.dataset.count.replace("#", chosen);
    for (const label of all("[data-other]", bar)) {
      label.textContent = (label.dataset[plural.select(chosen)] ?? label.dataset.other).replace("#", chosen);
    }
    whole.checked = chosen === boxes.length;
    whole.indeterminate = chosen > 0 && chosen < boxes.length;
  };
  whole.hidden = false;
  whole.addEventListener("change", () => {
    for (const box of boxes) box.checked = whole.checked;
    show();
  });
  for (const box of boxes) box.addEventListener("change", show);
  show();
}

// Filters apply as soon as they are chosen; the stylesheet hides their button where there is script.
on("change", "[data-apply] select", (select) => select.form.requestSubmit());

// A field with suggestions shows those that match its text, so all of them only where that is replaced.
on("focusin", "input[list]", (field) => field.select());

// A password can be shown while it is typed.
for (const field of all("input[type=password]")) {
  const button = make("button", { type: "button", textContent: texts.show });
  button.setAttribute("aria-pressed", "false");
  button.setAttribute("aria-controls", field.id);
  button.addEventListener("click", () => {
    const shown = field.type === "password";
    field.type = shown ? "text" : "password";
    button.setAttribute("aria-pressed", shown);
  });
  const row = make("div", { className: "with-button" });
  field.replaceWith(row);
  row.append(field, button);
  field.form.addEventListener("submit", () => { field.type = "password"; });
}

// Where the browser is.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";
for (const field of all("[data-time-zone]")) {
  field.value ||= zone;
}
for (const link of all('a[href^="/sign-in/"]')) {
  const url = new URL(link.href);
  url.searchParams.set("time_zone", zone);
  link.href = url.href;
}

// A form is sent once, however often its button is pressed.
let sent;
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || event.target.method === "get") return;
  if (sent === event.target) return event.preventDefault();
  sent = event.target;
});
addEventListener("pageshow", () => { sent = null; });

$(".summary")?.focus();

// On a narrow screen the open tab is in view.
const tab = $(".tabs [aria-current]");
if (tab) tab.closest("nav").scrollLeft = tab.offsetLeft - 48;

// Shortcuts, unless somebody types or has switched them off.
if ("shortcuts" in texts) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || $("dialog[open]")) return;
    if (event.target.closest("input, textarea, select")) return;
    const target = {
      "/": $("input[type=search]"),
      i: $("[data-invite]"),
      "?": $("#shortcuts"),
    }[event.key];
    if (!target) return;
    event.preventDefault();
    if (event.key === "/") target.select();
    else if (event.key === "i") target.click();
    else target.showModal();
  });
}
