"""A Django site in one file. Users are identified by sub; claims of userinfo are in the session."""
import os
from urllib.parse import quote, urlencode

from django.conf import settings

ISSUER, BASE_URL, FOLDER = (os.environ[name] for name in ("ISSUER", "BASE_URL", "FOLDER"))
settings.configure(
    ALLOWED_HOSTS=["localhost"], ROOT_URLCONF=__name__, SECRET_KEY=os.environ["CLIENT_SECRET"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": f"{FOLDER}/django.db"}},
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "mozilla_django_oidc"],
    MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware", "django.middleware.csrf.CsrfViewMiddleware",
                "django.contrib.auth.middleware.AuthenticationMiddleware", f"{__name__}.RefreshInAccount"],
    AUTHENTICATION_BACKENDS=[f"{__name__}.Backend"], LOGIN_REDIRECT_URL="/", LOGOUT_REDIRECT_URL="/",
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    OIDC_RP_CLIENT_ID=os.environ["CLIENT_ID"], OIDC_RP_CLIENT_SECRET=os.environ["CLIENT_SECRET"], OIDC_RP_SCOPES="openid profile",
    OIDC_RP_SIGN_ALGO="RS256", OIDC_USE_PKCE=True, OIDC_STORE_ID_TOKEN=True, OIDC_RENEW_ID_TOKEN_EXPIRY_SECONDS=1,
    OIDC_OP_AUTHORIZATION_ENDPOINT=f"{ISSUER}/oauth2/authorize", OIDC_OP_TOKEN_ENDPOINT=f"{ISSUER}/oauth2/token",
    OIDC_OP_USER_ENDPOINT=f"{ISSUER}/oauth2/userinfo", OIDC_OP_JWKS_ENDPOINT=f"{ISSUER}/oauth2/jwks",
    OIDC_AUTHENTICATE_CLASS=f"{__name__}.SignIn", OIDC_OP_LOGOUT_URL_METHOD=f"{__name__}.logout_url",
)

import django

django.setup()

from django.core.management import call_command
from django.http import HttpResponse
from django.middleware.csrf import get_token
from django.urls import include, path
from django.utils.html import format_html
from mozilla_django_oidc.auth import OIDCAuthenticationBackend
from mozilla_django_oidc.middleware import SessionRefresh
from mozilla_django_oidc.views import OIDCAuthenticationRequestView


class Backend(OIDCAuthenticationBackend):
    def verify_claims(self, claims):
        return "sub" in claims

    def filter_users_by_claims(self, claims):
        return self.UserModel.objects.filter(username=claims["sub"])

    def create_user(self, claims):
        return self.UserModel.objects.create_user(claims["sub"])

    def get_or_create_user(self, access_token, id_token, payload):
        claims = self.get_userinfo(access_token, id_token, payload)
        self.request.session["claims"] = {name: claims[name] for name in ("name", "account", "roles")}
        return super().get_or_create_user(access_token, id_token, payload)


class SignIn(OIDCAuthenticationRequestView):
    def get_extra_params(self, request):
        return {name: request.GET[name] for name in ("prompt", "account") if name in request.GET}


class RefreshInAccount(SessionRefresh):
    """Asks for the account of the session: without it, a user with several accounts gets account_selection_required."""

    def process_request(self, request):
        response = super().process_request(request)
        if response and "Location" in response and "claims" in request.session:
            response["Location"] += f"&account={quote(request.session['claims']['account']['id'])}"
        return response


def logout_url(request):
    parameters = {"id_token_hint": request.session["oidc_id_token"], "post_logout_redirect_uri": f"{BASE_URL}/"}
    return f"{ISSUER}/oauth2/logout?{urlencode(parameters)}"


def home(request):
    if not request.user.is_authenticated:
        return HttpResponse("<!doctype html><title>App</title><a href='/oidc/authenticate/'>Sign in</a>")
    claims = request.session["claims"]
    return HttpResponse(format_html(
        "<!doctype html><title>App</title><p>{}, {}, {}</p><a href='/oidc/authenticate/?prompt=select_account'>Switch account</a>"
        "<form method=post action='/oidc/logout/'><input type=hidden name=csrfmiddlewaretoken value='{}'>"
        "<button>Sign out</button></form>",
        claims["name"], claims["account"]["name"], " ".join(claims["roles"]), get_token(request)))


urlpatterns = [path("", home), path("oidc/", include("mozilla_django_oidc.urls"))]

if __name__ == "__main__":
    # Under its own name, so that the names in the settings find this module and not a second copy.
    call_command("migrate", verbosity=0)
    call_command("runserver", f"127.0.0.1:{os.environ['PORT']}", use_reloader=False)
