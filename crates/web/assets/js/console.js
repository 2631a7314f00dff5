// What pages do better with script. Everything works without.
const $ = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const on = (type, selector, handler) => document.addEventListener(type, (event) => {
  const element = event.target.closest?.(selector);
  if (element) handler(element, event);
});
const make = (tag, props = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), props);
  element.append(...children);
  return element;
};
const texts = document.body.dataset;

// Announces a text to screen readers. While a dialog is open, everything outside it is inert.
const announce = (text) => { ($("dialog[open] > [role=status]") ?? $("#live")).textContent = text; };

// The button of the form that is being sent: disabled, with its label until the page changes or turns out to stay.
let busy;
const resetBusy = () => {
  if (!busy) return;
  clearTimeout(busy.timer);
  busy.button.disabled = false;
  busy.button.replaceChildren(...busy.label);
  busy = null;
};
const setBusy = ({ target, submitter }) => {
  const button = submitter?.offsetParent ? submitter : $(".primary", target) ?? $("button", target) ?? submitter;
  if (!button) return;
  const current = busy = { button, label: [...button.childNodes], timer: setTimeout(resetBusy, 30_000) };
  // Only then: a disabled button would not be sent.
  setTimeout(() => {
    if (busy !== current) return;
    button.disabled = true;
    button.textContent = texts.sending;
    announce(texts.sending);
  });
};

// A form that goes to another site by itself.
$("form[data-submit]")?.submit();

// Behind a proxy the server may not see which address the browser has opened.
const other = $("[data-origin]");
if (other?.dataset.origin === location.origin) other.remove();

// A page that was fetched.
const parsePage = async (response) => new DOMParser().parseFromString(await response.text(), "text/html");

// A password can be shown while it is typed.
const addShowButtons = (root) => {
  for (const field of all("input[type=password]", root)) {
    const button = make("button", { type: "button", textContent: texts.show });
    button.setAttribute("aria-label", `${texts.show}: ${field.labels[0].textContent}`);
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
};

// A page whose main part is shown in a dialog instead; whatever goes wrong, the browser goes there. When the dialog closes,
// the focus returns to what opened it, or to the menu that it is in.
const dialog = async (opener, request, fallback) => {
  try {
    const page = await parsePage(await fetch(request));
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
    addShowButtons(box);
    drafts(box).forEach(restore);
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
on("submit", "form[data-dialog]", async (form, event) => {
  event.preventDefault();
  if (busy) return;
  const body = new URLSearchParams(new FormData(form, event.submitter));
  setBusy(event);
  await dialog(event.submitter, new Request(form.action, { method: "POST", body }), () => form.submit());
  resetBusy();
});
on("click", "dialog [data-close]", (link, event) => {
  event.preventDefault();
  link.closest("dialog").close();
});

// Copies a text.
const copy = async (button) => {
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    announce(texts.copied);
    // What is seen says so for a while; the name of a button without visible text stays.
    const label = $("span:not(.hidden)", button), use = $("use", button);
    const show = (value) => label ? label.textContent = value : use.setAttribute("href", value);
    const before = button.dataset.before ??= label ? label.textContent : use.getAttribute("href");
    show(label ? texts.copied : before.replace(/#.*/, "#check"));
    setTimeout(show, 4e3, before);
  } catch {
    const field = $("input[readonly]", button.parentElement);
    field?.select();
  }
};
for (const button of all("[data-copy], [data-print]")) button.hidden = false;
on("click", "[data-print]", () => print());
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
  // Enter in a checkbox sends the form by its first button, even when that is not shown.
  form.addEventListener("submit", (event) => {
    if (bar.hidden) event.preventDefault();
  });
  whole.parentElement.hidden = false;
  whole.addEventListener("change", () => {
    for (const box of boxes) box.checked = whole.checked;
    show();
  });
  for (const box of boxes) box.addEventListener("change", show);
  show();
}

// What changes by itself is loaded again, less and less often, while the page is seen and something is open.
let delay;
let tries;
let timer;
// A copy without the keys of forms, which are others each time.
const withoutKeys = (part) => {
  const copy = part.cloneNode(true);
  for (const key of all("[name=form_key]", copy)) key.remove();
  return copy;
};
const update = async () => {
  try {
    const response = await fetch(location);
    if (!response.ok) throw new Error();
    const page = await parsePage(response);
    const parts = all("[data-live]");
    // The focus returns from a dialog to what has opened it.
    if ($("dialog[open]")) return watch();
    // Another page, such as the one to sign in.
    if (!page.getElementById(parts[0].id)) return;
    const changes = [];
    for (const old of parts) {
      const part = page.getElementById(old.id);
      if ((part && withoutKeys(part).isEqualNode(withoutKeys(old))) || old.contains(document.activeElement)) continue;
      if (!part) old.textContent = old.dataset.gone ?? "";
      else {
        if (part.dataset.announcement !== old.dataset.announcement) changes.push(part.dataset.announcement);
        old.replaceWith(document.importNode(part, true));
      }
    }
    document.title = page.title;
    if (changes.length) announce(changes.slice(0, 3).join(". "));
  } catch { /* Tried again later. */ }
  watch();
};
const watch = () => {
  if (!$("[data-open]") || document.hidden || tries++ > 99) return;
  timer = setTimeout(update, delay);
  delay = Math.min(delay * 1.3, 6e4);
};
const watchAgain = () => {
  clearTimeout(timer);
  delay = 1e3;
  tries = 0;
  watch();
};
document.addEventListener("visibilitychange", watchAgain);
// The page that a form leads to shows its message, not this one.
document.addEventListener("submit", (event) => {
  if (!event.defaultPrevented) clearTimeout(timer);
});
watchAgain();

// Filters apply as soon as they are chosen; the stylesheet hides their button where there is script.
on("change", "[data-apply] select", (select) => select.form.requestSubmit());

// A field with suggestions shows those that match its text, so all of them only where that is replaced.
on("focusin", "input[list]", (field) => field.select());

addShowButtons(document);

// What speaks against a new password while it is typed, as far as no list is needed; the server decides. All reasons at once.
for (const status of all("[data-strength]")) {
  const field = document.getElementById(status.dataset.strength);
  const { min, words, short, common, own, good } = status.dataset;
  let announced;
  const letters = (text) => text.toLowerCase().replace(/[^\p{L}]/gu, "");
  const isOwn = (value) => {
    const others = all("input:not([type=hidden], [type=password])", field.form).filter((other) => other !== field);
    const parts = [words, ...others.map((other) => other.value)].join(" ").split(/[^\p{L}]+/u);
    let rest = letters(value);
    const whole = rest;
    for (const part of parts.filter((part) => part.length > 3).sort((a, b) => b.length - a.length)) rest = rest.replaceAll(letters(part), "");
    return rest !== whole && rest.length < 4;
  };
  field.addEventListener("input", () => {
    const value = field.value.normalize("NFKC");
    const count = [...field.value].length;
    const reasons = [
      count < min && short,
      /^(.{1,4}?)\1{2,}.{0,3}$/su.test(value) && common,
      isOwn(value) && own,
    ].filter(Boolean);
    status.classList.toggle("good", !reasons.length);
    status.textContent = value && (reasons.join(" ") || good).replace("#", count);
    // The number of characters changes with each key, which is too much to listen to.
    const reason = value && reasons.join();
    if (reason !== announced) announce(status.textContent);
    announced = reason;
  });
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
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || event.target.method !== "post") return;
  if (busy) return event.preventDefault();
  setBusy(event);
  markSubmitted(event.target);
});
addEventListener("pageshow", resetBusy);
globalThis.navigation?.addEventListener("navigateerror", resetBusy);

$(".summary")?.focus();

// Shortcuts, unless a field has the focus or the user has switched them off.
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
