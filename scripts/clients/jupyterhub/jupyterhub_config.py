# A hub whose users sign in through Convoke. Groups are the roles and the account.
import os

from oauthenticator.generic import GenericOAuthenticator

ISSUER, BASE_URL, FOLDER = (os.environ[name] for name in ("ISSUER", "BASE_URL", "FOLDER"))

c = get_config()  # noqa: F821
c.JupyterHub.bind_url = f"http://127.0.0.1:{os.environ['PORT']}"
c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{os.environ['HUB_PORT']}"
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{os.environ['PROXY_PORT']}"
c.ConfigurableHTTPProxy.command = [os.environ["PROXY"]]
c.ConfigurableHTTPProxy.pid_file = f"{FOLDER}/proxy.pid"
c.JupyterHub.db_url = f"sqlite:///{FOLDER}/hub.db"
c.JupyterHub.cookie_secret_file = f"{FOLDER}/cookie_secret"
c.JupyterHub.spawner_class = "simple"
c.JupyterHub.template_paths = [os.environ["TEMPLATES"]]

c.JupyterHub.authenticator_class = GenericOAuthenticator
c.Authenticator.allow_all = True
c.Authenticator.enable_auth_state = True
c.Authenticator.manage_groups = True
c.Authenticator.auth_refresh_age = 1
c.GenericOAuthenticator.login_service = "Convoke"
c.GenericOAuthenticator.client_id = os.environ["CLIENT_ID"]
c.GenericOAuthenticator.client_secret = os.environ["CLIENT_SECRET"]
c.GenericOAuthenticator.oauth_callback_url = f"{BASE_URL}/hub/oauth_callback"
c.GenericOAuthenticator.authorize_url = f"{ISSUER}/oauth2/authorize"
c.GenericOAuthenticator.token_url = f"{ISSUER}/oauth2/token"
c.GenericOAuthenticator.userdata_url = f"{ISSUER}/oauth2/userinfo"
c.GenericOAuthenticator.scope = ["openid", "profile", "offline_access"]
c.GenericOAuthenticator.extra_authorize_params = {"prompt": "select_account"}
c.GenericOAuthenticator.username_claim = "sub"
c.GenericOAuthenticator.auth_state_groups_key = lambda state: [
    *state["oauth_user"]["roles"], state["oauth_user"]["account"]["id"]]
c.GenericOAuthenticator.logout_redirect_url = f"{ISSUER}/oauth2/logout"
