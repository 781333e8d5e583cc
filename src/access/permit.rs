//! The only door to data: whoever asks shows a token, and gets a permit for one action or none.
//! Handlers take `Permit<acts::…>` in their signature; store functions take its scope.

use std::future::{Ready, ready};
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::header::AUTHORIZATION;
use actix_web::middleware::Next;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};

use uuid::Uuid;

use super::api_keys;
use super::policy::{Act, Action, Role};
use super::scope::Scope;
use super::sessions::Sessions;
use crate::audit::{Event, Origin};
use crate::db::{Db, Reach, Store};
use crate::http::request;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Class, Code, Error, Result};
use crate::kernel::id::{OrganizationId, RequestId, SessionId, UserId};
use crate::kernel::time::Timestamp;

/// A role held today, at an organization, over its division.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    pub role: Role,
    pub organization: OrganizationId,
    pub division: DivisionCode,
}

/// A signed-in user during one request.
#[derive(Debug, Clone)]
pub struct Actor {
    pub user: UserId,
    pub username: String,
    pub display_name: String,
    pub session: Option<SessionId>,
    /// When the second factor was last shown in this session.
    pub stepped_up_at: Option<Timestamp>,
    pub grants: Vec<Held>,
    /// Of what the grants allow, no more than this: another system's key.
    pub limited_to: Option<Vec<Action>>,
    pub request: RequestId,
}

impl Actor {
    /// Where the actor may do something.
    fn held_for(&self, action: Action) -> impl Iterator<Item = &Held> {
        let limits = self.limited_to.as_ref();
        let within_limits =
            limits.is_none_or(|permits| permits.contains(&action) && !action.takes_a_person());
        self.grants
            .iter()
            .filter(move |held| within_limits && action.allows(held.role))
    }

    /// The only maker of permits.
    pub fn permit<A: Act>(self: Arc<Self>) -> Result<Permit<A>> {
        let mut held = self.held_for(A::ACTION).peekable();
        let Some(first) = held.peek() else {
            return Err(Error::new(Code::PermissionDenied).detail(
                format!("{} is not among your permissions", A::ACTION.as_str()),
                format!("您没有 {} 权限", A::ACTION.as_str()),
            ));
        };
        let origin = Origin {
            organization: Some(first.organization),
            ..self.origin()
        };
        let scope = Scope::of(held.map(|held| held.division));
        Ok(Permit {
            actor: self,
            scope,
            origin,
            action: PhantomData,
        })
    }

    /// For work that concerns nobody else.
    pub fn reach(&self) -> Reach {
        Reach::of(self.user, &[])
    }

    /// Whose doing a record is that needs no permit: it belongs to the first place they hold.
    pub fn origin(&self) -> Origin {
        Origin {
            user: Some(self.user),
            username: Some(self.username.clone()),
            organization: self.grants.first().map(|held| held.organization),
            request: self.request,
        }
    }

    pub fn permissions(&self) -> Vec<&'static str> {
        let may = |action: &&Action| self.held_for(**action).next().is_some();
        Action::ALL
            .iter()
            .filter(may)
            .map(|action| action.as_str())
            .collect()
    }

    /// Whether the actor may do something there.
    pub fn may(&self, action: Action, division: DivisionCode) -> bool {
        self.held_for(action)
            .any(|held| held.division.contains(division))
    }

    /// As [`SteppedUp`], for one of several actions at one address.
    pub fn has_just_stepped_up(&self, now: Timestamp) -> Result<()> {
        let just = |at: Timestamp| at <= now && now.since(at) < STEP_UP_LIFETIME;
        if self.stepped_up_at.is_some_and(just) {
            Ok(())
        } else {
            Err(Code::StepUpRequired.into())
        }
    }

    pub fn holds(&self, role: Role, division: DivisionCode) -> bool {
        self.grants
            .iter()
            .any(|held| held.role == role && held.division.contains(division))
    }
}

/// The right to one action, over the divisions where it may be done.
#[derive(Debug)]
pub struct Permit<A> {
    actor: Arc<Actor>,
    scope: Scope,
    origin: Origin,
    action: PhantomData<fn() -> A>,
}

impl<A> Clone for Permit<A> {
    fn clone(&self) -> Self {
        Self {
            actor: Arc::clone(&self.actor),
            scope: self.scope.clone(),
            origin: self.origin.clone(),
            action: PhantomData,
        }
    }
}

impl<A> Permit<A> {
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// What else whoever holds this may do, if they may.
    pub fn also<B: Act>(&self) -> Result<Permit<B>> {
        Arc::clone(&self.actor).permit()
    }

    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// What the database lets work under this permit see.
    pub fn reach(&self) -> Reach {
        Reach::of(self.actor.user, self.scope.divisions())
    }

    /// Where the same person may do something else; nowhere, perhaps.
    pub fn scope_for<B: Act>(&self) -> Scope {
        Scope::of(self.actor.held_for(B::ACTION).map(|held| held.division))
    }

    /// Where the same person may do something in another role than this one.
    pub fn scope_beside<B: Act>(&self, role: Role) -> Scope {
        let held = self.actor.held_for(B::ACTION);
        let others = held.filter(|held| held.role != role);
        Scope::of(others.map(|held| held.division))
    }

    /// At which organizations the same person may do something.
    pub fn organizations_for<B: Act>(&self) -> Vec<OrganizationId> {
        let held = self.actor.held_for(B::ACTION);
        held.map(|held| held.organization).collect()
    }

    /// Whose doing a record says it is.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The scope of a list that may be narrowed to one division; out of sight is not there.
    pub fn scope_in(&self, division: Option<DivisionCode>) -> Result<Scope> {
        match division {
            None => Ok(self.scope.clone()),
            Some(division) => self
                .scope
                .narrowed(division)
                .ok_or_else(|| Code::DivisionNotFound.into()),
        }
    }
}

/// Beneath these addresses accounts, grants and sessions are changed.
const CHANGING_RIGHTS: [&str; 3] = ["/v1/users", "/v1/sessions", "/v1/me"];

/// Middleware: finds out who asks before anything else of the request is looked at. Extractors are
/// tried in the order of a handler's signature, so that no body is judged before the permit. Who
/// asked for what is not theirs, or not there, is on record before they hear so.
pub async fn authenticate(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let token = request
        .headers()
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim().to_owned());
    let mut actor = None;
    if let Some(token) = token {
        let sessions = data::<Sessions>(request.request())?;
        let id = request::id_of(request.request())?;
        let only_looks = request.method().is_safe();
        let known: Known = if api_keys::service::is_one(&token) {
            let find = move |db: &mut Db| api_keys::service::actor(db, &token, id);
            let store = data::<Store>(request.request())?;
            store.read(Reach::NOTHING, find).await.map(Arc::new)
        } else {
            sessions.authenticate(&token, id, only_looks).await
        };
        actor = known.as_ref().ok().map(Arc::clone);
        request.extensions_mut().insert(known);
    }
    let changes_rights = actor.is_some()
        && !request.method().is_safe()
        && CHANGING_RIGHTS
            .iter()
            .any(|place| request.path().starts_with(place));
    let response = next.call(request).await?.map_into_boxed_body();
    if changes_rights {
        data::<Sessions>(response.request())?.forget_rights();
    }
    if let (Some(actor), Some(code)) = (actor, refusal(&response)) {
        let event = refused(&actor, code, response.request());
        let store = data::<Store>(response.request())?;
        // What cannot be recorded is not answered, not even with a refusal.
        if let Err(error) = store
            .write(Reach::NOTHING, move |tx| tx.record(event, ()))
            .await
        {
            return Ok(ServiceResponse::from_err(error, response.request().clone()));
        }
    }
    Ok(response)
}

fn data<T: 'static>(request: &HttpRequest) -> Result<web::Data<T>> {
    let found = request.app_data::<web::Data<T>>().cloned();
    found.ok_or_else(|| Error::internal("the application is not complete"))
}

/// Whether somebody asked for what is not theirs, or not there.
fn refusal(response: &ServiceResponse<BoxBody>) -> Option<Code> {
    let code = response.response().error()?.as_error::<Error>()?.code();
    let asked_too_much = matches!(code.class(), Class::Forbidden | Class::NotFound);
    (asked_too_much && code != Code::RouteNotFound).then_some(code)
}

fn refused(actor: &Actor, code: Code, request: &HttpRequest) -> Event {
    let event = Event::new(&actor.origin(), "request.refused")
        .refused()
        .reason(code.as_str())
        .change("method", request.method().as_str())
        .change("path", request.path());
    let event = match request
        .path()
        .split('/')
        .find_map(|part| part.parse::<Uuid>().ok())
    {
        Some(asked_for) => event.on(&asked_for),
        None => event,
    };
    match actor.grants.first() {
        Some(held) => event.within(held.division),
        None => event,
    }
}

type Known = Result<Arc<Actor>>;

/// Each request has one extractor that asks.
fn known(request: &HttpRequest) -> Known {
    let known = request.extensions_mut().remove::<Known>();
    known.unwrap_or_else(|| Err(Code::SessionRequired.into()))
}

impl<A: Act> FromRequest for Permit<A> {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(known(request).and_then(Actor::permit))
    }
}

/// Whoever asks, a person or another system with its key.
#[derive(Debug)]
pub struct AnyClient(pub Arc<Actor>);

impl FromRequest for AnyClient {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(known(request).map(Self))
    }
}

/// Anybody who is signed in, for what concerns nobody but themselves.
#[derive(Debug)]
pub struct Signed(pub Arc<Actor>);

impl FromRequest for Signed {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let person = |actor: Arc<Actor>| match actor.limited_to {
            None => Ok(Self(actor)),
            Some(_) => Err(Error::new(Code::PermissionDenied)
                .detail("an API key stands for no person", "接口密钥不代表个人")),
        };
        ready(known(request).and_then(person))
    }
}

/// How long a second factor that was shown counts as just shown.
pub const STEP_UP_LIFETIME: Duration = Duration::from_mins(5);

/// Somebody who has just shown the second factor, for what should not happen from a desk left alone.
#[derive(Debug)]
pub struct SteppedUp(pub Arc<Actor>);

impl FromRequest for SteppedUp {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let stepped_up = |actor: Arc<Actor>| {
            let now = data::<Store>(request)?.given().now();
            actor.has_just_stepped_up(now)?;
            Ok(Self(actor))
        };
        ready(known(request).and_then(stepped_up))
    }
}
