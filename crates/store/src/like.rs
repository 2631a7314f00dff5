//! Patterns for `like … escape '\\'`. An empty one matches every text.

/// Matches texts with `part` in them.
pub(crate) fn contains(part: &str) -> String {
    if part.is_empty() {
        return String::new();
    }
    let mut pattern = String::with_capacity(part.len() + 2);
    pattern.push('%');
    for c in part.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

/// Matches stored roles with this one among them. Keys are in upper case; `like` would not mind that on SQLite, and does on
/// PostgreSQL.
pub(crate) fn has_role(role: &str) -> String {
    if role.is_empty() {
        String::new()
    } else if role.chars().any(char::is_lowercase) {
        // Stored roles are matched between spaces, so this matches none.
        "-".to_owned()
    } else {
        contains(&format!(" {role} "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_characters_of_patterns_stand_for_themselves() {
        assert_eq!(contains("50%_\\"), "%50\\%\\_\\\\%");
        assert_eq!(contains(""), "");
    }

    #[test]
    fn a_role_is_matched_whole() {
        assert_eq!(has_role("DEVELOPER"), "% DEVELOPER %");
        assert_eq!(has_role("developer"), "-");
        assert_eq!(has_role(""), "");
    }
}
