//! The routes of links, pixels, goals and campaigns.

/// The handlers of one kind: `create`, `list`, `read`, `change` and `delete`. Each says what it is in the document of the API; what it does is
/// the same for every kind.
macro_rules! handlers {
    ($object:ident, $view:ident, $body:ident, $tag:literal, $one:literal, $id:literal) => {
        #[utoipa::path(
                    post, path = concat!("/v1/", $one, "s"), tag = $tag, operation_id = concat!("create_", $one),
            summary = concat!("Makes a ", $one),
                    request_body = $body,
                    responses(
                        (status = 201, description = "As it was made.", body = $view),
                        Refusals<(Key, Body, Commit)>,
                    ),
                    security(("key" = ["write"])),
                )]
        pub(crate) async fn create(
            State(app): State<Arc<App>>,
            Writer(caller): Writer,
            body::Body(body): body::Body<$body>,
        ) -> Result<objects::Made<$view>, Problem> {
            objects::create::<$object>(&app, &caller, &body).await
        }

        #[utoipa::path(
                    get, path = concat!("/v1/", $one, "s"), tag = $tag, operation_id = concat!("list_", $one, "s"),
            summary = concat!("Lists the ", $one, "s of the account, in the order of their ids"),
                    params(Page),
                    responses(
                        (status = 200, description = "A page of them.", body = List<$view>),
                        Refusals<(Key, Query)>,
                    ),
                    security(("key" = ["read"])),
                )]
        pub(crate) async fn list(
            State(app): State<Arc<App>>,
            Reader(caller): Reader,
            Params(page): Params<Page>,
        ) -> Result<Json<List<$view>>, Problem> {
            objects::list::<$object>(&app, &caller, &page).map(Json)
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
            Reader(caller): Reader,
            Segment(id): Segment,
        ) -> Result<Json<$view>, Problem> {
            objects::read::<$object>(&app, &caller, &id).map(Json)
        }

        #[utoipa::path(
                    patch, path = concat!("/v1/", $one, "s/{id}"), tag = $tag, operation_id = concat!("change_", $one),
            summary = concat!("Changes the fields of a ", $one, " that are given; null brings back the default"),
                    params(("id" = String, Path, description = "Its id.", example = $id)),
                    request_body = $body,
                    responses(
                        (status = 200, description = "As it is now.", body = $view),
                        Refusals<(Key, Id, Body, Commit)>,
                    ),
                    security(("key" = ["write"])),
                )]
        pub(crate) async fn change(
            State(app): State<Arc<App>>,
            Writer(caller): Writer,
            Segment(id): Segment,
            body::Body(body): body::Body<$body>,
        ) -> Result<Json<$view>, Problem> {
            objects::change::<$object>(&app, &caller, &id, &body)
                .await
                .map(Json)
        }

        #[utoipa::path(
                    delete, path = concat!("/v1/", $one, "s/{id}"), tag = $tag, operation_id = concat!("delete_", $one),
            summary = concat!("Deletes a ", $one, "; its numbers stay"),
                    params(("id" = String, Path, description = "Its id.", example = $id)),
                    responses(
                        (status = 204, description = "It is deleted."),
                        Refusals<(Key, Id, Commit)>,
                    ),
                    security(("key" = ["write"])),
                )]
        pub(crate) async fn delete(
            State(app): State<Arc<App>>,
            Writer(caller): Writer,
            Segment(id): Segment,
        ) -> Result<StatusCode, Problem> {
            objects::delete::<$object>(&app, &caller, &id).await
        }
    };
}
pub(crate) use handlers;

/// What the handlers of [`handlers`] are made of.
pub(crate) mod parts {
    pub(crate) use std::sync::Arc;

    pub(crate) use axum::{Json, extract::State};
    pub(crate) use http::StatusCode;
    pub(crate) use web::Problem;

    pub(crate) use crate::{
        api::{
            auth::{Reader, Writer},
            body, objects,
            page::Page,
            params::{Params, Segment},
        },
        api_types::List,
        app::App,
        openapi::refusals::{Body, Commit, Id, Key, Nothing, Query, Refusals},
    };
}
