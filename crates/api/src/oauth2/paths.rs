//! The paths of the endpoints.

/// The authorization endpoint.
pub const AUTHORIZE: &str = "/oauth2/authorize";
/// The action of the pages of a request.
pub const AUTHORIZE_DECISION: &str = "/oauth2/authorize/decision";
/// Goes on with the request of this browser.
pub const AUTHORIZE_CONTINUE: &str = "/oauth2/authorize/continue";
/// The token endpoint.
pub const TOKEN: &str = "/oauth2/token";
/// The userinfo endpoint.
pub const USERINFO: &str = "/oauth2/userinfo";
/// The public keys.
pub const JWKS: &str = "/oauth2/jwks";
/// The introspection endpoint.
pub const INTROSPECT: &str = "/oauth2/introspect";
/// The revocation endpoint.
pub const REVOKE: &str = "/oauth2/revoke";
/// The end session endpoint.
pub const LOGOUT: &str = "/oauth2/logout";
/// The action of the page that confirms a sign-out.
pub const LOGOUT_CONFIRM: &str = "/oauth2/logout/confirm";
/// The metadata of OpenID Connect Discovery.
pub const OPENID_CONFIGURATION: &str = "/.well-known/openid-configuration";
/// The metadata of RFC 8414.
pub const OAUTH_SERVER: &str = "/.well-known/oauth-authorization-server";
