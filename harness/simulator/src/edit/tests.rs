use super::*;
use crate::Method;

#[test]
fn a_text_is_respelled_where_it_stands_and_nowhere_else() {
    let body = br#"{"a":{"hash":"00ff"},"hash":"00ff"}"#.to_vec();
    let request = Request::new(Method::Post, "/").with_body("application/json", body);
    let spelled = |at: &str, spelling| {
        let edit = Edit::Respell {
            at: at.to_owned(),
            spelling,
        };
        let request = edit.apply(request.clone(), None)?;
        Some(String::from_utf8(request.body).unwrap())
    };
    assert_eq!(
        spelled("/hash", Respelling::Capitals).unwrap(),
        r#"{"a":{"hash":"00ff"},"hash":"00FF"}"#
    );
    assert_eq!(
        spelled("/a/hash", Respelling::Cut).unwrap(),
        r#"{"a":{"hash":"00f"},"hash":"00ff"}"#
    );
    assert_eq!(spelled("/a", Respelling::Cut), None);
    assert_eq!(spelled("/none", Respelling::Capitals), None);
}
