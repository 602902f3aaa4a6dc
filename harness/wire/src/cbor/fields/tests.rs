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
