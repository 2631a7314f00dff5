// The mailbox of a trial shows new mail as it is delivered. Without script its button does.
const live = document.querySelector("#live");
setInterval(async () => {
  if (document.hidden) return;
  try {
    const response = await fetch(location.href);
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const [shown, fresh] = [document, page].map((root) => root.querySelector("[data-mail]"));
    if (!fresh || fresh.dataset.mail === shown.dataset.mail) return;
    const focused = shown.contains(document.activeElement) && document.activeElement.getAttribute("href");
    shown.replaceWith(document.importNode(fresh, true));
    if (focused) [...document.querySelectorAll("[data-mail] a")].find((link) => link.getAttribute("href") === focused)?.focus();
    live.textContent = fresh.dataset.count;
  } catch {
    // The next round tries again.
  }
}, 2000);
