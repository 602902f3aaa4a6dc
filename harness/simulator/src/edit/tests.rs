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

fn named(name: &str) -> String {
    name.to_owned()
}

#[test]
fn a_number_in_a_body_is_raised_where_there_is_one() {
    let raised = |body: &str| {
        let request =
            Request::new(Method::Post, "/upload").with_body("application/json", body.into());
        let edit = Edit::AddToJson {
            at: named("/size"),
            by: 1,
        };
        edit.apply(request, None)
            .map(|request| String::from_utf8(request.body).unwrap())
    };
    assert_eq!(raised(r#"{"size":7}"#).unwrap(), r#"{"size":8}"#);
    for body in [
        r#"{"size":18446744073709551615}"#,
        r#"{"size":"7"}"#,
        "{}",
        "",
    ] {
        assert_eq!(raised(body), None, "{body}");
    }
}

#[test]
fn what_is_borrowed_becomes_an_edit_once_it_is_known_and_fits_nothing_before() {
    let borrow = |into| Edit::Borrow {
        what: Borrowed::AnothersAlbum,
        into,
    };
    let lent = |_| Some(named("x"));
    let json = Place::Json(vec![named("/a"), named("/b")]);
    let set = |at: &str| Edit::SetJson {
        at: named(at),
        raw: named("\"x\""),
    };
    for (into, edits) in [
        (Place::Subject, vec![Edit::SetSubject(named("x"))]),
        (
            Place::Query(named("q")),
            vec![Edit::SetQuery {
                name: named("q"),
                value: named("x"),
            }],
        ),
        (json, vec![set("/a"), set("/b")]),
    ] {
        assert_eq!(borrow(into.clone()).resolved(lent).unwrap(), edits);
        assert_eq!(borrow(into.clone()).resolved(|_| None), None);
        let request = Request::new(Method::Get, "/albums/ab/ops");
        assert_eq!(borrow(into).apply(request, None), None);
    }
    let other = Edit::FlipBodyBit;
    assert_eq!(other.resolved(|_| None).unwrap(), [Edit::FlipBodyBit]);
}
