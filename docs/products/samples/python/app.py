# A product that users sign in to through Convoke. Each session is in a cookie of its browser.
import logging
import os

from authlib.integrations.flask_client import OAuth, OAuthError
from flask import Flask, redirect, render_template_string, request, session
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

ISSUER = os.environ.get("ISSUER", "http://127.0.0.1:8080")
CLIENT_ID, SECRET = os.environ.get("CLIENT_ID", "desk"), os.environ["CLIENT_SECRET"]
BASE_URL = os.environ.get("BASE_URL", "http://127.0.0.1:3000")
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
ended = set()  # `sid` of each logout token. In memory: several servers need a store that they share.

app = Flask(__name__)
app.config.update(SECRET_KEY=SECRET, SESSION_COOKIE_SAMESITE="Lax", SESSION_COOKIE_SECURE=BASE_URL.startswith("https:"))
convoke = OAuth(app).register(
    "convoke", client_id=CLIENT_ID, client_secret=SECRET, server_metadata_url=f"{ISSUER}/.well-known/openid-configuration",
    client_kwargs={"scope": "openid profile", "code_challenge_method": "S256"})


def user():
    """The claims of the ID token, until a logout token ends the session."""
    return session["user"] if "user" in session and session["user"]["sid"] not in ended else None


@app.get("/")
def home():
    return render_template_string(PAGE, user=user(), has_ended="user" in session and not user())


@app.get("/login")
def login():  # Convoke's "Open" sends `account`.
    parameters = {name: request.args[name] for name in ("account", "prompt") if name in request.args}
    return convoke.authorize_redirect(f"{BASE_URL}/callback", **parameters)


@app.get("/callback")
def callback():
    if request.args.get("iss") != ISSUER:  # RFC 9207
        raise OAuthError(description="the response is not from Convoke")
    token = convoke.authorize_access_token()
    session.update(user=dict(token["userinfo"]), id_token=token["id_token"])
    return redirect(f"{BASE_URL}/")


@app.post("/backchannel-logout")
def backchannel_logout():
    keys = KeySet.import_key_set(convoke.fetch_jwk_set(force=True))
    token = jwt.decode(request.form["logout_token"], keys, algorithms=["RS256", "ES256"])
    required = {name: {"essential": True} for name in ("exp", "iat", "jti", "sid", "events")}
    required |= {"iss": {"essential": True, "value": ISSUER}, "aud": {"essential": True, "value": CLIENT_ID}}
    jwt.JWTClaimsRegistry(leeway=30, **required).validate(token.claims)
    if token.header.get("typ") != "logout+jwt" or LOGOUT_EVENT not in token.claims["events"] or "nonce" in token.claims:
        raise JoseError("this is not a logout token")
    ended.add(token.claims["sid"])
    return "", 204


@app.get("/session")
def status():
    return "", 204 if user() else 401


@app.post("/logout")
def logout():
    hint = session.pop("id_token", None)
    session.clear()
    return redirect(convoke.create_logout_url(f"{BASE_URL}/", id_token_hint=hint, client_id=CLIENT_ID)["url"])


@app.errorhandler(OAuthError)  # Such as access_denied: the user went back.
@app.errorhandler(JoseError)
def failed(error):
    return render_template_string(PAGE, error=error), 400


PAGE = """<!doctype html><title>Desk</title><h1>Desk</h1>{% if user %}
<dl><dt>Name<dd>{{ user.name }}<dt>Account<dd>{{ user.account.name }} ({{ user.account.id }})
<dt>Roles<dd>{{ user.roles | join(", ") }}<dt>Owner<dd>{{ "yes" if user.owner else "no" }}</dl>
<p><a href="login?prompt=select_account">Switch account</a></p>
<form method="post" action="logout"><button>Sign out</button></form>
<script>setInterval(async () => (await fetch("session")).status === 401 && location.reload(), 500)</script>
{% elif error %}<p>It failed: {{ error }}</p><p><a href="./">Back</a></p>
{% else %}{% if has_ended %}<p>You are signed out: your access has ended.</p>{% endif %}
<p><a href="login">Sign in</a></p>{% endif %}"""

if __name__ == "__main__":
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    print(f"Desk is at {BASE_URL}/")
    app.run(port=3000)
