// Inviting: addresses as chips over the same text field. Lists are read as `src/core/email_list.rs` reads them.
const LOCAL = "[a-z0-9!#$%&'*+/=?^_`{|}~-]+";
const LABEL = "[\\p{L}\\p{N}]([\\p{L}\\p{N}-]*[\\p{L}\\p{N}])?";
const ADDRESS = new RegExp(`^${LOCAL}(\\.${LOCAL})*@(${LABEL}\\.)+${LABEL}$`, "iu");
const bare = (text) => text.trim().replace(/^["'()[\],:<>]+|["'()[\],:<>]+$/g, "").replace(/[.!?]+$/, "")
  .replace(/^mailto:/i, "").replace(/^["'()[\],:<>]+|["'()[\],:<>]+$/g, "");
const clean = (text) => text.replace(/^[\s",'.]+|[\s",'.]+$/g, "");
const canonical = (text) => {
  const at = text.lastIndexOf("@");
  try {
    return text.slice(0, at).toLowerCase() + "@" + new URL("http://" + text.slice(at + 1)).hostname;
  } catch {
    return text;
  }
};

export const parse = (text) => {
  const seen = new Set(), entries = [];
  let merged = 0;
  const add = (text, name = "") => {
    text = text.trim();
    if (!text) return;
    const fine = ADDRESS.test(text);
    const key = fine ? canonical(text) : text;
    if (seen.has(key)) return void merged++;
    seen.add(key);
    entries.push({ text, name: clean(name), fine, key });
  };
  // Adds the addresses of a text without brackets and gives the words after the last one.
  const words = (text) => {
    let found = [];
    for (const word of text.split(/\s+/).filter(Boolean)) {
      if (!word.includes("@")) {
        found.push(word);
        continue;
      }
      const comma = found.findLastIndex((word) => word.endsWith(",")) + 1;
      let name = found.splice(comma).join(" ");
      for (const stray of found.join(" ").split(",")) add(clean(stray));
      found = [];
      // What has no @ sign belongs to what stands before it.
      for (const part of word.split(/,(?=[^,]*@)|,$/)) {
        add(bare(part ?? ""), name);
        name = "";
      }
    }
    return clean(found.join(" "));
  };
  let quoted = false, piece = "";
  const end = () => {
    let rest = piece, match;
    while ((match = /^([^<]*)<([^>]*)>/.exec(rest))) {
      const name = words(match[1]), inside = bare(match[2]);
      if (!inside || inside.includes("@")) add(inside, name);
      else add(`${name} <${match[2]}>`);
      rest = rest.slice(match[0].length);
    }
    add(words(rest));
    piece = "";
  };
  for (const c of text) {
    if (c === '"') quoted = !quoted;
    if (c === "\n" || c === "\r") quoted = false;
    if (c === "\n" || c === "\r" || (c === ";" && !quoted)) end();
    else piece += c;
  }
  end();
  return { entries, merged };
};

const sending = $("[data-invite-form]");
if (sending) {
  const area = sending.elements.emails;
  const texts = area.dataset;
  const field = make("input", { type: "text", id: "emails", autocomplete: "off", inputMode: "email", spellcheck: false });
  field.setAttribute("aria-describedby", area.getAttribute("aria-describedby"));
  field.setAttribute("autocapitalize", "none");
  field.dataset.keep = "typing";
  const box = make("div", { className: "address-chips" }, field);
  const notes = $("[data-notes]"), counter = $(".counter");
  let list = [], merged = 0, states = [], asked = 0, timer;

  const icon = (name) => {
    const found = $("svg.icon").cloneNode(true), use = $("use", found);
    use.setAttribute("href", use.getAttribute("href").replace(/#.*/, "#" + name));
    return found;
  };
  const chip = (entry, index) => {
    const state = states[index]?.state ?? (entry.fine ? "" : "error");
    const remove = make("button", { type: "button" }, icon("x"));
    remove.setAttribute("aria-label", texts.remove.replace("#", entry.text));
    remove.addEventListener("click", () => set(list.toSpliced(index, 1)));
    const words = make("span", {}, ...(entry.name ? [make("b", { textContent: entry.name })] : []), entry.text);
    // A chip that is clicked can be typed anew.
    words.addEventListener("click", () => {
      set(list.toSpliced(index, 1));
      field.value = entry.text;
    });
    const sign = { fine: "check", known: "info", error: "circle-alert" }[state];
    return make("span", { className: `chip ${state}` }, ...(sign ? [icon(sign)] : []), words, remove);
  };
  const show = () => {
    // The field itself stays where it is: whoever types in it must not lose the focus.
    for (const old of all(".chip", box)) old.remove();
    field.before(...list.map(chip));
    area.value = list.map(({ name, text }) => (name ? `"${name}" <${text}>` : text)).join("\n");
    save(sending);
  };
  const set = (entries) => {
    list = entries;
    states = [];
    show();
    field.focus();
    clearTimeout(timer);
    timer = setTimeout(ask, 250);
  };
  const take = (text) => {
    const found = parse(text);
    const known = new Set(list.map((entry) => entry.key));
    const fresh = found.entries.filter((entry) => !known.has(entry.key));
    merged += found.merged + found.entries.length - fresh.length;
    field.value = "";
    set([...list, ...fresh]);
  };
  // Sends an invitation again and says in its place what came of it: the list stays.
  const again = ([textContent, id]) => {
    const button = make("button", { type: "button", className: "link", textContent });
    button.addEventListener("click", async () => {
      button.disabled = true;
      let said = texts.failed;
      try {
        const answer = await fetch(sending.dataset.resend, { method: "POST", body: new URLSearchParams({ id }) });
        // Whoever was signed out meanwhile is led elsewhere.
        if (new URL(answer.url).pathname !== "/sign-in") {
          const page = await read(answer);
          said = ($(".banner span", page) ?? $(".summary li", page) ?? $("main h1", page)).textContent;
        }
      } catch {
        // It is said below.
      }
      button.replaceWith(make("b", { textContent: said }));
      say(said);
      field.focus();
    });
    return button;
  };
  // Other pages open beside this one, for the same reason.
  const anchors = (links) => links.map(([label, href]) => make("a", { href, target: "_blank" }, label, " ", icon("external-link")));
  const note = (text, error, email, acts) => make("p", { className: error ? "note red" : "note" },
    icon(error ? "circle-alert" : "info"),
    make("span", {}, ...(email ? [make("b", { textContent: email }), " "] : []), text, ...acts));
  const tell = (state) => {
    states = state.entries.length === list.length ? state.entries : [];
    show();
    counter.hidden = false;
    $("[data-counter]").textContent = state.counter;
    $("[data-send] span").textContent = state.button;
    $("[data-seats]").value = state.total;
    $("[data-added]").textContent = state.added;
    for (const total of all("[data-total]")) total.textContent = state.of;
    for (const row of all("[data-live]")) row.hidden = false;
    // What the page says at the field already is not said twice.
    const told = $("#emails-error")?.textContent ?? "";
    notes.replaceChildren(...states.flatMap(({ text, links, resend, state }, index) =>
      text && !told.includes(text) ? [note(text, state === "error", state === "known" && list[index].text, [...(resend ? [again(resend)] : []), ...anchors(links)])] : []));
    if (state.note && !told.includes(state.note)) notes.append(note(state.note, true, "", anchors(state.links)));
    if (state.keep) notes.append(make("button", { className: "slim", name: "act", value: "keep-first", textContent: state.keep }));
  };
  const ask = async () => {
    const mine = ++asked;
    const body = new URLSearchParams({ emails: area.value, merged });
    try {
      const answer = await fetch(sending.dataset.state, { method: "POST", body });
      if (answer.ok && mine === asked) tell(await answer.json());
    } catch {
      // The list is checked again when it is sent.
    }
  };

  field.addEventListener("keydown", (event) => {
    const typed = field.value;
    // A comma after what is no address yet may be a slip inside of one, or belong to a name.
    const ends = /[,;]/.test(event.key) && parse(typed).entries.at(-1)?.fine;
    if (ends || event.key === "Enter") {
      event.preventDefault();
      if (typed) take(typed);
    } else if (event.key === "Backspace" && !typed && list.length) {
      event.preventDefault();
      field.value = list.at(-1).text;
      set(list.slice(0, -1));
    }
  });
  field.addEventListener("paste", (event) => {
    const pasted = event.clipboardData.getData("text");
    if (!/[@,;\n]/.test(pasted)) return;
    event.preventDefault();
    take(field.value + pasted);
  });
  field.addEventListener("change", () => field.value && take(field.value));
  box.addEventListener("click", (event) => event.target === box && field.focus());
  $("[data-clear]").addEventListener("click", () => {
    merged = 0;
    set([]);
  });
  sending.addEventListener("submit", () => {
    if (field.value) take(field.value);
  }, true);

  // The mail says which roles; those of the last time are taken over in place.
  const roles = () => all("[name=roles]", sending);
  const name = () => {
    const chosen = roles().filter((role) => role.checked);
    $("[data-roles]").textContent = chosen.map((role) => $("b", role.parentElement).textContent).join(", ");
    $("[data-as]").hidden = !chosen.length;
  };
  sending.addEventListener("change", name);
  $("[data-preset]")?.addEventListener("click", (event) => {
    event.preventDefault();
    const wanted = event.target.dataset.preset.split(" ");
    for (const role of roles()) {
      role.checked = wanted.includes(role.value);
      if (role.checked) role.closest("details")?.setAttribute("open", "");
    }
    name();
    save(sending);
  });

  const begin = () => {
    const { later } = sending.elements;
    later.parentElement.hidden = !later.value;
    name();
    list = parse(area.value).entries;
    show();
    if (list.length) ask();
  };
  area.hidden = true;
  area.removeAttribute("id");
  area.after(box);
  begin();
  sending.addEventListener("restored", begin);
  if (area.autofocus) field.focus();
}
