// Inviting: addresses as chips over the same text field. Lists are read as `core/src/email_list.rs` reads them.
import { $, all, make, on, read, save, say } from "{console.js}";

const LOCAL = "[a-z0-9#$&'*+/=?^_`{|}~-]+";
const LABEL = "[\\p{L}\\p{N}]([\\p{L}\\p{M}\\p{N}-]*[\\p{L}\\p{M}\\p{N}])?";
const ADDRESS = new RegExp(`^${LOCAL}(\\.${LOCAL})*@(${LABEL}\\.)+(?!\\d+$)${LABEL}$`, "iu");
const AROUND = /^["'`()[\]{},:;|*•·–—<>-]+|["'`()[\]{},:;|*•·–—<>-]+$/g;
const bare = (text) => text.trim().replace(/[\u200c\u200d]/g, "").replace(/[‘’]/g, "'")
  .replace(/[\uff01-\uff5e]/g, (c) => String.fromCharCode(c.charCodeAt() - 65248))
  .replace(AROUND, "").replace(/[.!?…]+$/, "").replace(/^mailto:([^?|]*).*/i, "$1").replace(AROUND, "");
const trimPunctuation = (text) => text.replace(/^[\s"'`‘’,.;:|*•·–—)\]>-]+|[\s"'`‘’,.;:|*•·–—([<-]+$/g, "");
const fold = (text) => text.toLowerCase().replace(/[^\p{L}]/gu, "");
const hasLetter = (text) => /\p{L}/u.test(text);
const isFine = (text) => ADDRESS.test(bare(text));
// A mention such as @ana is no address.
const isCandidate = (word) => word.includes("@") && /^[^@]|^@.*\./.test(bare(word));
const canonical = (text) => {
  const at = text.lastIndexOf("@");
  try {
    return text.slice(0, at).toLowerCase() + "@" + new URL("http://" + text.slice(at + 1)).hostname;
  } catch {
    return text;
  }
};
const unlabelled = (text) => {
  const name = trimPunctuation(text);
  return /:\s*$/.test(text) && !name.includes(" ") ? "" : trimPunctuation(name.slice(name.lastIndexOf(":") + 1)).replace(/^\d+[.)] /, "");
};
const isName = (text) => {
  const words = text.split(" ");
  return words.length < 7 && hasLetter(text) && !/[\d@:/\\_=<>|#*+?!;"]|^(e-?mail|почта|адрес)$/i.test(text)
    && words.every((word, index) => {
      const first = /\p{L}/u.exec(word)?.[0] ?? "";
      return first !== first.toLowerCase() || first === first.toUpperCase()
        || index && (word.length < 4 || /['’-]/.test(word));
    });
};
const nameInCells = (cells, single) => {
  const names = cells.filter(isName);
  return names.find((name) => name.includes(" ")) ?? (single ? names.slice(0, 2).join(" ") : "");
};
const split = (text, separator) => {
  const balanced = text.split('"').length % 2, cells = [""];
  let quoted;
  for (const c of text) {
    if (c === '"') quoted = !quoted && balanced;
    if (c === separator && !quoted) cells.push("");
    else cells[cells.length - 1] += c;
  }
  return cells;
};
const isMail = (title) => /email|^mail|почт|principal|^адрес$/.test(title);
const readHeader = (separator, cells) => {
  const titles = cells.map(fold), found = (test) => titles.findIndex((title) => test.test(title));
  const mails = [...titles.keys()].filter((at) => isMail(titles[at]) && cells[at].trim().split(/\s+/).length < 6);
  const later = (at) => titles[at].includes("principal");
  return mails.length && {
    separator, length: cells.length, mails: mails.sort((a, b) => later(a) - later(b)),
    parts: [/^(first|given)name|^имя$/, /^((last|family)name|surname|фамил)/].map(found),
    full: [found(/^(full|display)?name|^фио|^имя./)],
    hidden: (at) => /passw|парол/.test(titles[at]),
  };
};

export const parse = (text, isRole = () => false) => {
  const seen = new Map(), entries = [], left = new Set();
  let merged = 0, header;
  const leave = (text) => (text = trimPunctuation(text)) && hasLetter(text) && left.add(text);
  const leaveList = (text) => text.split(",").forEach(leave);
  const add = (text, name, row) => {
    if (!text) return;
    const fine = isFine(text), key = fine ? canonical(text) : text, known = seen.get(key);
    name ||= row.name;
    if (known) {
      merged++;
      known.name ||= name;
      known.roles = [...new Set([...known.roles, ...row.roles])];
      return;
    }
    const entry = { text, name, roles: row.roles, fine, key };
    seen.set(key, entry);
    entries.push(entry);
  };
  const nameBefore = (words) => {
    const last = words.splice(words.findLastIndex((word) => word.endsWith(",")) + 1);
    const name = unlabelled(last.join(" "));
    leaveList(words.join(" "));
    if (isName(name)) return name;
    leave(name);
    return "";
  };
  // Adds the addresses of a text without brackets and returns the words after the last one.
  const readWords = (text, row) => {
    let words = [];
    for (const word of text.split(/\s+/).filter(Boolean)) {
      if (!isCandidate(word)) {
        words.push(word);
        continue;
      }
      const parts = [];
      for (const part of word.split(",")) {
        const last = parts.at(-1);
        if (last && part && !part.includes("@") && isCandidate(last) && !isFine(last)) parts.push(parts.pop() + "," + part);
        else parts.push(part);
      }
      for (const part of parts) {
        if (isCandidate(part)) {
          const name = nameBefore(words);
          words = [];
          add(bare(part), name, row);
        } else if (part) words.push(part + ",");
      }
    }
    return words.join(" ");
  };
  const readBracket = (before, inside, row) => {
    const link = isCandidate(before.trim().split(/\s+/).pop()), words = readWords(before, row);
    if (link && /^\s*mailto:/.test(inside)) return;
    if (!isCandidate(inside)) return void leave(`${words} <${inside}>`);
    const all = unlabelled(words).split(" ");
    let at = all.findIndex((_, at) => isName(all.slice(at).join(" ")));
    if (at < 0) at = all.length < 4 ? 0 : all.length;
    leaveList(all.slice(0, at).join(" "));
    const name = all.slice(at).join(" ");
    add(bare(inside), hasLetter(name) ? name : "", row);
  };
  const readList = (text, row) => {
    for (let piece of split(text, ";")) {
      let match;
      while ((match = /^([^<]*)<([^>]*)>/.exec(piece))) {
        readBracket(match[1], match[2], row);
        piece = piece.slice(match[0].length);
      }
      leave(readWords(piece, row));
    }
  };
  const rolesIn = (cell) => {
    const ways = [/[,;/|]/, /\s+/].map((divider) => cell.split(divider).map(trimPunctuation).filter(Boolean));
    return ways.find((words) => words.every(isRole)) ?? [];
  };
  const leaveExcept = (cells, name) => {
    for (const cell of cells) if (cell !== name && !name.split(" ").includes(cell)) leave(cell);
  };
  const readRow = (separator, cells) => {
    if (!cells.some((cell) => cell.includes("@"))) {
      header = readHeader(separator, cells) || header;
      for (const cell of cells) if (!isMail(fold(cell))) leave(cell);
      return;
    }
    const roles = cells.flatMap(rolesIn), known = header?.separator === separator && header;
    const mail = known ? known.mails.find((at) => cells[at]?.includes("@")) : undefined;
    if (mail !== undefined) {
      const filled = (at) => cells[at]?.trim(), parts = known.parts.filter(filled);
      const names = parts.length ? parts : known.full.filter(filled);
      const name = names.map((at) => trimPunctuation(cells[at])).join(" ");
      const used = [mail, ...known.parts, ...known.full];
      cells.forEach((cell, at) => used.includes(at) || known.hidden(at) || rolesIn(cell).length || leave(cell));
      return readList(cells[mail], { name: hasLetter(name) ? name : "", roles });
    }
    const count = entries.length;
    let waiting = [], name = "";
    for (const cell of cells) {
      if (cell.includes("@")) {
        name = nameInCells(waiting, true);
        leaveExcept(waiting, name);
        waiting = [];
        readList(cell, { name, roles });
      } else if (!rolesIn(cell).length) waiting.push(trimPunctuation(cell));
    }
    name = "";
    if (entries.length === count + 1 && !entries[count].name) name = entries[count].name = nameInCells(waiting);
    leaveExcept(waiting, name);
  };
  const isRow = (separator, cells) => {
    const addresses = cells.filter((cell) => cell.includes("@"));
    return separator === "\t" || header?.separator === separator && header.length === cells.length
      || (addresses.length ? !addresses[1] && !/\s/.test(addresses[0].trim()) && isFine(addresses[0]) : readHeader(separator, cells));
  };
  const lines = text.replace(/[\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g, "")
    .replace(/[“”„‟«»＂]/g, '"').replace(/[；؛]/g, ";").replace(/[，、،]/g, ",").replace(/[＠﹫]/g, "@")
    .replace(/＜/g, "<").replace(/＞/g, ">").split(/[\n\r\v\f\x85\u2028\u2029]/);
  line: for (const line of lines) {
    for (const separator of "\t;,|") {
      const cells = split(line, separator);
      if (cells[1] === undefined || !isRow(separator, cells)) continue;
      readRow(separator, cells);
      continue line;
    }
    if (!line.trim()) continue;
    header = null;
    readList(line, { name: "", roles: [] });
  }
  return { entries, merged, left: [...left] };
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
  const groups = $("[data-groups]");
  const words = new Set(texts.roleWords.split("|")), isRole = (word) => words.has(word.toLowerCase());
  let list = [], left = [], merged = 0, states = [], asked = 0, timer;

  const icon = (name) => {
    const found = $("svg.icon").cloneNode(true), use = $("use", found);
    use.setAttribute("href", use.getAttribute("href").replace(/#.*/, "#" + name));
    return found;
  };
  const line = ({ name, text, roles }) =>
    (name ? `"${name}" <${text}>` : text) + (roles.length ? "\t" + roles.join(", ") : "");
  const act = (className, textContent, click) => {
    const button = make("button", { type: "button", className, textContent });
    button.addEventListener("click", click);
    return button;
  };
  const chip = (entry, index) => {
    const state = states[index]?.state ?? (entry.fine ? "" : "error");
    const remove = act("", "", () => set(list.toSpliced(index, 1)));
    remove.append(icon("x"));
    remove.setAttribute("aria-label", texts.remove.replace("#", entry.text));
    // A chip can be typed anew.
    const edit = act("edit", "", () => {
      if (field.value) take(field.value);
      set(list.filter((other) => other !== entry));
      field.value = line(entry);
    });
    edit.append(...(entry.name ? [make("b", { textContent: entry.name })] : []), entry.text, ...entry.roles.map((textContent) => make("i", { textContent })));
    edit.title = texts.edit.replace("#", entry.text);
    const sign = { fine: "check", known: "info", error: "circle-alert" }[state];
    return make("span", { className: `chip ${state}` }, ...(sign ? [icon(sign)] : []), edit, remove);
  };
  const show = () => {
    // The field itself stays where it is: it must not lose the focus.
    for (const old of all(".chip", box)) old.remove();
    field.before(...list.map(chip));
    // Words that are left out stay in the list, so that they are named; passed over addresses would be taken.
    area.value = [...list.map(line), ...left.filter((word) => !word.includes("@"))].join("\n");
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
    const found = parse(text, isRole);
    const known = new Set(list.map((entry) => entry.key));
    const fresh = found.entries.filter((entry) => !known.has(entry.key));
    left.push(...found.left);
    merged += found.merged + found.entries.length - fresh.length;
    field.value = "";
    set([...list, ...fresh]);
  };
  // Sends an invitation again and says in its place what came of it: the list stays.
  on("click", "[data-again]", async (button) => {
    button.disabled = true;
    let said = texts.failed;
    try {
      const response = await fetch(sending.dataset.resend, { method: "POST", body: new URLSearchParams({ id: button.dataset.again }) });
      // A user who was signed out meanwhile is redirected.
      if (new URL(response.url).pathname !== "/sign-in") {
        const page = await read(response);
        said = ($(".banner span", page) ?? $(".summary li", page) ?? $("main h1", page)).textContent;
      }
    } catch {
      // It is said below.
    }
    button.replaceWith(make("b", { textContent: said }));
    say(said);
    field.focus();
  });
  // Other changes of the list are made by the server, and taken over in place.
  on("click", "[data-notes] [name=act]:not([value=keep-first])", async (button, event) => {
    event.preventDefault();
    try {
      const body = new URLSearchParams(new FormData(sending, button));
      const page = await read(await fetch(sending.action, { method: "POST", body }));
      const { value } = $("textarea[name=emails]", page);
      list = [];
      left = [];
      take(value);
    } catch {
      sending.requestSubmit(button);
    }
  });
  const parts = (html) => new DOMParser().parseFromString(html, "text/html").body;
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
    notes.replaceChildren(...parts(state.notes).childNodes);
    // What the page shows at the field already is not shown twice.
    const errorText = $("#emails-error")?.textContent ?? "";
    for (const text of all("[data-text]", notes)) if (errorText.includes(text.textContent)) text.remove();
    for (const note of all("p.note", notes)) if (!$("span", note).textContent.trim()) note.remove();
    const found = parts(state.groups), heading = (root) => $("summary b", root);
    // A focused group must not lose the focus.
    if (groups.contains(document.activeElement) && heading(found)) heading(groups).textContent = heading(found).textContent;
    else groups.replaceChildren(...found.childNodes);
  };
  const ask = async () => {
    const mine = ++asked;
    const emails = area.value, body = new URLSearchParams({ emails, merged, product: sending.elements.product.value });
    for (const { name, value } of all("[name]", groups)) body.append(name, value);
    try {
      const response = await fetch(sending.dataset.state, { method: "POST", body });
      if (!response.ok || mine !== asked) return;
      tell(await response.json());
      sending.elements.reviewed.value = emails;
    } catch {
      // The list is checked again when it is sent.
    }
  };

  field.addEventListener("keydown", (event) => {
    const typed = field.value;
    if (event.key === "Enter") {
      event.preventDefault();
      if (typed) take(typed);
    } else if (event.key === "Backspace" && !typed && list.length) {
      event.preventDefault();
      field.value = line(list.at(-1));
      set(list.slice(0, -1));
    }
  });
  // A comma or space after what is no address yet may be a slip inside of one, or belong to a name.
  field.addEventListener("input", (event) => {
    if (!event.isComposing && /[,;\s，；]$/.test(field.value) && parse(field.value, isRole).entries.at(-1)?.fine) take(field.value);
  });
  field.addEventListener("paste", (event) => {
    const pasted = event.clipboardData.getData("text");
    if (!/[@＠\n\t]/.test(pasted)) return;
    event.preventDefault();
    take(field.value + pasted);
  });
  field.addEventListener("change", () => /[@＠]/.test(field.value) && take(field.value));
  box.addEventListener("click", (event) => event.target === box && field.focus());
  $("[data-clear]").addEventListener("click", () => {
    merged = 0;
    left = [];
    set([]);
  });
  groups.addEventListener("change", ask);
  sending.addEventListener("submit", () => {
    if (/[@＠]/.test(field.value)) take(field.value);
    // Words that are no address yet are sent as they are, so that the page can name them.
    else if (field.value) area.value += "\n" + field.value;
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
    ({ entries: list, left } = parse(area.value, isRole));
    show();
    if (area.value) ask();
  };
  area.hidden = true;
  area.removeAttribute("id");
  area.after(box);
  begin();
  sending.elements.reviewed.value = area.value;
  sending.addEventListener("restored", begin);
  if (area.autofocus) field.focus();
}
