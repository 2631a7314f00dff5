// What is entered in a form with `data-draft` stays in this tab, per user and form, until the form is accepted: no passwords, no
// files, no hidden fields. The value of the attribute says whether a note tells that it is back.
const store = (() => {
  try {
    return sessionStorage;
  } catch {
    return {};
  }
})();
// An address may have the token of a link, which is not stored.
const keyOf = (form) => `draft:${texts.viewer ?? ""}:${new URL(form.action).pathname.replace(/cv\w_[\w-]+/, "")}`;
const draftOf = (form) => JSON.parse(store[keyOf(form)] ?? "{}");
const fieldsOf = (form) => [...form.elements].filter(({ name, type, autocomplete, dataset }) =>
  dataset.keep || (name && !/hidden|password|file|submit|button/.test(type + autocomplete)));
const isCheckable = ({ type }) => type === "checkbox" || type === "radio";
const idOf = (field) => field.dataset.keep ?? field.name + (isCheckable(field) ? `=${field.value}` : "");
const valueOf = (field) => field[isCheckable(field) ? "checked" : "value"];
const initial = (field) => {
  if (isCheckable(field)) return field.defaultChecked;
  if (field.options) return ([...field.options].find((option) => option.defaultSelected) ?? field.options[0])?.value;
  return field.defaultValue;
};
// The response to a form that was sent has the newest input.
const isPosted = (form) => "posted" in form.dataset || $("[aria-invalid]:not([data-keep])", form);

let ready = false;
const save = (form) => {
  if (!ready) return;
  const old = draftOf(form), fields = fieldsOf(form), posted = isPosted(form);
  // What differs from the page as it was loaded, and how it was: another value of the server goes before an old draft.
  const now = fields.map((field) => {
    const id = idOf(field), [value, base] = old[id] ?? [], present = valueOf(field);
    // What the page has taken over from the draft is still a change.
    return [id, [present, value === present ? base : posted ? base ?? "" : initial(field)]];
  });
  try {
    if (posted || fields.some((field) => valueOf(field) !== initial(field))) {
      store[keyOf(form)] = JSON.stringify({ ...old, ...Object.fromEntries(now) });
    } else {
      delete store[keyOf(form)];
    }
  } catch {
    // The store is full.
  }
};
const restore = (form) => {
  if (form.dataset.posted) history.replaceState(null, "", form.dataset.posted);
  if (isPosted(form)) return save(form);
  const draft = draftOf(form);
  let restored = false;
  for (const field of fieldsOf(form)) {
    let [value, base] = draft[idOf(field)] ?? [];
    const now = initial(field);
    if (value === undefined || value === base || value === valueOf(field)) continue;
    if (now && now !== base) {
      if (field.type !== "textarea") continue;
      value += `\n${now}`;
    }
    field[isCheckable(field) ? "checked" : "value"] = value;
    field.closest("details")?.setAttribute("open", "");
    restored = true;
  }
  if (!restored) return;
  form.dispatchEvent(new Event("restored"));
  if (form.dataset.draft !== "note") return;
  const discard = make("button", { type: "button", className: "link", textContent: texts.discard });
  const note = make("p", { className: "note" }, make("span", {}, texts.restored, " ", discard));
  discard.addEventListener("click", () => {
    form.reset();
    delete store[keyOf(form)];
    note.remove();
    fieldsOf(form)[0]?.focus();
  });
  form.prepend(note);
};
const drafts = (root = document) => all("form[data-draft]", root);

// A form that is on its way: the page that follows says whether it was accepted.
const markSubmitted = (form) => {
  if ("draft" in form.dataset) store.submitted = keyOf(form);
};
addEventListener("pageshow", ({ persisted }) => {
  const last = store.submitted;
  delete store.submitted;
  if (persisted) return;
  if (last && "done" in texts) {
    delete store[last];
    // What did not fit is the next list.
    const next = $("form[data-next]");
    if (next) {
      const fields = [...new FormData(next)].map(([name, value]) => name === "roles" ? [`roles=${value}`, [true, false]] : [name, [value, ""]]);
      store[keyOf(next)] = JSON.stringify(Object.fromEntries(fields));
    }
  }
  if (texts.viewer) for (const key of Object.keys(store)) if (key.startsWith("draft::")) delete store[key];
  ready = true;
  drafts().forEach(restore);
});
for (const type of ["input", "change"]) {
  document.addEventListener(type, ({ target: { form } }) => {
    if (form && "draft" in form.dataset) save(form);
  });
}
addEventListener("pagehide", () => drafts().forEach(save));

// What leads elsewhere by an address, since the input stays here, and by sending it without script.
on("click", "button[data-href]", (button, event) => {
  event.preventDefault();
  location = button.dataset.href;
});

export { $, all, announce, draftOf, make, on, parsePage, save };
