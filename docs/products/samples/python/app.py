# A product that users sign in to through Convoke. Its sessions are in memory.
import logging
import os
import secrets

from authlib.integrations.flask_client import OAuth, OAuthError
from flask import Flask, redirect, render_template_string, request, session
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

ISSUER = os.environ.get("ISSUER", "http://127.0.0.1:8080")
CLIENT_ID = os.environ.get("CLIENT_ID", "desk")
BASE_URL = os.environ.get("BASE_URL", "http://127.0.0.1:3000")
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
# By the id in the cookie: the user, and the ID token; None after a logout token.
sessions = {}

app = Flask(__name__)
app.secret_key = secrets.token_bytes(32)
app.config.update(SESSION_COOKIE_SAMESITE="Lax", SESSION_COOKIE_SECURE=BASE_URL.startswith("https:"))
convoke = OAuth(app).register(
    "convoke", client_id=CLIENT_ID, client_secret=os.environ["CLIENT_SECRET"],
    server_metadata_url=f"{ISSUER}/.well-known/openid-configuration",
    client_kwargs={"scope": "openid profile", "code_challenge_method": "S256",
                   "token_endpoint_auth_method": "client_secret_post"})


@app.get("/login")
def login():
    parameters = {name: request.args[name] for name in ("account", "prompt") if name in request.args}
    # Authlib makes state, nonce and code verifier, and stores them in the cookie of this browser.
    return convoke.authorize_redirect(f"{BASE_URL}/callback", **parameters)


@app.get("/callback")
def callback():
    try:
        if request.args.get("iss") != ISSUER:  # RFC 9207
            raise OAuthError(description="the response is not from Convoke")
        token = convoke.authorize_access_token()
    except (OAuthError, JoseError) as error:
        return render_template_string(PAGE, error=error), 400
    claims = token["userinfo"]  # those of the ID token
    names = ("sub", "sid", "account", "roles", "owner")
    user = {name: claims[name] for name in names} | {"name": convoke.userinfo(token=token)["name"]}
    sessions.pop(session.get("id"), None)
    session["id"] = secrets.token_urlsafe()
    sessions[session["id"]] = {"user": user, "id_token": token["id_token"]}
    return redirect(f"{BASE_URL}/")


def verify_logout_token(token):
    def decode(keys):
        return jwt.decode(token, KeySet.import_key_set(keys), algorithms=["RS256", "ES256"])
    try:
        decoded = decode(convoke.fetch_jwk_set())
    except InvalidKeyIdError:  # signed with a new key
        decoded = decode(convoke.fetch_jwk_set(force=True))
    required = {name: {"essential": True} for name in ("exp", "iat", "jti", "sid")}
    required |= {"iss": {"essential": True, "value": ISSUER}, "aud": {"essential": True, "value": CLIENT_ID}}
    jwt.JWTClaimsRegistry(leeway=30, **required).validate(decoded.claims)
    claims = decoded.claims
    if decoded.header.get("typ") != "logout+jwt" or LOGOUT_EVENT not in claims.get("events", {}) or "nonce" in claims:
        raise ValueError("this is not a logout token")
    return claims["sid"]


@app.post("/backchannel-logout")
def backchannel_logout():
    try:
        sid = verify_logout_token(request.form.get("logout_token", ""))
    except (JoseError, ValueError) as error:
        return str(error), 400
    for id, stored in list(sessions.items()):
        if stored and stored["user"]["sid"] == sid:
            sessions[id] = None
    return "", 204


@app.post("/logout")
def logout():
    stored = sessions.pop(session.pop("id", None), None)
    hint = stored and stored["id_token"]
    return redirect(convoke.create_logout_url(f"{BASE_URL}/", id_token_hint=hint, client_id=CLIENT_ID)["url"])


@app.get("/session")
def status():
    return "", 204 if sessions.get(session.get("id")) else 401


@app.get("/")
def home():
    stored = sessions.get(session.get("id"))
    has_ended = stored is None and session.get("id") in sessions
    return render_template_string(PAGE, user=stored and stored["user"], has_ended=has_ended)


PAGE = """<!doctype html><title>Desk</title><h1>Desk</h1>
{% if error %}<p>It failed: {{ error }}</p><p><a href="./">Back</a></p>
{% elif user %}<dl><dt>Name<dd>{{ user.name }}<dt>Account<dd>{{ user.account.name }} ({{ user.account.id }})
<dt>Roles<dd>{{ user.roles | join(", ") }}<dt>Owner<dd>{{ "yes" if user.owner else "no" }}</dl>
<p><a href="login?prompt=select_account">Switch account</a></p>
<form method="post" action="logout"><button>Sign out</button></form>
<script>setInterval(async () => (await fetch("session")).status === 401 && location.reload(), 500)</script>
{% else %}{% if has_ended %}<p>You are signed out: your access has ended.</p>{% endif %}
<p><a href="login">Sign in</a></p>{% endif %}"""

if __name__ == "__main__":
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    print(f"Desk is at {BASE_URL}/")
    app.run(port=3000)
