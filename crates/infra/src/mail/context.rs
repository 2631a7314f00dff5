//! Settings of the installation that emails use.

/// What emails take from the installation.
#[derive(Clone, Debug)]
pub struct MailContext {
    /// Scheme, host and port that links begin with, without a slash at the end.
    pub public_url: String,
    /// What the installation is called.
    pub brand: String,
    /// The color of buttons, `#rrggbb`; the built-in one where there is none.
    pub color: Option<String>,
    /// Where people get help.
    pub support_url: Option<String>,
}
