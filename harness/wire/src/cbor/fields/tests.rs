use super::*;

fn field(value: &Value) -> Field<'_> {
    Field {
        value,
        path: "f".into(),
    }
}

fn said<T: std::fmt::Debug>(result: Result<T, SchemaError>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn fields_nest_and_name_their_place() {
    let device = map([("id", 7u16.into()), ("revoked", Value::Null)]);
    let root = map([("devices", Value::Array(vec![Value::Null, device]))]);
    let mut fields = Fields::of(&root, "core").unwrap();
    let devices = fields.take("devices").unwrap().array(2).unwrap();
    fields.finish().unwrap();
    let mut device = devices[1].fields().unwrap();
    assert_eq!(device.take("id").unwrap().u16(), Ok(7));
    let revoked = device.take("revoked").unwrap();
    assert_eq!(revoked.path(), "core.devices[1].revoked");
    assert_eq!(
        said(revoked.u64()),
        "core.devices[1].revoked: expected an integer of 0 or more, found null"
    );
    assert!(revoked.optional().is_none());
    device.finish().unwrap();
}

#[test]
fn a_missing_key_is_refused_even_for_an_optional() {
    let root = map([]);
    let mut fields = Fields::of(&root, "").unwrap();
    assert_eq!(
        said(fields.take("core")),
        "core: expected the key, with null for no value, found no such key"
    );
}

#[test]
fn an_unknown_key_is_refused_and_named() {
    let root = map([("a", Value::Null), ("b", Value::Null), ("c", Value::Null)]);
    let mut fields = Fields::of(&root, "").unwrap();
    fields.take("a").unwrap();
    fields.take("c").unwrap();
    assert_eq!(
        said(fields.finish()),
        "document: expected only the keys a, c, found the key text \"b\""
    );
}

#[test]
fn a_key_that_is_not_text_is_refused() {
    let keys: [Value; 2] = [0u64.into(), b"a".into()];
    for key in keys {
        let mut entries = Map::new();
        entries.insert("a".into(), Value::Null);
        entries.insert(key, Value::Null);
        let root = Value::Map(entries);
        let mut fields = Fields::of(&root, "core").unwrap();
        fields.take("a").unwrap();
        assert!(
            said(fields.finish()).starts_with("core: expected only the keys a, found the key ")
        );
    }
}

#[test]
fn only_maps_have_fields() {
    assert_eq!(
        said(Fields::of(&Value::Array(vec![]), "")),
        "document: expected a map, found array of 0 items"
    );
}

#[test]
fn texts_are_bounded_in_bytes() {
    let text = Value::from("\u{20ac}");
    assert_eq!(field(&text).text(3), Ok("\u{20ac}"));
    assert_eq!(
        said(field(&text).text(2)),
        "f: expected a text of at most 2 bytes, found text \"\u{20ac}\""
    );
    assert!(field(&Value::from(b"abc")).text(3).is_err());
}

#[test]
fn byte_strings_have_their_exact_length() {
    let bytes = Value::from([1, 2, 3]);
    assert_eq!(field(&bytes).bytes(), Ok([1, 2, 3].as_slice()));
    assert_eq!(field(&bytes).fixed(), Ok([1, 2, 3]));
    assert_eq!(
        said(field(&bytes).fixed::<4>()),
        "f: expected a byte string of 4 bytes, found byte string of 3 bytes"
    );
    assert!(field(&bytes).fixed::<2>().is_err());
    assert!(field(&Value::from("abc")).fixed::<3>().is_err());
    assert!(field(&Value::from("abc")).bytes().is_err());
    assert!(field(&byte_array(&[1, 2, 3])).fixed::<3>().is_err());
}

#[test]
fn byte_arrays_hold_exactly_their_bytes() {
    assert_eq!(field(&byte_array(&[0, 255])).byte_array(), Ok([0, 255]));
    assert!(field(&byte_array(&[0, 255])).byte_array::<3>().is_err());
    assert!(field(&byte_array(&[0, 255])).byte_array::<1>().is_err());
    assert!(field(&Value::from([0, 255])).byte_array::<2>().is_err());
    assert!(
        field(&Value::Array(vec![256u64.into()]))
            .byte_array::<1>()
            .is_err()
    );
    assert!(
        field(&Value::Array(vec![Value::Negative(0)]))
            .byte_array::<1>()
            .is_err()
    );
}

#[test]
fn integers_keep_to_their_width_and_are_no_floats() {
    let n = |n: u64| Value::from(n);
    assert_eq!(field(&n(65_535)).u16(), Ok(u16::MAX));
    assert!(field(&n(65_536)).u16().is_err());
    assert_eq!(field(&n(4_294_967_295)).u32(), Ok(u32::MAX));
    assert!(field(&n(4_294_967_296)).u32().is_err());
    assert_eq!(field(&n(u64::MAX)).u64(), Ok(u64::MAX));
    assert_eq!(
        said(field(&Value::from(1.0)).u64()),
        "f: expected an integer of 0 or more, found float 1.0"
    );
    assert!(field(&Value::Negative(0)).u64().is_err());
}

#[test]
fn arrays_are_bounded_in_items() {
    let array = Value::Array(vec![Value::Null; 3]);
    assert_eq!(field(&array).array(3).unwrap().len(), 3);
    assert_eq!(
        said(field(&array).array(2).map(|_| ())),
        "f: expected an array of at most 2 items, found array of 3 items"
    );
}

#[test]
fn parsing_passes_on_what_the_type_says() {
    assert_eq!(field(&"17".into()).parse::<u8>(3, "a small number"), Ok(17));
    let error = said(field(&"257".into()).parse::<u8>(3, "a small number"));
    assert_eq!(
        error,
        "f: expected a small number, found text \"257\" (number too large to fit in target type)"
    );
    assert!(
        field(&"0017".into())
            .parse::<u8>(3, "a small number")
            .is_err()
    );
}

#[test]
fn an_option_becomes_null_or_its_value() {
    assert_eq!(Value::from(None::<u64>), Value::Null);
    assert_eq!(Value::from(Some("x")), Value::Text("x".into()));
}

#[test]
fn an_absent_key_is_no_null() {
    let root = map([("null", Value::Null)]);
    let mut fields = Fields::of(&root, "").unwrap();
    assert!(fields.find("absent").is_none());
    assert_eq!(fields.find("null").unwrap().value(), &Value::Null);
    fields.finish().unwrap();
}

#[test]
fn an_integer_key_is_taken_as_such() {
    let mut entries = Map::new();
    entries.insert(0u64.into(), 1u64.into());
    let root = Value::Map(entries);
    let mut fields = Fields::of(&root, "side").unwrap();
    let schema = fields.take_number(0).unwrap();
    assert_eq!((schema.path(), schema.u16()), ("side.0", Ok(1)));
    assert_eq!(
        said(fields.take_number(1)),
        "side.1: expected the key, found no such key"
    );
    fields.finish().unwrap();
    let mut fields = Fields::of(&root, "").unwrap();
    fields.find("0");
    assert_eq!(
        said(fields.finish()),
        "document: expected only the keys 0, found the key integer 0"
    );
}

#[test]
fn the_rest_is_what_was_not_taken() {
    let mut entries = Map::new();
    for key in [Value::from("a"), Value::from("b"), 0u64.into(), 1u64.into()] {
        entries.insert(key.clone(), key);
    }
    let root = Value::Map(entries.clone());
    let mut fields = Fields::of(&root, "").unwrap();
    fields.take("a").unwrap();
    fields.find("c");
    fields.take_number(0).unwrap();
    entries.remove(&"a".into());
    entries.remove(&0u64.into());
    assert_eq!(fields.rest(), entries);
}

#[test]
fn an_open_map_holds_the_unknown_and_lets_the_known_win() {
    let mut unknown = Map::new();
    unknown.insert("a".into(), 1u64.into());
    unknown.insert("b".into(), 2u64.into());
    let open = open_map([("b", 3u64.into()), ("c", 4u64.into())], &unknown);
    assert_eq!(
        open,
        map([("a", 1u64.into()), ("b", 3u64.into()), ("c", 4u64.into())])
    );
}

#[test]
fn no_integer_is_a_float() {
    assert_eq!(field(&Value::from(1.0)).float().unwrap().value(), 1.0);
    assert_eq!(
        said(field(&1u64.into()).float()),
        "f: expected a float, found integer 1"
    );
}

#[test]
fn entries_come_with_their_keys_and_are_bounded() {
    let two = map([("a", 1u64.into()), ("b", 2u64.into())]);
    let two = field(&two);
    let entries = two.entries(2).unwrap();
    let (key, value) = &entries[1];
    assert_eq!((key.path(), key.text(1)), ("f[1]", Ok("b")));
    assert_eq!((value.path(), value.u64()), ("f[1]", Ok(2)));
    assert_eq!(
        said(two.entries(1).map(|_| ())),
        "f: expected a map of at most 1 entries, found map of 2 entries"
    );
    assert!(field(&Value::Null).entries(1).is_err());
}
