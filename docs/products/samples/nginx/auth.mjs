// Signs users in for nginx: auth_request asks /auth/check at each request. Sessions are in memory.
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { createRemoteJWKSet, jwtVerify } from "jose";
import * as oidc from "openid-client";

const { ISSUER, CLIENT_ID, CLIENT_SECRET, BASE_URL, LISTEN = "127.0.0.1:3001" } = process.env;
if (!ISSUER || !CLIENT_ID || !CLIENT_SECRET || !BASE_URL) throw new Error("set ISSUER, CLIENT_ID, CLIENT_SECRET, BASE_URL");
const LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout";

// Plain http is for a Convoke on this machine only.
const execute = /^http:\/\/127\.0\.0\.1(:|$)/.test(ISSUER) ? [oidc.allowInsecureRequests] : [];
const config = await oidc.discovery(new URL(ISSUER), CLIENT_ID, CLIENT_SECRET, undefined, { execute });
const { issuer, jwks_uri } = config.serverMetadata();
const keys = createRemoteJWKSet(new URL(jwks_uri));
const requests = new Map(); // sign-ins in progress, by state
const sessions = new Map(); // by the id in the cookie

const cookie = (request, name) => new RegExp(`(?:^|; )${name}=([^;]+)`).exec(request.headers.cookie ?? "")?.[1];
const secure = BASE_URL.startsWith("https:") ? "; Secure" : "";
const setCookie = (name, value) => ({ "Set-Cookie": `${name}=${value}; Path=/; HttpOnly; SameSite=Lax${secure}` });
const redirect = (response, to, headers) => response.writeHead(303, { Location: String(to), ...headers }).end();

function check({ request, response }) {
  const session = sessions.get(cookie(request, "auth"));
  if (!session) return response.writeHead(401).end();
  const { sub, account, roles, owner } = session.claims;
  response.writeHead(204, { "X-User": sub, "X-Account": account.id, "X-Roles": roles.join(","), "X-Owner": String(owner) }).end();
}

// nginx sends the address of the request that needs a sign-in. The link /auth/switch leads to the start of the site.
async function login({ request, response, url }) {
  // Scripts get 401: a page of Convoke is of no use to them.
  if ((request.headers["sec-fetch-mode"] ?? "navigate") !== "navigate") return response.writeHead(401).end();
  const [state, nonce, verifier] = [oidc.randomState(), oidc.randomNonce(), oidc.randomPKCECodeVerifier()];
  requests.set(state, { nonce, verifier, returnTo: request.headers["x-return-to"] ?? "/" });
  setTimeout(() => requests.delete(state), 600_000).unref();
  const parameters = {
    redirect_uri: `${BASE_URL}/auth/callback`, scope: "openid", state, nonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier), code_challenge_method: "S256",
  };
  const account = url.searchParams.get("account");
  if (account) parameters.account = account;
  else if (url.pathname === "/auth/switch") parameters.prompt = "select_account";
  redirect(response, oidc.buildAuthorizationUrl(config, parameters), setCookie("auth-state", state));
}

async function callback({ request, response, url }) {
  const state = cookie(request, "auth-state");
  const started = requests.get(state);
  if (!started) throw new Error("no sign-in was started in this browser");
  // A newer sign-in of this browser counts.
  if (url.searchParams.get("state") !== state) return redirect(response, `${BASE_URL}/`);
  requests.delete(state);
  const checks = { expectedState: state, expectedNonce: started.nonce, pkceCodeVerifier: started.verifier };
  const tokens = await oidc.authorizationCodeGrant(config, url, checks);
  const id = randomUUID();
  sessions.set(id, { claims: tokens.claims(), idToken: tokens.id_token });
  redirect(response, BASE_URL + started.returnTo, setCookie("auth", id));
}

async function backchannelLogout({ request, response }) {
  let body = "";
  for await (const chunk of request) if ((body += chunk).length > 16_384) throw new Error("the body is too long");
  const token = new URLSearchParams(body).get("logout_token") ?? "";
  const required = { issuer, audience: CLIENT_ID, typ: "logout+jwt", requiredClaims: ["exp", "iat", "jti", "sid"] };
  const { payload } = await jwtVerify(token, keys, required);
  if (!payload.events?.[LOGOUT_EVENT] || "nonce" in payload) throw new Error("this is not a logout token");
  for (const [id, { claims }] of sessions) if (claims.sid === payload.sid) sessions.delete(id);
  response.writeHead(204, { "Cache-Control": "no-store" }).end();
}

function logout({ request, response }) {
  const id = cookie(request, "auth");
  const hint = sessions.get(id)?.idToken;
  sessions.delete(id);
  const parameters = { post_logout_redirect_uri: `${BASE_URL}/`, ...(hint && { id_token_hint: hint }) };
  redirect(response, oidc.buildEndSessionUrl(config, parameters));
}

const routes = {
  "GET /auth/check": check, "GET /auth/login": login, "GET /auth/switch": login, "GET /auth/callback": callback,
  "POST /auth/logout": logout, "POST /auth/backchannel-logout": backchannelLogout,
};
const [host, port] = LISTEN.split(":");
createServer(async (request, response) => {
  try {
    const url = new URL(BASE_URL + request.url);
    const handler = routes[`${request.method} ${url.pathname}`];
    if (!handler) return response.writeHead(404).end();
    await handler({ request, response, url });
  } catch (error) {
    console.error(error);
    response.writeHead(400, { "Content-Type": "text/plain; charset=utf-8" }).end(error.error_description ?? error.message);
  }
}).listen(port, host, () => console.log(`sign-in for ${BASE_URL} listens on ${LISTEN}`));
