//! Plain typed data that several layers read.

/// Defines an enum whose variants are stored and sent as text.
macro_rules! text_enum {
    ($(#[$doc:meta])* pub enum $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
        }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The texts of all of them.
            pub const TEXTS: &'static [&'static str] = &[$($text),+];

            /// The text in the database and in the HTTP contract.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }

            /// Reads the text; nothing when it is none of these.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                match text {
                    $($text => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }
    };
}

pub mod activity;
pub mod email;
pub mod grant;
pub mod identity;
pub mod invitation;
pub mod notification;
pub mod password;
pub mod picture;
pub mod roles;
pub mod signing;
pub mod submitted_form;
pub mod tls;
pub mod usage;
