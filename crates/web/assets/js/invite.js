// Inviting: the lines of the text field as chips. The server reads every list, so that its rules exist once; until it has
// answered, a chip shows the line as it was typed.
import { $, all, announce, draftOf, make, on, parsePage, save } from "{console.js}";

const form = $("[data-invite-form]");
if (form) {
  const area = form.elements.emails;
  const texts = area.dataset;
  const field = make("input", { type: "text", id: "emails", autocomplete: "off", inputMode: "email", spellcheck: false });
  field.setAttribute("aria-describedby", area.getAttribute("aria-describedby"));
  field.setAttribute("autocapitalize", "none");
  field.dataset.keep = "typing";
  const chips = make("ul");
  // Safari takes a list without markers for none otherwise.
  chips.setAttribute("role", "list");
  const box = make("div", { className: "address-chips" }, chips, field);
  const notes = $("[data-notes]"), counter = $(".counter");
  const groups = $("[data-groups]");
  const leftOut = form.elements.left_out, isInvalid = area.hasAttribute("aria-invalid");
  let list = [], merged = 0, requests = 0;

  const icon = (name) => {
    const svg = $("svg.icon").cloneNode(true), use = $("use", svg);
    use.setAttribute("href", use.getAttribute("href").replace(/#.*/, "#" + name));
    return svg;
  };
  const button = (className, click) => {
    const element = make("button", { type: "button", className });
    element.addEventListener("click", click);
    return element;
  };
  const chip = (entry) => {
    const { line, text = line, name, roles = [], state = "", label } = entry;
    const others = () => list.filter((other) => other !== entry);
    const remove = button("", () => set(others()));
    remove.append(icon("x"));
    remove.setAttribute("aria-label", texts.remove.replace("#", text));
    const edit = button("edit", () => {
      if (field.value) addLines(field.value);
      set(others());
      field.value = line;
    });
    if (label) edit.append(make("span", { className: "hidden", textContent: label + " " }));
    if (name) edit.append(make("b", { textContent: name }));
    edit.append(text, ...roles.map((textContent) => make("i", { textContent })));
    edit.title = texts.edit.replace("#", text);
    const sign = { fine: "check", known: "info", error: "circle-alert" }[state];
    return make("li", { className: `chip ${state}` }, ...(sign ? [icon(sign)] : []), edit, remove);
  };
  const show = () => {
    const focused = all("button", chips).indexOf(document.activeElement);
    chips.replaceChildren(...list.map(chip));
    all("button", chips)[focused]?.focus();
    field.setAttribute("aria-invalid", isInvalid || list.some(({ state }) => state === "error"));
    area.value = list.map(({ line }) => line).join("\n");
    save(form);
  };
  const set = (entries) => {
    list = entries;
    show();
    field.focus();
    check();
  };
  const linesOf = (text) => text.split(/[\r\n]+/).filter((line) => line.trim()).map((line) => ({ line }));
  const addLines = (text) => {
    field.value = "";
    set([...list, ...linesOf(text)]);
  };
  // Resends an invitation and shows the result in place of the button: the list stays.
  on("click", "[data-again]", async (button) => {
    button.disabled = true;
    let result = texts.failed;
    try {
      const response = await fetch(form.dataset.resend, { method: "POST", body: new URLSearchParams({ id: button.dataset.again }) });
      // A user who was signed out meanwhile is redirected.
      if (new URL(response.url).pathname !== "/sign-in") {
        const page = await parsePage(response);
        result = ($(".banner span", page) ?? $(".summary li", page) ?? $("main h1", page)).textContent;
      }
    } catch {
      // The text below says so.
    }
    button.replaceWith(make("b", { textContent: result }));
    announce(result);
    field.focus();
  });
  // Other changes of the list are made by the server, and taken over in place.
  on("click", "[data-notes] [name=act]:not([value=keep-first])", async (button, event) => {
    event.preventDefault();
    try {
      const body = new URLSearchParams(new FormData(form, button));
      const page = await parsePage(await fetch(form.action, { method: "POST", body }));
      leftOut.value = $("[name=left_out]", page).value;
      set(linesOf($("[name=emails]", page).value));
    } catch {
      form.requestSubmit(button);
    }
  });
  const parts = (html) => new DOMParser().parseFromString(html, "text/html").body;
  const update = (checked) => {
    ({ entries: list, merged } = checked);
    leftOut.value = checked.left_out.join("\n");
    show();
    counter.hidden = false;
    $("[data-counter]").textContent = checked.counter;
    $("[data-send] span").textContent = checked.button;
    const seats = $("[data-seats]");
    seats.value = checked.total;
    form.classList.toggle("over", checked.total > seats.max);
    $("[data-added]").textContent = checked.added;
    for (const total of all("[data-total]")) total.textContent = checked.of;
    for (const row of all("[data-checked]")) row.hidden = false;
    notes.replaceChildren(...parts(checked.notes).childNodes);
    // An error that the page shows at the field with what resolves it is not repeated; a suggestion is only here.
    const shown = $("#emails-error")?.textContent ?? "";
    for (const text of all("[data-text]", notes)) {
      if (shown.includes(text.textContent)) ($("[name=act]", text.parentElement) ? text : text.closest("p")).remove();
    }
    if ($(".invalid [value=keep-first]")) $("[value=keep-first]", notes)?.remove();
    const newGroups = parts(checked.groups), heading = (root) => $("summary b", root);
    // A select that is in use keeps the focus.
    if (groups.contains(document.activeElement) && heading(newGroups)) heading(groups).textContent = heading(newGroups).textContent;
    else groups.replaceChildren(...newGroups.childNodes);
    form.elements.reviewed.value = area.value;
  };
  const check = async () => {
    const request = ++requests;
    const body = new URLSearchParams({ emails: area.value, left_out: leftOut.value, merged, product: form.elements.product.value });
    for (const { name, value } of all("[name]", groups)) body.append(name, value);
    // Choices for groups that are not shown yet, such as after a reload.
    for (const [id, [to]] of Object.entries(draftOf(form))) {
      if (!id.startsWith("to=")) continue;
      body.append("from", id.slice(3));
      body.append("to", to);
    }
    try {
      const response = await fetch(form.dataset.state, { method: "POST", body });
      const checked = response.ok && await response.json();
      if (checked && request === requests) update(checked);
    } catch {
      // The list is checked again when it is sent.
    }
  };

  field.addEventListener("keydown", (event) => {
    const typed = field.value;
    if (event.key === "Enter") {
      event.preventDefault();
      if (typed) addLines(typed);
    } else if (event.key === "Backspace" && !typed && list.length) {
      event.preventDefault();
      field.value = list.at(-1).line;
      set(list.slice(0, -1));
    }
  });
  // A comma or space after what is no address yet may be a slip inside of one, or belong to a name.
  field.addEventListener("input", (event) => {
    if (!event.isComposing && /[^\s@]+[@＠][^\s@]+\.[^\s@]{2,}[,;\s，；]$/.test(field.value)) addLines(field.value);
  });
  field.addEventListener("paste", (event) => {
    const pasted = event.clipboardData.getData("text");
    if (!/[@＠\n\t]/.test(pasted)) return;
    event.preventDefault();
    addLines(field.value + pasted);
  });
  field.addEventListener("change", () => /[@＠]/.test(field.value) && addLines(field.value));
  box.addEventListener("click", (event) => event.target === box && field.focus());
  $("[data-clear]").addEventListener("click", () => {
    merged = 0;
    leftOut.value = "";
    set([]);
  });
  groups.addEventListener("change", check);
  // What is still in the field is sent with the list.
  form.addEventListener("submit", () => {
    list = [...list, ...linesOf(field.value)];
    field.value = "";
    show();
  }, true);

  // The email names the roles; those of the last time are taken over in place.
  const roles = () => all("[name=roles]", form);
  const name = () => {
    const chosen = roles().filter((role) => role.checked);
    $("[data-roles]").textContent = chosen.map((role) => $("b", role.parentElement).textContent).join(", ");
    $("[data-as]").hidden = !chosen.length;
  };
  form.addEventListener("change", name);
  $("[data-preset]")?.addEventListener("click", (event) => {
    event.preventDefault();
    const wanted = event.target.dataset.preset.split(" ");
    for (const role of roles()) {
      role.checked = wanted.includes(role.value);
      if (role.checked) role.closest("details")?.setAttribute("open", "");
    }
    name();
    save(form);
  });

  const init = () => {
    const { later } = form.elements;
    later.parentElement.hidden = !later.value;
    name();
    list = linesOf(area.value);
    show();
    if (list.length) check();
  };
  area.hidden = true;
  area.removeAttribute("id");
  area.after(box);
  init();
  form.elements.reviewed.value = area.value;
  form.addEventListener("restored", init);
  if (area.autofocus) field.focus();
}
