//! The form for a meeting: scheduled, or started at once.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::api::{Field, NewMeeting};
use shared::limits::{MAX_MEETING_MINUTES, MAX_TITLE_CHARS};
use shared::meeting::{DoorRules, MeetingKind};
use shared::template::Settings;
use shared::text::{tr, tr_with};

use super::at_the_door::AtTheDoor;
use super::password_time::{DEFAULT_MINUTES, PasswordTime};
use super::templates::{BeginWith, KeepTemplate, Templates};
use crate::console::api;
use crate::console::forms::{FieldErrors, MeetingForm};
use crate::console::navigation::{Link, Navigation};
use crate::console::parts::{FormState, PageHead, Refusal};
use crate::console::route::Route;
use crate::console::session::Session;
use crate::console::{when, words};
use crate::ui::{Button, ButtonVariant, Card, Checkbox, Choice, FieldError, Glyph, Icon, Select, TextField};

/// The fields as they are typed, and what is wrong with them.
#[derive(Clone, Copy)]
struct Fields {
    title: RwSignal<String>,
    start: RwSignal<String>,
    duration: RwSignal<String>,
    zone: RwSignal<String>,
    ask_password: RwSignal<bool>,
    password_before: RwSignal<u32>,
    recorded: RwSignal<bool>,
    rules: RwSignal<DoorRules>,
    state: FormState,
}

impl Fields {
    fn new(now: bool) -> Self {
        let fields = Self {
            title: RwSignal::default(),
            start: RwSignal::new(when::next_half_hour()),
            duration: RwSignal::new("60".to_owned()),
            zone: RwSignal::new(when::zone_here()),
            ask_password: RwSignal::new(false),
            // As soon as the door opens; where it is open already, when people come.
            password_before: RwSignal::new(if now { 0 } else { DEFAULT_MINUTES }),
            recorded: RwSignal::new(false),
            rules: RwSignal::new(DoorRules::default()),
            state: FormState::new(),
        };
        let Self { title, start, duration, zone, .. } = fields;
        let watched =
            [(title, Field::Title), (start, Field::Start), (duration, Field::Duration), (zone, Field::TimeZone)];
        fields.state.watch(watched);
        fields
    }

    /// As a template has it; title, time and zone stay as they are.
    fn take(self, settings: &Settings) {
        let Settings { duration_minutes, ask_password, password_before_minutes, kind, rules } = settings.clone();
        self.duration.set(duration_minutes.to_string());
        self.ask_password.set(ask_password);
        self.password_before.set(password_before_minutes);
        self.recorded.set(kind == MeetingKind::MayBeRecorded);
        self.rules.set(rules);
    }

    /// What a template of this form has, or the fields that are wrong.
    fn settings(self) -> Result<Settings, FieldErrors> {
        self.form(true).settings()
    }

    fn form(self, now: bool) -> MeetingForm {
        MeetingForm {
            title: self.title.get_untracked(),
            start: (!now).then(|| self.start.get_untracked()),
            duration: self.duration.get_untracked(),
            zone: self.zone.get_untracked(),
            ask_password: self.ask_password.get_untracked(),
            password_before_minutes: self.password_before.get_untracked(),
            kind: kind(self.recorded.get_untracked()),
            rules: self.rules.get_untracked(),
        }
    }

    async fn create(self, session: Session, navigation: Navigation, meeting: NewMeeting) {
        self.state.start();
        match session.ask(api::create_meeting(&meeting)).await {
            Ok(made) => navigation.go(Route::Meeting(made.info.id)),
            Err(error) => self.state.refuse(error),
        }
        self.state.busy.set(false);
    }
}

/// Asks for what a meeting needs; then its page follows, to invite people.
#[component]
pub(crate) fn NewMeetingPage(
    /// Whether it starts at once.
    now: bool,
) -> impl IntoView {
    let (session, navigation, fields) = (Session::get(), Navigation::get(), Fields::new(now));
    let templates = Templates::load(session);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        match fields.form(now).check() {
            Ok(meeting) => spawn_local(fields.create(session, navigation, meeting)),
            Err(errors) => fields.state.show(errors),
        }
    };
    let (title, button) = if now {
        (tr("Start a meeting now"), tr("Start the meeting"))
    } else {
        (tr("Schedule a meeting"), tr("Schedule the meeting"))
    };
    view! {
        <div class="console-column stack">
            <Link to=Route::Meetings class="back-link"><Icon glyph=Glyph::Back />{tr("Meetings")}</Link>
            <PageHead title=title />
            <Card>
                <form class="stack" novalidate=true on:submit=submit>
                    <BeginWith templates=templates on_choice=Callback::new(move |settings: Settings| fields.take(&settings)) />
                    <TextField label=tr("Title") value=fields.title error=fields.state.error(Field::Title)
                        hint=tr_with("Everybody invited sees it. Up to {max} characters.", &[("max", &MAX_TITLE_CHARS.to_string())])
                        required=true testid="meeting-title" error_testid="meeting-title-error" />
                    <Times fields=fields now=now />
                    <AskPassword session=session fields=fields />
                    <AtTheDoor rules=fields.rules error=fields.state.error(Field::Checklist) />
                    <Checkbox label=tr("This meeting may be watched or recorded")
                        hint=tr("People in it may then connect players and recorders. Everybody is told so in the invitation, before coming in, and inside. It cannot be changed later.")
                        checked=fields.recorded on_change=move |on| fields.recorded.set(on) testid="meeting-recorded" />
                    <KeepTemplate templates=templates settings=Callback::new(move |()| fields.settings().map_err(|errors| fields.state.show(errors)).ok()) />
                    <p class="kept-note"><Icon glyph=Glyph::Shield />{move || words::kept(kind(fields.recorded.get()))}</p>
                    <Refusal state=fields.state testid="meeting-error" />
                    <div class="form-actions">
                        <Button variant=ButtonVariant::Primary submit=true busy=fields.state.busy testid="meeting-create">{button}</Button>
                        <Link to=Route::Meetings class="button button--quiet">{tr("Cancel")}</Link>
                    </div>
                </form>
            </Card>
        </div>
    }
}

fn kind(recorded: bool) -> MeetingKind {
    if recorded { MeetingKind::MayBeRecorded } else { MeetingKind::NothingKept }
}

/// The choice of SMS passwords, where the server can send any.
#[component]
fn AskPassword(session: Session, fields: Fields) -> impl IntoView {
    let offered = Memo::new(move |_| session.sends_sms());
    move || {
        if !offered.get() {
            return view! { <p class="muted-text small">{words::no_sms()}</p> }.into_any();
        }
        view! {
            <Checkbox label=tr("Ask everybody for a password by SMS as well")
                hint=tr("On top of the PIN. Each person then needs a telephone number, or an account here with an authenticator app. Moderators need a second proof in any case.")
                checked=fields.ask_password on_change=move |on| fields.ask_password.set(on) testid="meeting-ask-password" />
            {move || fields.ask_password.get().then(|| view! {
                <PasswordTime minutes=fields.password_before on_choice=move |minutes| fields.password_before.set(minutes) />
            })}
        }
        .into_any()
    }
}

/// When it starts, for how long, and by whose clock.
#[component]
fn Times(fields: Fields, now: bool) -> impl IntoView {
    let choices = zone_choices(&fields.zone.get_untracked());
    view! {
        <div class="form-pair">
            {(!now).then(|| view! {
                <TextField label=tr("Start") kind="datetime-local" value=fields.start error=fields.state.error(Field::Start)
                    required=true testid="meeting-start" error_testid="meeting-start-error" />
            })}
            <TextField label=tr("Length in minutes") kind="number" inputmode="numeric" min="1" max=MAX_MEETING_MINUTES.to_string()
                value=fields.duration error=fields.state.error(Field::Duration)
                required=true testid="meeting-duration" error_testid="meeting-duration-error" />
        </div>
        <div class="field">
            <Select label=tr("Time zone") choices=Signal::stored(choices) value=fields.zone on_choice=move |zone| fields.zone.set(zone) testid="meeting-zone" />
            <FieldError error=fields.state.error(Field::TimeZone) testid="meeting-zone-error" />
        </div>
    }
}

/// Every zone the browser knows. Browsers leave UTC out of their list, and very old ones have no list.
fn zone_choices(own: &str) -> Vec<Choice> {
    let mut zones = when::zones();
    for extra in [own, "UTC"] {
        if !zones.iter().any(|zone| zone == extra) {
            zones.push(extra.to_owned());
        }
    }
    zones.into_iter().map(|zone| Choice::new(zone.clone(), zone.replace('_', " "))).collect()
}
