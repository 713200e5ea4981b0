//! Receives somebody else's model: the declaration, then the file in pieces, within bounds.

use std::time::Duration;

use contract::lifecycle::v1 as wire;
use contract::lifecycle::v1::import_model_request::Part;
use foreign_model::model::LARGEST_FILE;
use kernel::refusal::{Refusal, Violation};
use tokio::time::timeout;
use tonic::{Status, Streaming};

use super::{BOUNDARY, parse_import};
use crate::usecase::ImportModel;

/// The most bytes of one piece.
const LARGEST_PIECE: usize = 1 << 20;
/// How long the next piece is waited for.
const SILENCE: Duration = Duration::from_secs(30);
/// How long a whole file is waited for: few are held at once, and others wait for the place.
const PATIENCE: Duration = Duration::from_mins(5);

/// Receives a whole model. A bad declaration is refused before any of the file is read.
pub(super) async fn receive(
    messages: Streaming<wire::ImportModelRequest>,
) -> Result<ImportModel, Status> {
    let received = timeout(PATIENCE, receive_all(messages)).await;
    received.unwrap_or_else(|_| Err(too_late("the file took longer than", PATIENCE)))
}

async fn receive_all(
    mut messages: Streaming<wire::ImportModelRequest>,
) -> Result<ImportModel, Status> {
    let first = next(&mut messages).await?;
    let Some(Part::Declaration(declared)) = first.and_then(|first| first.part) else {
        let text = "must come in the first message";
        return Err(refused("declaration", "REQUIRED", text));
    };
    let mut wanted =
        parse_import::declaration(&declared).map_err(|refusal| BOUNDARY.status(refusal))?;
    while let Some(message) = next(&mut messages).await? {
        let piece = match message.part {
            Some(Part::Piece(piece)) if !piece.is_empty() => piece,
            Some(Part::Declaration(_)) => {
                let text = "must come in the first message only: send pieces of the file after it";
                return Err(refused("declaration", "TWICE", text));
            }
            Some(Part::Piece(_)) | None => {
                return Err(refused("piece", "REQUIRED", "must hold the next bytes"));
            }
        };
        if piece.len() > LARGEST_PIECE {
            let text = format!("must have at most {LARGEST_PIECE} bytes: send more pieces");
            return Err(refused("piece", "TOO_LONG", &text));
        }
        if wanted.file.len() + piece.len() > LARGEST_FILE {
            let text = format!("the file must have at most {LARGEST_FILE} bytes");
            return Err(refused("piece", "TOO_LARGE", &text));
        }
        wanted.file.extend(piece);
    }
    if wanted.file.is_empty() {
        return Err(refused("piece", "REQUIRED", "the file is empty"));
    }
    Ok(wanted)
}

async fn next(
    messages: &mut Streaming<wire::ImportModelRequest>,
) -> Result<Option<wire::ImportModelRequest>, Status> {
    timeout(SILENCE, messages.message())
        .await
        .unwrap_or_else(|_| Err(too_late("no piece came for", SILENCE)))
}

fn too_late(what: &str, limit: Duration) -> Status {
    let seconds = limit.as_secs();
    let text = format!("{what} {seconds} s: import the model again");
    refused("piece", "TOO_LATE", &text)
}

fn refused(field: &str, reason: &'static str, description: &str) -> Status {
    BOUNDARY.status(Refusal::malformed(vec![Violation {
        field: field.to_owned(),
        description: description.to_owned(),
        reason,
    }]))
}
