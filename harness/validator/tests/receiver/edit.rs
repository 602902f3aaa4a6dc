//! Editing a sidecar of one's own.

use crate::bound::{Surface, bounds, named, without};
use crate::sidecar_world::{add, ai_tag, caption, imported, rich};
use crate::world::{IDENTITY, NANOSECOND, days, now, phone, tablet};
use gauntlet_crypto::sign::sign_sidecar;
use gauntlet_validator::receiver::{
    Counters, EDIT, Edit, EditFacts, EditPlan, Policy, Rejection, SidecarFile, edit_sidecar, judge,
    tags_in_effect,
};
use gauntlet_wire::bounds::{CAPTION, TAG, TAG_CHANGES};
use gauntlet_wire::cbor::{Bounds, Document, Value, decode};
use gauntlet_wire::reason::Reason;
use gauntlet_wire::sidecar::SidecarBody;
use gauntlet_wire::version::Formats;
use jiff::SignedDuration;

#[derive(Debug, Clone)]
pub(crate) struct EditCase {
    body: SidecarBody,
    /// The schema that the file states.
    schema: u64,
    trailing: Vec<u8>,
    counters: Counters,
    edit: Edit,
    policy: Policy,
}

impl EditCase {
    fn file(&self) -> SidecarFile {
        let bytes = sign_sidecar(self.body.clone(), &IDENTITY)
            .to_value()
            .encode();
        let Value::Map(mut map) = decode(&bytes, &Bounds::up_to(bytes.len())).unwrap() else {
            panic!("a sidecar is a map");
        };
        map.insert(Value::Unsigned(0), Value::Unsigned(self.schema));
        let mut bytes = Value::Map(map).encode();
        bytes.extend(&self.trailing);
        SidecarFile::of(&bytes)
    }

    fn facts(&self) -> EditFacts {
        EditFacts {
            now: now(),
            device: phone(),
            file: self.file(),
            counters: self.counters,
        }
    }

    fn plan(&self) -> EditPlan {
        edit_sidecar(&self.facts(), &self.edit, &self.policy).unwrap()
    }

    fn of(edit: Edit) -> Self {
        Self {
            body: rich(Formats::B),
            schema: 1,
            trailing: Vec::new(),
            counters: Counters::default(),
            edit,
            policy: Policy::default(),
        }
    }

    /// The set is full of adds of another device.
    fn full(&mut self, count: usize) {
        let adds = (0..count as u64).map(|counter| (add(tablet(), counter), "full".to_owned()));
        self.body.tags_user.adds = adds.collect();
    }
}

impl Surface for EditCase {
    fn honest() -> Self {
        Self::of(Edit::AddTag("sun".to_owned()))
    }

    fn reasons() -> Vec<Reason> {
        named(EDIT)
    }

    fn judge(&self) -> Result<(), Rejection> {
        edit_sidecar(&self.facts(), &self.edit, &self.policy).map(|_| ())
    }

    fn judge_without(&self, left_out: &[Reason]) -> Result<(), Rejection> {
        judge(
            &without(EDIT, left_out),
            &self.facts(),
            &self.edit,
            &self.policy,
        )
    }
}

bounds! { EditCase;
    what_is_no_sidecar_is_not_edited by SidecarMalformed with [BoundExceeded CounterExhausted] {
        inside: |_| (),
        outside: |case| case.trailing = vec![0xf6],
    }
    row01_a_later_schema_is_not_written by SchemaNewer with [BoundExceeded CounterExhausted] {
        inside: |case| case.schema = 1,
        outside: |case| case.schema = 2,
    }
    row01_nor_is_one_above_the_clients_own by SchemaNewer {
        inside: |case| case.policy.max_sidecar_schema = 1,
        outside: |case| case.policy.max_sidecar_schema = 0,
    }
    a_caption_is_within_its_bound by BoundExceeded {
        inside: |case| case.edit = Edit::Caption("x".repeat(CAPTION)),
        outside: |case| case.edit = Edit::Caption("x".repeat(CAPTION + 1)),
    }
    a_rating_is_within_its_bound by BoundExceeded {
        inside: |case| case.edit = Edit::Rating(5),
        outside: |case| case.edit = Edit::Rating(6),
    }
    a_tag_is_within_its_bound by BoundExceeded {
        inside: |case| case.edit = Edit::AddTag("x".repeat(TAG)),
        outside: |case| case.edit = Edit::AddTag("x".repeat(TAG + 1)),
    }
    a_model_has_a_name by BoundExceeded {
        inside: |case| case.edit = Edit::AddAiTag(ai_tag("boat")),
        outside: |case| {
            let mut tag = ai_tag("boat");
            tag.model_id.clear();
            case.edit = Edit::AddAiTag(tag);
        },
    }
    a_set_is_within_its_bound by BoundExceeded {
        inside: |case| case.full(TAG_CHANGES - 1),
        outside: |case| case.full(TAG_CHANGES),
    }
    row07_a_remove_names_an_add_that_was_seen by UnseenAddId {
        inside: |case| case.edit = Edit::RemoveTag(add(phone(), 1)),
        outside: |case| case.edit = Edit::RemoveTag(add(phone(), 2)),
    }
    row07_in_its_own_set by UnseenAddId {
        inside: |case| case.edit = Edit::RemoveAiTag(add(phone(), 5)),
        outside: |case| case.edit = Edit::RemoveAiTag(add(phone(), 1)),
    }
    row07_a_counter_ends_at_the_top_of_its_range by CounterExhausted {
        inside: |case| case.counters.user = Some(u64::MAX - 1),
        outside: |case| case.counters.user = Some(u64::MAX),
    }
    row07_by_the_sidecars_word_too by CounterExhausted {
        inside: |case| {
            case.body.tags_user.adds.insert(add(phone(), u64::MAX - 1), "end".to_owned());
        },
        outside: |case| {
            case.body.tags_user.adds.insert(add(phone(), u64::MAX), "end".to_owned());
        },
    }
}

#[test]
fn an_edit_changes_what_it_names_and_carries_on_everything_else() {
    let before = rich(Formats::B);
    let plan = EditCase::of(Edit::Caption("fourth".to_owned())).plan();
    let mut expected = before.clone();
    let current = plan.body.caption.current.clone().unwrap();
    assert_eq!((current.value.as_str(), current.by), ("fourth", phone()));
    expected.caption.current = Some(current);
    assert_eq!(plan.body, expected);

    let plan = EditCase::of(Edit::RemoveTag(add(tablet(), 0))).plan();
    let mut expected = before.clone();
    expected.tags_user.removes.insert(add(tablet(), 0));
    assert_eq!(plan.body, expected);

    let plan = EditCase::of(Edit::AddAiTag(ai_tag("wave"))).plan();
    let mut expected = before;
    expected
        .tags_ai
        .adds
        .insert(add(phone(), 6), ai_tag("wave"));
    assert_eq!(plan.body, expected);
    assert_eq!(plan.counters.ai, Some(6));
}

#[test]
fn row07_of_two_equal_tags_one_survives_the_removal_of_the_other() {
    let mut case = EditCase::of(Edit::RemoveTag(add(tablet(), 0)));
    case.body.tags_user.removes.clear();
    let body = case.plan().body;
    let left: Vec<_> = tags_in_effect(&body.tags_user)
        .map(|(id, tag)| (*id, tag.as_str()))
        .collect();
    assert_eq!(left, [(add(phone(), 0), "sea"), (add(phone(), 1), "sky")]);
}

#[test]
fn row07_after_a_restart_counters_go_on_where_the_sidecar_ends() {
    let case = EditCase::of(Edit::AddTag("sun".to_owned()));
    assert_eq!(case.plan().counters.user, Some(2));
    assert_eq!(case.plan().body.tags_user.adds[&add(phone(), 2)], "sun");
    // Where an add was collected, the remove of it still tells.
    let mut removed = case.clone();
    removed.body.tags_user.removes.insert(add(phone(), 40));
    assert_eq!(removed.plan().counters.user, Some(41));
    // Where the sidecar forgot, the client did not.
    let mut kept = case.clone();
    kept.counters.user = Some(90);
    assert_eq!(kept.plan().counters.user, Some(91));
    let mut first = case;
    first.body = imported();
    assert_eq!(first.plan().counters.user, Some(0));
}

#[test]
fn an_edit_is_newer_than_what_its_author_saw() {
    let mut case = EditCase::of(Edit::Rating(1));
    let seen = case.body.rating.current.as_mut().unwrap();
    seen.ts = crate::world::time(now() + days(2));
    let written = case.plan().body.rating.current.unwrap();
    assert!(written.ts.instant() > now() + days(2), "{written:?}");
    case.body.rating.current = None;
    assert_eq!(case.plan().body.rating.current.unwrap().ts.instant(), now());
}

#[test]
fn row09_an_edit_over_a_caption_of_2099_is_dated_today() {
    let mut case = EditCase::of(Edit::Caption("today".to_owned()));
    for (ahead, dated) in [
        (days(30), now() + days(30) + SignedDuration::from_millis(1)),
        (days(30) + NANOSECOND, now()),
    ] {
        case.body.caption.current = Some(caption("ahead", now() + ahead));
        let written = case.plan().body.caption.current.unwrap();
        assert_eq!(written.ts.instant(), dated);
    }
}
