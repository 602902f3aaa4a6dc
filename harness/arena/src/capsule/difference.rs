//! What sets two messages apart: the request line, headers by name, bodies part by part.

use super::parts::{Part, SHORT_BYTES, below, titled};
use gauntlet_simulator::{Draft, Framing, Request, Step, Write};
use gauntlet_wire::cbor::Value;
use gauntlet_wire::enums::BlobRole;
use gauntlet_wire::id::Hash;
use std::collections::{BTreeMap, BTreeSet};

/// Differences that are told of two messages.
const TOLD: usize = 200;
/// Bytes that are shown where two long strings part.
const EXCERPT: usize = 8;

/// A request in lines, for people: its line, its headers, and its body part by part.
pub(super) fn describe(request: &Request) -> String {
    let mut lines = vec![format!("{} {}", request.method, request.path)];
    let headers = request.headers.iter();
    lines.extend(headers.map(|(name, value)| format!("{name}: {value}")));
    match request.framing {
        Framing::Stated => {}
        Framing::Chunked => lines.push("transfer-encoding: chunked".to_owned()),
        Framing::Understated(by) => {
            lines.push(format!("content-length: {by} less than is sent"));
        }
    }
    if !request.body.is_empty() {
        lines.push(String::new());
        lines.extend(Part::of_body(&request.body).lines());
    }
    lines.join("\n")
}

/// Every difference of two requests, `path: old → new`; none where they are the same bytes on the wire.
pub(super) fn difference(honest: &Request, sent: &Request) -> Vec<String> {
    if honest == sent {
        return Vec::new();
    }
    let mut found = Vec::new();
    if (honest.method, &honest.path) != (sent.method, &sent.path) {
        found.push(format!(
            "{} {} → {} {}",
            honest.method, honest.path, sent.method, sent.path
        ));
    }
    if route(honest) != route(sent) {
        found.push("another message altogether".to_owned());
        return found;
    }
    let headers = |request: &Request| {
        let part = |(name, value): &(String, String)| (name.clone(), Part::Spelled(value.clone()));
        request.headers.iter().map(part).collect::<Vec<_>>()
    };
    members("", &headers(honest), &headers(sent), &mut found);
    if honest.framing != sent.framing {
        found.push(format!(
            "length of the body: {} → {}",
            framed(honest.framing),
            framed(sent.framing)
        ));
    }
    if honest.body != sent.body {
        body(&honest.body, &sent.body, &mut found);
    }
    if found.is_empty() {
        found.push("the order of the headers".to_owned());
    }
    cut(found)
}

/// The part of the path that says what is asked for.
fn route(request: &Request) -> Option<&str> {
    request.path.split(['/', '?']).nth(1)
}

/// Every difference of two drafts in what the messages after the first carry of `step`'s blob.
pub(super) fn drafted(honest: &Draft, lie: &Draft, step: Step) -> Vec<String> {
    let (Some(honest), Some(lie)) = (honest.write(), lie.write()) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    if honest.chunk != lie.chunk {
        found.push(format!(
            "chunks: {} → {} bytes each",
            honest.chunk, lie.chunk
        ));
    }
    let blob = |write: &Write| write.blobs.get(step.blob()?).cloned();
    if let (Some(honest), Some(lie)) = (blob(honest), blob(lie))
        && honest.bytes != lie.bytes
    {
        let name = match honest.role {
            BlobRole::Provenance => "record",
            other => other.as_str(),
        };
        let (honest, lie) = (Part::of_body(&honest.bytes), Part::of_body(&lie.bytes));
        part(name, &honest, &lie, &mut found);
    }
    cut(found)
}

/// Every difference of two documents or bodies.
pub(super) fn bodies(honest: &[u8], sent: &[u8]) -> Vec<String> {
    if honest == sent {
        return Vec::new();
    }
    let mut found = Vec::new();
    body(honest, sent, &mut found);
    cut(found)
}

fn body(honest: &[u8], sent: &[u8], found: &mut Vec<String>) {
    let before = found.len();
    part("", &Part::of_body(honest), &Part::of_body(sent), found);
    if found.len() == before {
        // The same parts in another spelling: order or white space.
        bytes("spelling of the body", honest, sent, found);
    }
}

fn cut(mut found: Vec<String>) -> Vec<String> {
    if found.len() > TOLD {
        let more = found.len() - TOLD;
        found.truncate(TOLD);
        found.push(format!("… and {more} differences more"));
    }
    found
}

fn framed(framing: Framing) -> String {
    match framing {
        Framing::Stated => "stated".to_owned(),
        Framing::Chunked => "unknown, as it comes in chunked coding".to_owned(),
        Framing::Understated(by) => format!("stated {by} bytes short"),
    }
}

fn part(path: &str, honest: &Part, sent: &Part, found: &mut Vec<String>) {
    match (honest, sent) {
        _ if honest == sent => {}
        (Part::Tree { parts: honest, .. }, Part::Tree { parts: sent, .. }) => {
            members(path, honest, sent, found);
        }
        (Part::Bytes(honest), Part::Bytes(sent)) => bytes(titled(path), honest, sent, found),
        (Part::Tree { encoded, .. }, Part::Bytes(sent)) if !encoded.is_empty() => {
            let broken = Part::not_canonical(sent);
            let broken = broken.unwrap_or_else(|| "it is neither a map nor an array".to_owned());
            found.push(format!(
                "{}: not canonical CBOR any more: {broken}",
                titled(path)
            ));
            bytes(titled(path), encoded, sent, found);
        }
        _ => found.push(format!(
            "{}: {} → {}",
            titled(path),
            honest.shown(),
            sent.shown()
        )),
    }
}

/// Members by name and, where a name repeats, by occurrence.
fn members(
    path: &str,
    honest: &[(String, Part)],
    sent: &[(String, Part)],
    found: &mut Vec<String>,
) {
    let (before, after) = (occurrences(honest), occurrences(sent));
    let again = |count: usize| if count > 0 { " again" } else { "" };
    for ((name, count), was) in &before {
        match after.get(&(*name, *count)) {
            Some(is) => part(&below(path, name), was, is, found),
            None => found.push(format!(
                "without {}{}: {}",
                below(path, name),
                again(*count),
                was.shown()
            )),
        }
    }
    let known: BTreeSet<_> = before.keys().collect();
    for (key @ (name, count), is) in &after {
        if !known.contains(key) {
            found.push(format!(
                "with {}{}: {}",
                below(path, name),
                again(*count),
                is.shown()
            ));
        }
    }
}

fn occurrences(parts: &[(String, Part)]) -> BTreeMap<(&str, usize), &Part> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut keyed = BTreeMap::new();
    for (name, part) in parts {
        let count = counts.entry(name).or_default();
        keyed.insert((name.as_str(), *count), part);
        *count += 1;
    }
    keyed
}

/// Short strings whole; of long ones where they part, in diagnostic notation (RFC 8949 §8).
fn bytes(path: &str, honest: &[u8], sent: &[u8], found: &mut Vec<String>) {
    let notation = |bytes: &[u8]| Value::from(bytes).diagnostic();
    if honest.len().max(sent.len()) <= SHORT_BYTES {
        found.push(format!("{path}: {} → {}", notation(honest), notation(sent)));
        return;
    }
    let pairs = || honest.iter().zip(sent);
    let first = pairs().position(|(honest, sent)| honest != sent);
    let differing = pairs().filter(|(honest, sent)| honest != sent).count();
    let at = |bytes: &[u8], from: usize| {
        let rest = bytes.get(from..).unwrap_or_default();
        notation(rest.get(..EXCERPT.min(rest.len())).unwrap_or_default())
    };
    let (ours, theirs) = (honest.len(), sent.len());
    let differ = if differing == 1 { "differs" } else { "differ" };
    let how = match first {
        None => format!("{ours} → {theirs} bytes, the same as far as both reach"),
        Some(from) => {
            let many = if ours == theirs {
                format!("{differing} of {ours} bytes {differ}")
            } else {
                format!("{ours} → {theirs} bytes, of which {differing} {differ}")
            };
            format!(
                "{many}, at byte {from}: {} → {}",
                at(honest, from),
                at(sent, from)
            )
        }
    };
    found.push(format!("{path}: {how}"));
}

/// The first characters of an address, by which people tell two apart.
pub(super) fn short(hash: &Hash) -> String {
    hash.to_string().chars().take(12).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use gauntlet_simulator::Method;
    use gauntlet_wire::cbor::map;
    use gauntlet_wire::json::to_base64;

    fn post(body: &str) -> Request {
        let request = Request::new(Method::Post, "/upload").header("a", "1");
        request.with_body("application/json", body.as_bytes().to_vec())
    }

    #[test]
    fn a_member_is_named_by_its_path_with_both_values() {
        let honest = post(r#"{"a":1,"e":{"action":"create","n":[1,2]}}"#);
        for (body, told) in [
            (
                r#"{"a":1,"e":{"action":"delete","n":[1,2]}}"#,
                &[r#"e.action: "create" → "delete""#][..],
            ),
            (
                r#"{"a":1,"e":{"action":"create","n":[1,3]}}"#,
                &["e.n[1]: 2 → 3"],
            ),
            (
                r#"{"a":1,"e":{"action":"create"}}"#,
                &["without e.n: [1,2]"],
            ),
            (
                r#"{"a":1,"e":{"action":"create","n":[1,2]},"x":{"y":0}}"#,
                &[r#"with x: {"y":0}"#],
            ),
            (
                r#"{"a":7,"e":{"action":"create","n":[1,2]},"a":1}"#,
                &["a: 1 → 7", "with a again: 1"],
            ),
            (
                r#"{"a":1e0,"e":{"action":"create","n":[1,2]}}"#,
                &["a: 1 → 1e0"],
            ),
        ] {
            assert_eq!(difference(&honest, &post(body)), told, "{body}");
        }
    }

    #[test]
    fn headers_line_and_framing_are_told_apart() {
        let honest = post("{}");
        let mut sent = honest.clone();
        sent.set_header("a", "2");
        sent.headers.push(("a".to_owned(), "3".to_owned()));
        sent.remove_header("content-type");
        sent.framing = Framing::Understated(4);
        "/upload/x".clone_into(&mut sent.path);
        assert_eq!(
            difference(&honest, &sent),
            [
                "POST /upload → POST /upload/x",
                "a: 1 → 2",
                "without content-type: application/json",
                "with a again: 3",
                "length of the body: stated → stated 4 bytes short",
            ]
        );
        assert_eq!(difference(&honest, &honest), [""; 0]);
        "/sync".clone_into(&mut sent.path);
        assert_eq!(
            difference(&honest, &sent),
            ["POST /upload → POST /sync", "another message altogether"]
        );
    }

    #[test]
    fn what_differs_on_the_wire_is_never_said_to_be_the_same() {
        let honest = post(r#"{"a":1,"b":2}"#);
        for body in [r#"{"b":2,"a":1}"#, r#"{"a":1, "b":2}"#] {
            let told = difference(&honest, &post(body));
            assert!(told[0].starts_with("spelling of the body: "), "{told:?}");
        }
        let mut turned = honest.clone();
        turned.headers.reverse();
        assert_eq!(difference(&honest, &turned), ["the order of the headers"]);
    }

    #[test]
    fn documents_are_decoded_wherever_they_are() {
        let record = |action: &str, signature: u8| {
            let value = map([
                ("action", action.into()),
                ("signature", vec![signature; 64].into()),
            ]);
            value.encode()
        };
        let (honest, sent) = (record("create", 1), record("delete", 2));
        let told = [
            r#"action: "create" → "delete""#.to_owned(),
            "signature: 64 of 64 bytes differ, at byte 0: h'0101010101010101' → h'0202020202020202'"
                .to_owned(),
        ];
        assert_eq!(bodies(&honest, &sent), told);
        let op = |record: &[u8]| post(&format!(r#"{{"manifest_cbor":"{}"}}"#, to_base64(record)));
        assert_eq!(
            difference(&op(&honest), &op(&sent)),
            told.map(|line| format!("manifest_cbor.{line}"))
        );
    }

    #[test]
    fn a_document_that_is_canonical_no_more_says_which_rule_it_breaks() {
        let honest = map([("a", vec![7; 40].into())]).encode();
        let longer = [honest.as_slice(), b"\0"].concat();
        let op = |record: &[u8]| post(&format!(r#"{{"manifest_cbor":"{}"}}"#, to_base64(record)));
        for (told, path) in [
            (bodies(&honest, &longer), "body"),
            (difference(&op(&honest), &op(&longer)), "manifest_cbor"),
        ] {
            assert!(
                told[0].starts_with(&format!("{path}: not canonical CBOR any more: ")),
                "{told:?}"
            );
            assert_eq!(
                told[1],
                format!("{path}: 45 → 46 bytes, the same as far as both reach")
            );
        }
    }

    #[test]
    fn bytes_are_shown_where_they_part() {
        let honest = [0xA5; 100];
        let mut sent = honest;
        sent[40] ^= 1;
        assert_eq!(
            bodies(&honest, &sent),
            ["body: 1 of 100 bytes differs, at byte 40: h'a5a5a5a5a5a5a5a5' → h'a4a5a5a5a5a5a5a5'"]
        );
        assert_eq!(
            bodies(&honest, &honest[..90]),
            ["body: 100 → 90 bytes, the same as far as both reach"]
        );
        assert_eq!(bodies(b"\xff\x01", b"\xff"), ["body: h'ff01' → h'ff'"]);
    }

    #[test]
    fn the_number_of_differences_is_bounded() {
        let body = |n: usize| format!("[{}{n}]", format!("{n},").repeat(999));
        let told = difference(&post(&body(1)), &post(&body(2)));
        assert_eq!(told.len(), TOLD + 1);
        assert_eq!(told[TOLD], "… and 800 differences more");
    }
}
