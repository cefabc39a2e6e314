//! One call of the document: what it takes, what it answers and what it refuses.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use serde_json::Value;
use shared::api::ApiError;
use utoipa::openapi::header::Header;
use utoipa::openapi::link::Link;
use utoipa::openapi::path::{Operation, OperationBuilder, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{AllOfBuilder, Array, Schema, Type};
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{Content, HttpMethod, Object, ObjectBuilder, Ref, RefOr, Required, ResponseBuilder};
use utoipa::{PartialSchema as _, ToSchema};

use super::SESSION;
use crate::extract::Refusal;

const JSON: &str = "application/json";

/// A call, as it is put together. The order of words follows the request: who, what with, what comes back, what does not.
pub(super) struct Call {
    method: HttpMethod,
    path: String,
    operation: OperationBuilder,
    schemas: Vec<(String, RefOr<Schema>)>,
    answer: Answer,
    refusals: Vec<ApiError>,
}

struct Answer {
    status: StatusCode,
    response: ResponseBuilder,
}

/// A number that is not said: the kind of refusal is meant.
const SOME: u32 = 1;

impl Call {
    /// A call of the console, beneath `/api/v1`.
    pub(super) fn console(method: HttpMethod, path: &str, id: &str, says: &str) -> Self {
        let changes = method != HttpMethod::Get;
        let call = Self::new(method, format!("/api/v1{path}"), id, says).tagged("console");
        if !changes {
            return call;
        }
        let origin = "This site's own. Browsers send it by themselves.";
        call.header_parameter("Origin", origin, true).refuses(&[ApiError::ForeignOrigin])
    }

    /// Any call, with what every one may be answered.
    pub(super) fn new(method: HttpMethod, path: String, id: &str, says: &str) -> Self {
        let mut operation = OperationBuilder::new().operation_id(Some(id)).summary(Some(says));
        for (name, schema) in parameters(&path) {
            let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Path).required(Required::True);
            operation = operation.parameter(parameter.schema(Some(schema)));
        }
        let misdirected = plain("The `Host` of the request is none of this server's.");
        operation = operation.response("421", misdirected);
        let answer = Answer { status: StatusCode::OK, response: ResponseBuilder::new().description("Done.") };
        Self { method, path, operation, schemas: Vec::new(), answer, refusals: Vec::new() }
    }

    pub(super) fn tagged(mut self, tag: &str) -> Self {
        self.operation = self.operation.tag(tag);
        self
    }

    pub(super) fn header_parameter(mut self, name: &str, says: &str, required: bool) -> Self {
        let required = if required { Required::True } else { Required::False };
        let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Header).required(required);
        let text = Object::with_type(Type::String);
        self.operation = self.operation.parameter(parameter.description(Some(says)).schema(Some(text)));
        self
    }

    /// For accounts.
    pub(super) fn by_account(mut self) -> Self {
        self = self.header_parameter(
            "X-Background",
            "Sent, with any value, by a page that asks by itself: it keeps nobody logged in.",
            false,
        );
        self.needs(SESSION).refuses(&[ApiError::NotLoggedIn, ApiError::Internal, ApiError::DatabaseAway])
    }

    pub(super) fn needs(mut self, scheme: &str) -> Self {
        self.operation = self.operation.security(SecurityRequirement::new(scheme, [] as [&str; 0]));
        self
    }

    /// With a JSON body.
    pub(super) fn takes<T: ToSchema>(mut self) -> Self {
        let schema = self.reference::<T>();
        self.takes_content(JSON, schema).refuses(&[ApiError::Unreadable, ApiError::TooLarge])
    }

    pub(super) fn takes_content(mut self, kind: &str, schema: RefOr<Schema>) -> Self {
        let body = RequestBodyBuilder::new().content(kind, Content::new(Some(schema))).required(Some(Required::True));
        self.operation = self.operation.request_body(Some(body.build()));
        self
    }

    /// Answered with JSON.
    pub(super) fn answers<T: ToSchema>(mut self, status: StatusCode) -> Self {
        let schema = self.reference::<T>();
        self.answers_content(status, JSON, schema)
    }

    /// Answered with a list.
    pub(super) fn lists<T: ToSchema>(mut self) -> Self {
        let schema = self.reference::<T>();
        self.answers_content(StatusCode::OK, JSON, Array::new(schema).into())
    }

    /// Answered with a JSON type of another name.
    pub(super) fn answers_as<T: ToSchema>(mut self, kind: &str) -> Self {
        let schema = self.reference::<T>();
        self.answers_content(StatusCode::OK, kind, schema)
    }

    /// Answered with some JSON object.
    pub(super) fn answers_object(self) -> Self {
        self.answers_content(StatusCode::OK, JSON, Object::with_type(Type::Object).into())
    }

    /// Answered with text.
    pub(super) fn answers_text(self, status: StatusCode, kind: &str) -> Self {
        self.answers_content(status, kind, Object::with_type(Type::String).into())
    }

    /// Answered without a body.
    pub(super) fn answers_nothing(mut self, status: StatusCode) -> Self {
        self.answer.status = status;
        self
    }

    fn answers_content(mut self, status: StatusCode, kind: &str, schema: RefOr<Schema>) -> Self {
        let response = std::mem::take(&mut self.answer.response);
        self.answer = Answer { status, response: response.content(kind, Content::new(Some(schema))) };
        self
    }

    /// A header of the answer, which is always there.
    pub(super) fn with(mut self, name: &str, says: &str) -> Self {
        let response = std::mem::take(&mut self.answer.response);
        self.answer.response = response.header(name, header(says));
        self
    }

    /// Where the ids in the answer lead: `parameter` of the call `to` is what `expression` finds.
    pub(super) fn leads(mut self, to: &[&str], parameters: &[(&str, &str)]) -> Self {
        for to in to {
            let link = parameters.iter().fold(Link::builder().operation_id(*to), |link, (name, value)| {
                link.parameter(*name, Value::from(*value))
            });
            let response = std::mem::take(&mut self.answer.response);
            self.answer.response = response.link(*to, link.build());
        }
        self
    }

    /// What else is answered.
    pub(super) fn refuses(mut self, refusals: &[ApiError]) -> Self {
        self.refusals.extend_from_slice(refusals);
        self
    }

    /// An answer that is none of the refusals.
    pub(super) fn or(mut self, status: StatusCode, response: ResponseBuilder) -> Self {
        self.operation = self.operation.response(status.as_str(), response);
        self
    }

    /// With a type that only refusals have.
    pub(super) fn knows<T: ToSchema>(mut self) -> Self {
        self.reference::<T>();
        self
    }

    fn reference<T: ToSchema>(&mut self) -> RefOr<Schema> {
        self.schemas.push((T::name().into_owned(), T::schema()));
        T::schemas(&mut self.schemas);
        Ref::from_schema_name(T::name()).into()
    }

    pub(super) fn method(&self) -> &HttpMethod {
        &self.method
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }

    pub(super) fn schemas(&self) -> &[(String, RefOr<Schema>)] {
        &self.schemas
    }

    pub(super) fn into_operation(mut self) -> Operation {
        let mut by_status: BTreeMap<u16, Vec<Refusal>> = BTreeMap::new();
        for refusal in std::mem::take(&mut self.refusals).into_iter().map(Refusal::from) {
            by_status.entry(refusal.status().as_u16()).or_default().push(refusal);
        }
        let mut operation = self.operation.response(self.answer.status.as_str(), self.answer.response);
        for (status, refusals) in by_status {
            operation = operation.response(status.to_string(), refused(&refusals));
        }
        operation.build()
    }
}

/// The names of a path with the schemas of what stands there.
fn parameters(path: &str) -> impl Iterator<Item = (&str, RefOr<Schema>)> {
    let names = path.split('{').skip(1).filter_map(|rest| rest.split('}').next());
    names.map(|name| match name {
        "meeting" => (name, shared::ids::MeetingId::schema()),
        "invitee" => (name, shared::ids::InviteeId::schema()),
        "template" => (name, shared::ids::TemplateId::schema()),
        "account" => (name, shared::ids::AccountId::schema()),
        _ => (name, Object::with_type(Type::String).into()),
    })
}

/// The answer to several refusals of one status.
fn refused(refusals: &[Refusal]) -> ResponseBuilder {
    let kinds: Vec<Value> = refusals.iter().filter_map(|refusal| serde_json::to_value(&refusal.0).ok()).collect();
    let kinds: Vec<Value> = kinds.iter().map(|kind| kind["error"].clone()).collect();
    let says: Vec<_> =
        refusals.iter().zip(&kinds).map(|(refusal, kind)| format!("{kind}: {}", meaning(&refusal.0))).collect();
    let error =
        ObjectBuilder::new().property("error", ObjectBuilder::new().schema_type(Type::String).enum_values(Some(kinds)));
    let schema = AllOfBuilder::new().item(Ref::from_schema_name(ApiError::name())).item(error);
    let response = ResponseBuilder::new().description(says.join("; ")).content(JSON, Content::new(Some(schema)));
    if refusals.iter().all(|refusal| refusal.retry_after_s().is_some()) { retry(response) } else { response }
}

/// What it says of itself, without the values of one case.
fn meaning(error: &ApiError) -> String {
    match error {
        ApiError::TooManyTries { .. } => "too many tries, wait".to_owned(),
        ApiError::Field { .. } => "one field is wrong".to_owned(),
        ApiError::Person { .. } => "a field of one of several people is wrong".to_owned(),
        other => other.to_string(),
    }
}

/// With the header that says when to come again.
pub(super) fn retry(response: ResponseBuilder) -> ResponseBuilder {
    let seconds = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0));
    let mut header = Header::new(seconds);
    header.description = Some("Seconds.".to_owned());
    response.header("Retry-After", header)
}

pub(super) fn header(says: &str) -> Header {
    let mut header = Header::default();
    header.description = Some(says.to_owned());
    header
}

/// An answer in plain text.
pub(super) fn plain(says: &str) -> ResponseBuilder {
    let text = Content::new(Some(Object::with_type(Type::String)));
    ResponseBuilder::new().description(says).content("text/plain", text)
}

/// Refusals with values in them, as kinds.
pub(super) fn wait() -> ApiError {
    ApiError::TooManyTries { retry_after_s: SOME }
}

/// See [`wait`].
pub(super) fn field() -> ApiError {
    ApiError::Field { field: shared::api::Field::Title, reason: shared::api::FieldError::NotATime }
}

/// See [`wait`].
pub(super) fn person() -> ApiError {
    ApiError::Person { row: 0, field: shared::api::Field::Phone, reason: shared::api::FieldError::ImpossibleNumber }
}
