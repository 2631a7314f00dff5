//! Whole lists as files, streamed page by page.

use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::IntoResponse;
use futures_util::stream;

use super::extract::{Accept, Format};
use super::response::ApiResult;
use super::spreadsheet::{self, Spreadsheet};
use convoke_app::App;
use convoke_core::csv::write_row;
use convoke_core::pagination::{Page, PageLimit};
use convoke_domain::{DatabaseError, Error, ReadTx};

/// The formats of a list that has exports.
pub(super) const FORMATS: [Format; 4] = [Format::Json, Format::Csv, Format::Xlsx, Format::Ndjson];

/// U+FEFF in UTF-8, by which spreadsheet programs know the encoding of a CSV file.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// How a list is exported.
pub(super) struct Export<T> {
    /// The name of the file, without its ending.
    pub name: &'static str,
    /// The titles of the columns.
    pub titles: &'static [&'static str],
    /// The cells of an item.
    pub cells: fn(&T) -> Vec<String>,
    /// An item as JSON, on one line.
    pub json: fn(T) -> String,
}

/// Writes the file.
enum FileWriter {
    Csv,
    Ndjson,
    Xlsx(Box<Spreadsheet>),
}

impl FileWriter {
    /// The file's writer and first bytes.
    fn begin<T>(
        format: Format,
        export: &Export<T>,
        is_link: bool,
    ) -> Result<(Self, Vec<u8>), Error> {
        match format {
            Format::Xlsx => {
                let file = Spreadsheet::new(export.name, export.titles).map_err(|_| aborted())?;
                Ok((Self::Xlsx(Box::new(file)), Vec::new()))
            }
            Format::Ndjson => Ok((Self::Ndjson, Vec::new())),
            Format::Csv | Format::Json => {
                let mut head = String::new();
                if is_link {
                    head.push_str(BYTE_ORDER_MARK);
                }
                write_row(&mut head, export.titles);
                Ok((Self::Csv, head.into_bytes()))
            }
        }
    }

    /// Writes some items and returns the file's next bytes.
    fn write<T>(&mut self, export: &Export<T>, items: Vec<T>) -> Result<Vec<u8>, Error> {
        let mut text = String::new();
        for item in items {
            match self {
                Self::Csv => {
                    let cells = (export.cells)(&item);
                    let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
                    write_row(&mut text, &cells);
                }
                Self::Ndjson => {
                    text.push_str(&(export.json)(item));
                    text.push('\n');
                }
                Self::Xlsx(file) => {
                    file.write_row(&(export.cells)(&item))
                        .map_err(|_| aborted())?;
                }
            }
        }
        Ok(match self {
            Self::Xlsx(file) => file.take(),
            _ => text.into_bytes(),
        })
    }

    /// The file's last bytes.
    fn finish(self) -> Result<Vec<u8>, Error> {
        match self {
            Self::Xlsx(file) => file.finish().map_err(|_| aborted()),
            _ => Ok(Vec::new()),
        }
    }
}

/// The memory that a file is written to has no end, so this does not happen.
fn aborted() -> Error {
    Error::Database(DatabaseError::Internal("export not written".to_owned()))
}

/// A whole list as a file from a cursor on; `read` reads the page after a cursor.
pub(super) async fn export_list<T, R>(
    app: App,
    accept: &Accept,
    export: Export<T>,
    start: Option<String>,
    mut read: R,
) -> ApiResult
where
    T: Send + 'static,
    R: FnMut(&mut ReadTx<'_, '_>, Option<&str>, PageLimit) -> Result<Page<T>, Error>
        + Clone
        + Send
        + 'static,
{
    let format = accept.best(&FORMATS);
    let (mut writer, mut head) = FileWriter::begin(format, &export, accept.is_link())?;
    // An error of the first page still sets the status.
    let page = read_page(&app, &mut read, start).await?;
    head.extend(writer.write(&export, page.items)?);
    let headers = headers(format, export.name, accept.is_link());
    let state = (Some(writer), page.next, read, app, export);
    let rest = stream::try_unfold(
        state,
        |(writer, cursor, mut read, app, export)| async move {
            let Some(mut writer) = writer else {
                return Ok(None);
            };
            let next = async {
                let Some(cursor) = cursor else {
                    return Ok((writer.finish()?, None, None));
                };
                let page = read_page(&app, &mut read, Some(cursor)).await?;
                let bytes = writer.write(&export, page.items)?;
                Ok((bytes, Some(writer), page.next))
            };
            match next.await {
                Ok((bytes, writer, cursor)) => {
                    Ok(Some((bytes, (writer, cursor, read, app, export))))
                }
                Err(error) => {
                    let error: Error = error;
                    tracing::warn!(?error, "export aborted");
                    Err(std::io::Error::other("the export was aborted"))
                }
            }
        },
    );
    let head = stream::iter([Ok(head)]);
    let body = Body::from_stream(futures_util::StreamExt::chain(head, rest));
    Ok((headers, body).into_response())
}

async fn read_page<T, R>(app: &App, read: &mut R, cursor: Option<String>) -> Result<Page<T>, Error>
where
    T: Send + 'static,
    R: FnMut(&mut ReadTx<'_, '_>, Option<&str>, PageLimit) -> Result<Page<T>, Error>
        + Clone
        + Send
        + 'static,
{
    let mut read = read.clone();
    let limit = PageLimit::parse(Some("100")).unwrap_or_default();
    app.read_long(move |tx| read(tx, cursor.as_deref(), limit))
        .await
}

/// The media type; a link also gets a file name with the right ending.
fn headers(format: Format, name: &str, is_link: bool) -> axum::http::HeaderMap {
    let (media_type, ending) = match format {
        Format::Xlsx => (spreadsheet::MEDIA_TYPE, "xlsx"),
        Format::Ndjson => ("application/x-ndjson", "ndjson"),
        Format::Csv | Format::Json => ("text/csv; charset=utf-8", "csv"),
    };
    let mut headers = axum::http::HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    let disposition = format!("attachment; filename=\"{name}.{ending}\"");
    if let (true, Ok(disposition)) = (is_link, HeaderValue::from_str(&disposition)) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    headers
}
