// A product that users sign in to through Convoke. Its sessions are in memory.
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { createRemoteJWKSet, jwtVerify } from "jose";
import * as oidc from "openid-client";

const { ISSUER = "http://127.0.0.1:8080", CLIENT_ID = "desk", CLIENT_SECRET, BASE_URL = "http://127.0.0.1:3000" } = process.env;
if (!CLIENT_SECRET) throw new Error("set CLIENT_SECRET");
const LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout";

// Plain http is for a Convoke on this machine only.
const execute = /^http:\/\/127\.0\.0\.1(:|$)/.test(ISSUER) ? [oidc.allowInsecureRequests] : [];
const config = await oidc.discovery(new URL(ISSUER), CLIENT_ID, CLIENT_SECRET, undefined, { execute });
const { issuer, jwks_uri } = config.serverMetadata();
const keys = createRemoteJWKSet(new URL(jwks_uri));

// By the id in the cookie: { request } during a sign-in, { user, idToken } after it, { ended } after a logout token.
const sessions = new Map();

function startSession(response, session) {
  const id = randomUUID();
  sessions.set(id, session);
  const secure = BASE_URL.startsWith("https:") ? "; Secure" : "";
  response.setHeader("Set-Cookie", `desk=${id}; Path=/; HttpOnly; SameSite=Lax${secure}`);
}

const redirect = (response, to) => response.writeHead(303, { Location: String(to) }).end();

async function login({ response, url, session }) {
  const verifier = oidc.randomPKCECodeVerifier();
  const request = { state: oidc.randomState(), nonce: oidc.randomNonce(), verifier };
  const parameters = {
    redirect_uri: `${BASE_URL}/callback`, scope: "openid profile", state: request.state, nonce: request.nonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier), code_challenge_method: "S256",
  };
  for (const name of ["account", "prompt"]) {
    if (url.searchParams.has(name)) parameters[name] = url.searchParams.get(name);
  }
  if (session) session.request = request;
  else startSession(response, { request });
  redirect(response, oidc.buildAuthorizationUrl(config, parameters));
}

async function callback({ response, url, id, session }) {
  if (!session?.request) throw new Error("no sign-in was started in this browser");
  const { state, nonce, verifier } = session.request;
  const checks = { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier };
  const tokens = await oidc.authorizationCodeGrant(config, url, checks);
  const { sub, sid, account, roles, owner } = tokens.claims();
  const { name } = await oidc.fetchUserInfo(config, tokens.access_token, sub);
  sessions.delete(id);
  startSession(response, { user: { sub, sid, name, account, roles, owner }, idToken: tokens.id_token });
  redirect(response, `${BASE_URL}/`);
}

async function backchannelLogout({ request, response }) {
  let body = "";
  for await (const chunk of request) if ((body += chunk).length > 16_384) throw new Error("the body is too long");
  const token = new URLSearchParams(body).get("logout_token") ?? "";
  const required = { issuer, audience: CLIENT_ID, typ: "logout+jwt", requiredClaims: ["exp", "iat", "jti", "sid"] };
  const { payload } = await jwtVerify(token, keys, required);
  if (!payload.events?.[LOGOUT_EVENT] || "nonce" in payload) throw new Error("this is not a logout token");
  for (const [id, { user }] of sessions) if (user?.sid === payload.sid) sessions.set(id, { ended: true });
  response.writeHead(204, { "Cache-Control": "no-store" }).end();
}

function logout({ response, id, session }) {
  sessions.delete(id);
  const parameters = { post_logout_redirect_uri: `${BASE_URL}/`, ...(session?.idToken && { id_token_hint: session.idToken }) };
  redirect(response, oidc.buildEndSessionUrl(config, parameters));
}

const escape = (text) => String(text).replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);

function page(response, status, content) {
  response.writeHead(status, { "Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store" });
  response.end(`<!doctype html><title>Desk</title><h1>Desk</h1>${content}`);
}

function home({ response, session }) {
  const signIn = '<p><a href="login">Sign in</a></p>';
  if (session?.ended) return page(response, 200, `<p>You are signed out: your access has ended.</p>${signIn}`);
  if (!session?.user) return page(response, 200, signIn);
  const { name, account, roles, owner } = session.user;
  const rows = [["Name", name], ["Account", `${account.name} (${account.id})`], ["Roles", roles.join(", ")], ["Owner", owner ? "yes" : "no"]];
  page(response, 200, `<dl>${rows.map(([term, text]) => `<dt>${term}<dd>${escape(text)}`).join("")}</dl>
    <p><a href="login?prompt=select_account">Switch account</a></p>
    <form method="post" action="logout"><button>Sign out</button></form>
    <script>setInterval(async () => (await fetch("session")).status === 401 && location.reload(), 500)</script>`);
}

const status = ({ response, session }) => response.writeHead(session?.user ? 204 : 401).end();

const routes = {
  "GET /": home, "GET /login": login, "GET /callback": callback, "GET /session": status,
  "POST /logout": logout, "POST /backchannel-logout": backchannelLogout,
};
createServer(async (request, response) => {
  try {
    const url = new URL(BASE_URL + request.url);
    const id = /(?:^|; )desk=([^;]+)/.exec(request.headers.cookie ?? "")?.[1];
    const handler = routes[`${request.method} ${url.pathname}`];
    if (!handler) return page(response, 404, "<p>There is no such page.</p>");
    await handler({ request, response, url, id, session: sessions.get(id) });
  } catch (error) {
    console.error(error);
    page(response, 400, `<p>It failed: ${escape(error.error_description ?? error.message)}</p><p><a href="./">Back</a></p>`);
  }
}).listen(new URL(BASE_URL).port || 80, "127.0.0.1", () => console.log(`Desk is at ${BASE_URL}/`));
