//! Meeting templates in the form for a new meeting: begin with one, keep what the form says as one, remove one.

use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::api::FieldError;
use shared::input;
use shared::limits::MAX_NAME_CHARS;
use shared::template::{NewTemplate, Settings, Template};
use shared::text::{tr, tr_with};

use crate::console::session::Session;
use crate::console::{api, words};
use crate::ui::{Button, ButtonVariant, Choice, Glyph, Select, TextField, ToastRack, Tone, use_toasts};

/// The organisation's templates as this page knows them. Copy it freely.
#[derive(Clone, Copy)]
pub(super) struct Templates {
    session: Session,
    all: RwSignal<Vec<Template>>,
    busy: RwSignal<bool>,
    toasts: ToastRack,
}

impl Templates {
    /// Asks for them. Until they come, and where there are none, the form begins empty.
    pub(super) fn load(session: Session) -> Self {
        let templates = Self { session, all: RwSignal::default(), busy: RwSignal::new(false), toasts: use_toasts() };
        templates.ask(api::templates(), |_| {});
        templates
    }

    fn ask(self, call: api::Call<Vec<Template>>, done: impl Fn(ToastRack) + 'static) {
        self.busy.set(true);
        spawn_local(async move {
            match self.session.ask(call).await {
                Ok(all) => {
                    self.all.set(all);
                    done(self.toasts);
                }
                Err(error) => self.toasts.show(Tone::Danger, words::call_error(&error)),
            }
            self.busy.set(false);
        });
    }
}

/// Which template the form begins with, where there are any.
#[component]
pub(super) fn BeginWith(templates: Templates, on_choice: Callback<Settings>) -> impl IntoView {
    let chosen = RwSignal::new(String::new());
    let choices = Signal::derive(move || {
        let empty = Choice::new("", tr("Nothing: set everything here"));
        let named = templates.all.get().into_iter().map(|it| Choice::new(it.id.to_string(), it.name));
        std::iter::once(empty).chain(named).collect::<Vec<_>>()
    });
    let choose = move |id: String| {
        let found = templates.all.with_untracked(|all| all.iter().find(|it| it.id.to_string() == id).cloned());
        if let Some(template) = found {
            on_choice.run(template.settings);
        }
        chosen.set(id);
    };
    move || {
        (!templates.all.with(Vec::is_empty)).then(|| {
            view! { <Select label=tr("Begin with a template") choices=choices value=chosen on_choice=choose testid="template" /> }
        })
    }
}

/// Keeps the form's settings under a name, and removes what is no longer needed. Folded away: most meetings need neither.
#[component]
pub(super) fn KeepTemplate(
    templates: Templates,
    /// The form's settings, unless something is wrong with them.
    settings: Callback<(), Option<Settings>>,
) -> impl IntoView {
    let name = RwSignal::new(String::new());
    let wrong = RwSignal::new(None::<String>);
    Effect::new(move |_| {
        name.track();
        wrong.set(None);
    });
    let keep = move |_| match input::name(&name.get_untracked()) {
        Err(reason) => wrong.set(Some(words::field_error(&FieldError::Text { reason }))),
        Ok(name_given) => {
            let Some(settings) = settings.run(()) else { return };
            let said = tr_with("Kept as \"{name}\".", &[("name", &name_given)]);
            let new = NewTemplate { name: name_given, settings };
            templates.ask(api::keep_template(&new), move |toasts| toasts.show(Tone::Good, said.clone()));
        }
    };
    view! {
        <details class="form-more" data-testid="templates">
            <summary>{tr("Templates")}</summary>
            <div class="stack">
                <p class="muted-text small">{tr("Keep length, password, the rules at the door and recording for meetings of this kind. Title, time and people are no part of it; meetings that were made stay as they are.")}</p>
                <TextField label=tr("Name of the template") value=name error=wrong
                    hint=tr_with("One of the same name is replaced. Up to {max} characters.", &[("max", &MAX_NAME_CHARS.to_string())])
                    testid="template-name" error_testid="template-name-error" />
                <div><Button small=true busy=templates.busy icon=Glyph::Check testid="template-keep" on:click=keep>{tr("Keep as a template")}</Button></div>
                <ul class="template-list">
                    <For each=move || templates.all.get() key=|it| it.id let(template)>
                        <li class="row">
                            <span>{template.name.clone()}</span>
                            <Button variant=ButtonVariant::DangerQuiet small=true busy=templates.busy testid=format!("template-remove-{}", template.id)
                                label=tr_with("Remove the template {name}", &[("name", &template.name)])
                                on:click=move |_| templates.ask(api::remove_template(template.id), |_| {})>{tr("Remove")}</Button>
                        </li>
                    </For>
                </ul>
            </div>
        </details>
    }
}
