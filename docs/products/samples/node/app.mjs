// A product that users sign in to through Convoke. Each session is in a cookie of its browser.
import express from "express";
import oidc from "express-openid-connect";

const { ISSUER = "http://127.0.0.1:8080", CLIENT_ID = "desk", CLIENT_SECRET, BASE_URL = "http://127.0.0.1:3000" } = process.env;
const ended = new Set(); // `sid` of each logout token. In memory: several servers need a store that they share.
const authorizationParams = { response_type: "code", scope: "openid profile" };

const app = express();
app.use(oidc.auth({
  issuerBaseURL: ISSUER, clientID: CLIENT_ID, clientSecret: CLIENT_SECRET, baseURL: BASE_URL, secret: CLIENT_SECRET,
  authRequired: false, idpLogout: true, authorizationParams, routes: { login: false, logout: false },
  backchannelLogout: {
    onLogoutToken: ({ sid }) => ended.add(sid),
    isLoggedOut: () => false, // home() shows why the user is signed out.
    onLogin: false,
  },
}));

/** The claims of the ID token, until a logout token ends the session. */
function user({ oidc: { idTokenClaims } }) {
  return idTokenClaims && !ended.has(idTokenClaims.sid) ? idTokenClaims : null;
}

const escape = (text) => String(text).replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
const page = (content) => `<!doctype html><title>Desk</title><h1>Desk</h1>${content}`;

app.get("/", (request, response) => {
  response.set("Cache-Control", "no-store");
  const claims = user(request);
  if (!claims) {
    const note = request.oidc.idTokenClaims ? "<p>You are signed out: your access has ended.</p>" : "";
    return response.send(page(`${note}<p><a href="login">Sign in</a></p>`));
  }
  const { name, account, roles, owner } = claims;
  response.send(page(`<dl><dt>Name<dd>${escape(name)}<dt>Account<dd>${escape(account.name)} (${account.id})
    <dt>Roles<dd>${roles.join(", ")}<dt>Owner<dd>${owner ? "yes" : "no"}</dl>
    <p><a href="login?prompt=select_account">Switch account</a></p>
    <form method="post" action="logout"><button>Sign out</button></form>
    <script>setInterval(async () => (await fetch("session")).status === 401 && location.reload(), 500)</script>`));
});

// Convoke's "Open" sends `account`.
app.get("/login", ({ query }, response) => {
  const chosen = ["account", "prompt"].filter((name) => query[name]).map((name) => [name, query[name]]);
  response.oidc.login({ returnTo: BASE_URL, authorizationParams: { ...authorizationParams, ...Object.fromEntries(chosen) } });
});
app.get("/session", (request, response) => response.sendStatus(user(request) ? 204 : 401));
app.post("/logout", (_, response) => response.oidc.logout({ returnTo: `${BASE_URL}/` }));

// Such as access_denied: the user went back.
app.use((error, request, response, next) => {
  const text = `<p>It failed: ${escape(error.error_description ?? error.message)}</p><p><a href="./">Back</a></p>`;
  response.status(error.status ?? 500).send(page(text));
});
app.listen(new URL(BASE_URL).port || 80, "127.0.0.1", () => console.log(`Desk is at ${BASE_URL}/`));
