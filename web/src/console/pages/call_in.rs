//! One form for an alert: a title, names with numbers, one button. The meeting starts, everybody's telephone gets their own link
//! and PIN, and whoever pressed it gets the way in as its moderator.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::api::{ApiError, CalledIn, Field};
use shared::limits::MAX_INVITEES;
use shared::text::{tr, tr_with};

use super::pin_dialog::{Issued, PinDialog};
use crate::console::api::CallError;
use crate::console::forms::{CallForm, CalledForm};
use crate::console::navigation::{Link, Navigation};
use crate::console::parts::{FormState, PageHead, Refusal};
use crate::console::route::Route;
use crate::console::session::Session;
use crate::console::{api, focus, when, words};
use crate::ui::{Banner, Button, ButtonVariant, Card, Glyph, Icon, TextField, Tone};

/// Somebody's fields as they are typed, and what is wrong with them.
#[derive(Clone, Copy)]
struct Row {
    /// Tells rows apart when one in the middle goes.
    key: usize,
    name: RwSignal<String>,
    phone: RwSignal<String>,
    name_error: RwSignal<Option<String>>,
    phone_error: RwSignal<Option<String>>,
}

impl Row {
    fn new(key: usize) -> Self {
        let row = Self {
            key,
            name: RwSignal::default(),
            phone: RwSignal::default(),
            name_error: RwSignal::default(),
            phone_error: RwSignal::default(),
        };
        for (value, error) in [(row.name, row.name_error), (row.phone, row.phone_error)] {
            let forget = move |(): &(), _: Option<&()>, _: Option<()>| error.set(None);
            Effect::watch(move || value.track(), forget, false);
        }
        row
    }

    fn form(self) -> CalledForm {
        CalledForm { name: self.name.get_untracked(), phone: self.phone.get_untracked() }
    }

    fn blame(self, field: Field, text: String) {
        let error = if field == Field::Phone { self.phone_error } else { self.name_error };
        error.set(Some(text));
    }
}

#[derive(Clone, Copy)]
struct Fields {
    title: RwSignal<String>,
    rows: RwSignal<Vec<Row>>,
    next: StoredValue<usize>,
    state: FormState,
    done: RwSignal<Option<CalledIn>>,
}

impl Fields {
    fn new() -> Self {
        let rows = (0..2).map(Row::new).collect();
        let (title, state) = (RwSignal::default(), FormState::new());
        state.watch([(title, Field::Title)]);
        Self { title, rows: RwSignal::new(rows), next: StoredValue::new(2), state, done: RwSignal::new(None) }
    }

    fn add(self) {
        let key = self.next.get_value();
        self.next.set_value(key + 1);
        self.rows.update(|rows| rows.push(Row::new(key)));
        focus::later(format!("[data-testid=call-name-{key}]"));
    }

    /// Rows in which nothing stands are none.
    fn filled(self) -> Vec<Row> {
        self.rows.get_untracked().into_iter().filter(|row| !row.form().is_empty()).collect()
    }

    fn form(self) -> CallForm {
        CallForm {
            title: self.title.get_untracked(),
            zone: when::zone_here(),
            people: self.filled().into_iter().map(Row::form).collect(),
        }
    }

    async fn call(self, session: Session) {
        let call = match self.form().check() {
            Ok(call) => call,
            Err(errors) => {
                let filled = self.filled();
                for (row, field, reason) in &errors.people {
                    if let Some(row) = filled.get(*row) {
                        row.blame(*field, words::field_error(reason));
                    }
                }
                if errors.people.is_empty() && filled.is_empty() {
                    self.state.refusal.set(Some(tr("Give at least one person with a telephone number.").to_owned()));
                }
                return self.state.show(errors.fields);
            }
        };
        self.state.start();
        match session.ask(api::call_in(&call)).await {
            Ok(called) => self.done.set(Some(called)),
            Err(CallError::Refused(ApiError::Person { row, field, reason })) => {
                if let Some(row) = self.filled().get(row) {
                    row.blame(field, words::field_error(&reason));
                    focus::first_wrong_field();
                }
            }
            Err(error) => self.state.refuse(error),
        }
        self.state.busy.set(false);
    }
}

/// The form.
#[component]
pub(crate) fn CallInPage() -> impl IntoView {
    let (session, navigation, fields) = (Session::get(), Navigation::get(), Fields::new());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        spawn_local(fields.call(session));
    };
    let offered = Memo::new(move |_| session.sends_sms());
    let full = Memo::new(move |_| fields.rows.with(Vec::len) >= MAX_INVITEES - 1);
    let go_on = move |called: &CalledIn| navigation.go(Route::Meeting(called.meeting.info.id));
    view! {
        <div class="console-column stack">
            <Link to=Route::Meetings class="back-link"><Icon glyph=Glyph::Back />{tr("Meetings")}</Link>
            <PageHead title=tr("Call people in") />
            <p class="muted-text">{tr("The meeting starts now. Everybody gets an SMS with a link and a PIN of their own; you let them in as its moderator. Whoever has such a telephone in hand gets as far as the lobby, so look at the faces.")}</p>
            {move || if offered.get() { ().into_any() } else {
                view! { <Banner tone=Tone::Warn testid="call-no-sms">{tr("This server sends no SMS, so nobody can be called in.")}</Banner> }.into_any()
            }}
            <Card>
                <form class="stack" novalidate=true on:submit=submit>
                    <TextField label=tr("What it is about") value=fields.title error=fields.state.error(Field::Title)
                        hint=tr("It stands in the SMS.") required=true testid="call-title" error_testid="call-title-error" />
                    <fieldset class="called">
                        <legend class="field__label">{tr("Who is called")}</legend>
                        <For each=move || fields.rows.get() key=|row| row.key let:row>
                            <CalledRow row=row fields=fields />
                        </For>
                        <div>
                            <Button variant=ButtonVariant::Secondary small=true icon=Glyph::Plus disabled=full testid="call-add" on:click=move |_| fields.add()>
                                {tr("One more person")}
                            </Button>
                        </div>
                    </fieldset>
                    <Refusal state=fields.state testid="call-error" />
                    <div class="form-actions">
                        <Button variant=ButtonVariant::Primary submit=true icon=Glyph::Send busy=fields.state.busy testid="call-now">{tr("Start now and call them in")}</Button>
                        <Link to=Route::Meetings class="button button--quiet">{tr("Cancel")}</Link>
                    </div>
                </form>
            </Card>
        </div>
        {move || fields.done.get().map(|called| {
            let issued = Issued { pin: called.own.clone(), back_to: "#main h1".to_owned() };
            view! { <PinDialog issued=issued on_close=move || { fields.done.with_untracked(|called| called.iter().for_each(go_on)); } /> }
        })}
    }
}

#[component]
fn CalledRow(row: Row, fields: Fields) -> impl IntoView {
    let several = Memo::new(move |_| fields.rows.with(Vec::len) > 1);
    let remove = move |_| fields.rows.update(|rows| rows.retain(|other| other.key != row.key));
    let label = move || {
        let name = row.name.get();
        if name.trim().is_empty() {
            tr("Take this row away").to_owned()
        } else {
            tr_with("Take {name} away", &[("name", name.trim())])
        }
    };
    view! {
        <div class="called__row">
            <TextField label=tr("Name") value=row.name error=row.name_error testid=format!("call-name-{}", row.key)
                error_testid=format!("call-name-error-{}", row.key) />
            <TextField label=tr("Telephone") kind="tel" placeholder="+31 20 123 4567" value=row.phone error=row.phone_error
                testid=format!("call-phone-{}", row.key) error_testid=format!("call-phone-error-{}", row.key) />
            {move || several.get().then(|| view! {
                <Button variant=ButtonVariant::Quiet small=true icon=Glyph::Trash label=label() on:click=remove>""</Button>
            })}
        </div>
    }
}
