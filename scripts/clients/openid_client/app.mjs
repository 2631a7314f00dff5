// A product with refresh tokens: /refresh reads the roles of now, / shows what the session has.
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { createRemoteJWKSet, jwtVerify } from "jose";
import * as oidc from "openid-client";

const { ISSUER, CLIENT_ID, CLIENT_SECRET, BASE_URL, PORT } = process.env;
const LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout";
const metadata = { client_secret: CLIENT_SECRET, id_token_signed_response_alg: "ES256" };
const config = await oidc.discovery(new URL(ISSUER), CLIENT_ID, metadata, oidc.ClientSecretBasic(CLIENT_SECRET),
  { execute: [oidc.allowInsecureRequests] });
const { issuer, jwks_uri } = config.serverMetadata();
const keys = createRemoteJWKSet(new URL(jwks_uri));
const sessions = new Map(); // by the id in the cookie

const redirect = (response, to) => response.writeHead(303, { Location: String(to) }).end();

function startSession(response, session) {
  const id = randomUUID();
  sessions.set(id, session);
  response.setHeader("Set-Cookie", `app=${id}; Path=/; HttpOnly; SameSite=Lax`);
}

async function login({ response, url }) {
  const request = { state: oidc.randomState(), nonce: oidc.randomNonce(), verifier: oidc.randomPKCECodeVerifier() };
  startSession(response, { request });
  const prompt = url.searchParams.get("prompt");
  redirect(response, oidc.buildAuthorizationUrl(config, {
    redirect_uri: `${BASE_URL}/callback`, scope: "openid profile offline_access", state: request.state, nonce: request.nonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(request.verifier), code_challenge_method: "S256",
    ...(prompt && { prompt }),
  }));
}

async function callback({ response, url, id, session }) {
  const { state, nonce, verifier } = session.request;
  const checks = { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier, idTokenExpected: true };
  const tokens = await oidc.authorizationCodeGrant(config, url, checks);
  const { name } = await oidc.fetchUserInfo(config, tokens.access_token, tokens.claims().sub);
  sessions.delete(id);
  startSession(response, { tokens, name, claims: tokens.claims() });
  redirect(response, `${BASE_URL}/`);
}

async function refresh({ response, session }) {
  if (session?.tokens) {
    session.tokens = await oidc.refreshTokenGrant(config, session.tokens.refresh_token);
    session.claims = session.tokens.claims();
  }
  redirect(response, `${BASE_URL}/`);
}

async function backchannelLogout({ request, response }) {
  let body = "";
  for await (const chunk of request) body += chunk;
  const claims = ["exp", "iat", "jti", "sid"];
  const required = { issuer, audience: CLIENT_ID, typ: "logout+jwt", algorithms: ["ES256"], requiredClaims: claims };
  const { payload } = await jwtVerify(new URLSearchParams(body).get("logout_token") ?? "", keys, required);
  if (!payload.events?.[LOGOUT_EVENT] || "nonce" in payload) throw new Error("this is not a logout token");
  for (const [id, { claims }] of sessions) if (claims?.sid === payload.sid) sessions.delete(id);
  response.writeHead(204).end();
}

function logout({ response, id, session }) {
  sessions.delete(id);
  const parameters = { post_logout_redirect_uri: `${BASE_URL}/`, id_token_hint: session.tokens.id_token };
  redirect(response, oidc.buildEndSessionUrl(config, parameters));
}

function home({ response, session }) {
  response.writeHead(200, { "Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store" });
  if (!session?.claims) return response.end(`<!doctype html><title>App</title><a href="login">Sign in</a>`);
  const { account, roles } = session.claims;
  response.end(`<!doctype html><title>App</title><p>${session.name}, ${account.name}, ${roles.join(" ")}</p>
    <a href="login?prompt=select_account">Switch account</a><form method="post" action="logout"><button>Sign out</button></form>`);
}

const routes = {
  "GET /": home, "GET /login": login, "GET /callback": callback, "GET /refresh": refresh,
  "POST /backchannel-logout": backchannelLogout, "POST /logout": logout,
};
createServer(async (request, response) => {
  try {
    const url = new URL(BASE_URL + request.url);
    const id = /(?:^|; )app=([^;]+)/.exec(request.headers.cookie ?? "")?.[1];
    const handler = routes[`${request.method} ${url.pathname}`];
    if (!handler) return response.writeHead(404).end();
    await handler({ request, response, url, id, session: sessions.get(id) });
  } catch (error) {
    console.error(error);
    response.writeHead(400, { "Content-Type": "text/plain" }).end(`It failed: ${error.error_description ?? error.message}`);
  }
}).listen(PORT, "127.0.0.1");
