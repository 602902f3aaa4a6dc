//! Paths and queries of requests, changed in one place.

/// The path with another second segment; `None` where it has none.
pub(crate) fn with_subject(path: &str, subject: &str) -> Option<String> {
    let mut segments: Vec<&str> = path.split('/').collect();
    *segments.get_mut(2)? = subject;
    Some(segments.join("/"))
}

/// The path with a member of its query set, in its place or at the end. `value` needs no escapes.
pub(crate) fn with_member(path: &str, name: &str, value: &str) -> String {
    let mut members = members(path);
    match members.iter_mut().find(|(held, _)| *held == name) {
        Some((_, held)) => *held = value,
        None => members.push((name, value)),
    }
    with_query(path, &members)
}

/// The path without a member of its query; `None` where it has no such member.
pub(crate) fn without_member(path: &str, name: &str) -> Option<String> {
    let mut members = members(path);
    let place = members.iter().position(|(held, _)| *held == name)?;
    members.remove(place);
    Some(with_query(path, &members))
}

/// The path with another letter in the middle of a member of its query; `None` where there is none.
pub(crate) fn with_member_bent(path: &str, name: &str) -> Option<String> {
    let held = members(path).into_iter().find(|(held, _)| *held == name);
    let (_, value) = held?;
    let (before, rest) = value.split_at_checked(value.len() / 2)?;
    let mut rest = rest.chars();
    let other = if rest.next()? == 'A' { 'B' } else { 'A' };
    let bent = format!("{before}{other}{}", rest.as_str());
    Some(with_member(path, name, &bent))
}

/// The members of the query, in order.
fn members(path: &str) -> Vec<(&str, &str)> {
    let query = path.split_once('?').map_or("", |(_, query)| query);
    let members = query.split('&');
    members
        .filter_map(|member| member.split_once('='))
        .collect()
}

fn with_query(path: &str, members: &[(&str, &str)]) -> String {
    let bare = path.split_once('?').map_or(path, |(bare, _)| bare);
    let members: Vec<String> = members
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    match members.as_slice() {
        [] => bare.to_owned(),
        _ => format!("{bare}?{}", members.join("&")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_speaks_of_something_else_and_of_nothing_more() {
        assert_eq!(with_subject("/blob/ab", "x").unwrap(), "/blob/x");
        assert_eq!(
            with_subject("/albums/ab/ops", "x").unwrap(),
            "/albums/x/ops"
        );
        assert_eq!(with_subject("/sync", "x"), None);
    }

    #[test]
    fn a_query_is_changed_in_one_member() {
        let path = "/sync?album_id=a&cursor=AAAA";
        assert_eq!(
            with_member(path, "cursor", "x"),
            "/sync?album_id=a&cursor=x"
        );
        assert_eq!(with_member("/sync", "cursor", "x"), "/sync?cursor=x");
        assert_eq!(
            without_member(path, "album_id").unwrap(),
            "/sync?cursor=AAAA"
        );
        assert_eq!(without_member("/sync?cursor=A", "cursor").unwrap(), "/sync");
        assert_eq!(without_member("/sync", "cursor"), None);
        let bent = "/sync?album_id=a&cursor=AABA";
        assert_eq!(with_member_bent(path, "cursor").unwrap(), bent);
        assert_eq!(with_member_bent("/sync?cursor=", "cursor"), None);
        assert_eq!(with_member_bent("/sync?cursor=\u{e4}", "cursor"), None);
    }
}
