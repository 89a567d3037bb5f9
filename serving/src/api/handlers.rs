//! The routes of links, pixels, goals and campaigns.

/// The handlers of one kind: `create`, `list`, `read`, `change` and `delete`. Each says what it is in the document of the API; what it does is
/// the same for every kind.
macro_rules! handlers {
    ($object:ident, $view:ident, $body:ident, $query:ident, $tag:literal, $one:literal, $id:literal) => {
        #[utoipa::path(
                    post, path = concat!("/v1/", $one, "s"), tag = $tag, operation_id = concat!("create_", $one),
            summary = concat!("Makes a ", $one),
                    request_body = $body,
                    responses(
                        (status = 201, description = "As it was made.", body = $view),
                        Refusals<(Key, Body, Commit, Again)>,
                    ),
                    security(("key" = ["create"])),
                )]
        pub(crate) async fn create(
            State(app): State<Arc<App>>,
            Creator(caller): Creator,
            Sent { body, once }: Sent<$body>,
        ) -> Result<Response, Problem> {
            objects::create::<$object>(&app, &caller, &body, once.as_ref()).await
        }

        #[utoipa::path(
                    get, path = concat!("/v1/", $one, "s"), tag = $tag, operation_id = concat!("list_", $one, "s"),
            summary = concat!("Lists the ", $one, "s of the account, in the order of their ids unless asked otherwise"),
                    params($query),
                    responses(
                        (status = 200, description = "A page of them.", body = List<$view>),
                        Refusals<(Key, Query, TooMany)>,
                    ),
                    security(("key" = ["read"])),
                )]
        pub(crate) async fn list(
            State(app): State<Arc<App>>,
            Reader(caller): Reader,
            Params(asked): Params<$query>,
        ) -> Result<Json<List<$view>>, Problem> {
            search::list::<$object>(app, &caller, asked.into()).await.map(Json)
        }

        #[utoipa::path(
                    get, path = concat!("/v1/", $one, "s/{id}"), tag = $tag, operation_id = concat!("read_", $one),
            summary = concat!("Shows a ", $one),
                    params(("id" = String, Path, description = "Its id.", example = $id)),
                    responses(
                        (status = 200, description = "As it is.", body = $view),
                        Refusals<(Key, Id, Nothing)>,
                    ),
                    security(("key" = ["read"])),
                )]
        pub(crate) async fn read(
            State(app): State<Arc<App>>,
            viewer: Viewer,
            Segment(id): Segment,
        ) -> Result<Response, Problem> {
            objects::read::<$object>(&app, &viewer, &id)
        }

        #[utoipa::path(
                    patch, path = concat!("/v1/", $one, "s/{id}"), tag = $tag, operation_id = concat!("change_", $one),
            summary = concat!("Changes the fields of a ", $one, " that are given; null brings back the default"),
                    params(("id" = String, Path, description = "Its id.", example = $id)),
                    request_body = $body,
                    responses(
                        (status = 200, description = "As it is now.", body = $view),
                        Refusals<(Key, Id, Body, Commit, Stale)>,
                    ),
                    security(("key" = ["write"])),
                )]
        pub(crate) async fn change(
            State(app): State<Arc<App>>,
            Writer(caller): Writer,
            Segment(id): Segment,
            if_match: IfMatch,
            body::Body(body): body::Body<$body>,
        ) -> Result<Json<$view>, Problem> {
            objects::change::<$object>(&app, &caller, &id, &if_match, &body)
                .await
                .map(Json)
        }

        #[utoipa::path(
                    delete, path = concat!("/v1/", $one, "s/{id}"), tag = $tag, operation_id = concat!("delete_", $one),
            summary = concat!("Deletes a ", $one, "; its numbers stay"),
                    params(("id" = String, Path, description = "Its id.", example = $id)),
                    responses(
                        (status = 204, description = "It is deleted."),
                        Refusals<(Key, Id, Commit, Stale)>,
                    ),
                    security(("key" = ["write"])),
                )]
        pub(crate) async fn delete(
            State(app): State<Arc<App>>,
            Writer(caller): Writer,
            Segment(id): Segment,
            if_match: IfMatch,
        ) -> Result<StatusCode, Problem> {
            objects::delete::<$object>(&app, &caller, &id, &if_match).await
        }
    };
}
pub(crate) use handlers;

/// What the handlers of [`handlers`] are made of.
pub(crate) mod parts {
    pub(crate) use std::sync::Arc;

    pub(crate) use axum::{Json, extract::State, response::Response};
    pub(crate) use http::StatusCode;
    pub(crate) use web::Problem;

    pub(crate) use crate::{
        api::{
            auth::{Creator, Reader, Viewer, Writer},
            body, objects,
            once::Sent,
            params::{Params, Segment},
            preconditions::IfMatch,
            search,
        },
        api_types::List,
        app::App,
        openapi::refusals::{
            Again, Body, Commit, Id, Key, Nothing, Query, Refusals, Stale, TooMany,
        },
    };
}
