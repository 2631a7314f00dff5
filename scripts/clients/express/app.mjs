// / shows the ID token of the session, /userinfo the claims of now.
import express from "express";
import oidc from "express-openid-connect";

const { ISSUER, CLIENT_ID, CLIENT_SECRET, BASE_URL, PORT } = process.env;
const entries = new Map();
const store = {
  get: (id, done) => done(null, entries.get(id)),
  set: (id, entry, done) => { entries.set(id, entry); done?.(null); },
  destroy: (id, done) => { entries.delete(id); done?.(null); },
};

const page = (claims) => claims
  ? `<!doctype html><title>App</title><p>${claims.name ?? claims.sub}, ${claims.account.name}, ${claims.roles.join(" ")}</p>
     <a href="switch?prompt=select_account">Switch account</a> <a href="logout">Sign out</a>`
  : `<!doctype html><title>App</title><a href="login">Sign in</a>`;
const authorizationParams = { response_type: "code", scope: "openid profile" };

const app = express();
app.use(oidc.auth({
  issuerBaseURL: ISSUER, clientID: CLIENT_ID, clientSecret: CLIENT_SECRET, baseURL: BASE_URL, secret: CLIENT_SECRET,
  authRequired: false, idpLogout: true, authorizationParams,
  backchannelLogout: {
    store,
    onLogoutToken: ({ sid }) => new Promise((done) => store.set(sid, { cookie: { maxAge: 86_400_000 } }, done)),
    isLoggedOut: (request) => new Promise((done) =>
      store.get(request.oidc.idTokenClaims.sid, (error, found) => done(Boolean(error || found)))),
    onLogin: false,
  },
}));
app.get("/", (request, response) => response.send(page(request.oidc.isAuthenticated() && request.oidc.idTokenClaims)));
app.get("/userinfo", async (request, response) => response.send(page(await request.oidc.fetchUserInfo())));
app.get("/switch", (_, response) =>
  response.oidc.login({ returnTo: "/", authorizationParams: { ...authorizationParams, prompt: "select_account" } }));
app.listen(PORT, "127.0.0.1");
