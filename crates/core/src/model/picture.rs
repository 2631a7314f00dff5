//! Pictures of people.

/// A picture as it is stored and served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// `image/jpeg`, or `image/png` where parts are transparent.
    pub media_type: &'static str,
    /// The file.
    pub content: Vec<u8>,
}
