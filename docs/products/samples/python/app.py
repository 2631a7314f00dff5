# A product that users sign in to through Convoke. Each session is in a cookie of its browser.
import os

from authlib.integrations.flask_client import OAuth, OAuthError
from flask import Flask, redirect, render_template_string, request, session
from joserfc import errors, jwk, jwt

ISSUER = os.environ.get("ISSUER", "http://127.0.0.1:8080")
BASE_URL = os.environ.get("BASE_URL", "http://127.0.0.1:3000")
CLIENT_ID, SECRET = os.environ.get("CLIENT_ID", "desk"), os.environ["CLIENT_SECRET"]
EVENT = "http://schemas.openid.net/event/backchannel-logout"
LOGOUT_CLAIMS = {name: {"essential": True} for name in ("exp", "iat", "jti", "sid", "events")} | {
    "iss": {"essential": True, "value": ISSUER}, "aud": {"essential": True, "value": CLIENT_ID}}
PAGE = """<!doctype html><title>Desk</title><h1>Desk</h1>{% if user %}
<dl><dt>Name<dd>{{ user.name }}<dt>Account<dd>{{ user.account.name }} ({{ user.account.id }})
<dt>Roles<dd>{{ user.roles | join(", ") }}<dt>Owner<dd>{{ "yes" if user.owner else "no" }}</dl>
<p><a href="login?prompt=select_account">Switch account</a></p>
<form method="post" action="logout"><button>Sign out</button></form>
<script>setInterval(async () => (await fetch("./")).ok || location.reload(), 500)</script>
{% else %}<p>{{ note }}</p><p><a href="login">Sign in</a></p>{% endif %}"""
ended = set()  # `sid` of each logout token. Several servers need a store that they share.
app = Flask(__name__)
app.config.update(SECRET_KEY=SECRET, SESSION_COOKIE_SAMESITE="Lax", SESSION_COOKIE_SECURE=BASE_URL.startswith("https:"))
convoke = OAuth(app).register(
    "convoke", client_id=CLIENT_ID, client_secret=SECRET, server_metadata_url=f"{ISSUER}/.well-known/openid-configuration",
    client_kwargs={"scope": "openid profile", "code_challenge_method": "S256"})


@app.get("/")
def home():
    user = session.get("user")
    if user and user["sid"] not in ended:
        return render_template_string(PAGE, user=user)
    note = "You are signed out: your access has ended." if user else ""
    return render_template_string(PAGE, note=note), 401  # The script of the page reads the status.


@app.get("/login")
def login():  # Convoke's "Open" sends `account`.
    chosen = {name: request.args[name] for name in ("account", "prompt") if name in request.args}
    return convoke.authorize_redirect(f"{BASE_URL}/callback", **chosen)


@app.get("/callback")
def callback():
    if request.args.get("iss") != ISSUER:  # RFC 9207
        raise OAuthError(description="the response is not from Convoke")
    token = convoke.authorize_access_token()  # Checks state, nonce and the ID token.
    session["user"] = token["userinfo"] | {"id_token": token["id_token"]}
    return redirect(f"{BASE_URL}/")


@app.post("/backchannel-logout")
def backchannel_logout():
    keys = jwk.KeySet.import_key_set(convoke.fetch_jwk_set(force=True))
    token = jwt.decode(request.form["logout_token"], keys, algorithms=["RS256", "ES256"])
    jwt.JWTClaimsRegistry(leeway=30, **LOGOUT_CLAIMS).validate(token.claims)
    is_event = EVENT in token.claims["events"] and "nonce" not in token.claims
    if token.header.get("typ") != "logout+jwt" or not is_event:
        raise errors.JoseError("this is not a logout token")
    ended.add(token.claims["sid"])
    return "", 204


@app.post("/logout")
def logout():
    id_token = session.pop("user", {}).get("id_token")
    return convoke.logout_redirect(f"{BASE_URL}/", id_token_hint=id_token, client_id=CLIENT_ID)


@app.errorhandler(OAuthError)  # Such as access_denied: the user went back.
@app.errorhandler(errors.JoseError)
def failed(error):
    return render_template_string(PAGE, note=f"It failed: {error}"), 400
