use super::*;

/// Every value reads back, and no other spelling of one does.
fn is_closed<T: FromStr + Copy + PartialEq + fmt::Debug>(
    all: &[T],
    as_str: fn(T) -> &'static str,
    count: usize,
) {
    assert_eq!(all.len(), count);
    for value in all {
        let text = as_str(*value);
        assert_eq!(text.parse::<T>().ok(), Some(*value));
        let (head, tail) = text.split_at(1);
        let capital = head.to_uppercase() + tail;
        let near = [
            &text[1..],
            &format!("{text} "),
            &format!(" {text}"),
            &format!("{text}s"),
            &text.replace(['-', '_', '/'], "."),
        ];
        for near in near.into_iter().filter(|near| *near != text) {
            assert!(near.parse::<T>().is_err(), "{near:?}");
        }
        assert_eq!(capital.parse::<T>().is_ok(), capital == text, "{capital:?}");
    }
    assert!("".parse::<T>().is_err());
    assert!("purge".parse::<T>().is_err());
}

#[test]
fn enums_are_closed_and_exact() {
    is_closed(Action::ALL, Action::as_str, 7);
    is_closed(BlobRole::ALL, BlobRole::as_str, 5);
    is_closed(DerivativeRole::ALL, DerivativeRole::as_str, 3);
    is_closed(GpsSource::ALL, GpsSource::as_str, 4);
    is_closed(StackRole::ALL, StackRole::as_str, 3);
    is_closed(StackType::ALL, StackType::as_str, 13);
    is_closed(CapabilityScope::ALL, CapabilityScope::as_str, 2);
    is_closed(KeyMode::ALL, KeyMode::as_str, 2);
    is_closed(UploadStatus::ALL, UploadStatus::as_str, 5);
    is_closed(Change::ALL, Change::as_str, 3);
    is_closed(Surface::ALL, Surface::as_str, 7);
    is_closed(ContentType::ALL, ContentType::as_str, 13);
}

#[test]
fn the_content_types_of_a_lack_two_of_b() {
    for text in ["image/jxl", "video/webm"] {
        assert!(ContentType::parse(text, Formats::B).is_ok());
        assert!(ContentType::parse(text, Formats::A).is_err());
    }
    for text in [
        "image/jpg",
        "image/jpeg; q=1",
        "IMAGE/JPEG",
        "application/pdf",
        "",
    ] {
        assert!(ContentType::parse(text, Formats::B).is_err(), "{text:?}");
    }
    assert!(ContentType::parse("image/jpeg", Formats::A).is_ok());
}

#[test]
fn the_content_types_of_each_version_are_counted() {
    let count = |formats| {
        ContentType::ALL
            .iter()
            .filter(|value| value.is_of(formats))
            .count()
    };
    assert_eq!((count(Formats::A), count(Formats::B)), (11, 13));
}

#[test]
fn a_derivative_format_is_a_content_type_or_the_sentinel() {
    for content_type in ContentType::ALL {
        let format: DerivativeFormat = content_type.as_str().parse().unwrap();
        assert_eq!(format, DerivativeFormat::Media(*content_type));
        assert_eq!(format.as_str(), content_type.as_str());
        for formats in [Formats::A, Formats::B] {
            assert_eq!(format.is_of(formats), content_type.is_of(formats));
        }
    }
    let sentinel: DerivativeFormat = "original".parse().unwrap();
    assert_eq!(sentinel.to_string(), "original");
    assert!(sentinel.is_of(Formats::A) && sentinel.is_of(Formats::B));
    for bad in ["", "Original", "original ", "image/jpg", "jpeg"] {
        let error = bad.parse::<DerivativeFormat>().unwrap_err();
        assert!(error.to_string().contains("original"), "{error}");
    }
}
