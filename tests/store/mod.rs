//! What both databases must do alike.

mod statements;
