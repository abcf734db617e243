//! Reading a row: every column becomes the type that it stands for, or the store is damaged.

use std::{fmt::Display, str::FromStr};

use license_format::{Digest, Timestamp};
use sqlx::{Any, ColumnIndex, Decode, Row as _, Type, any::AnyRow};

use super::StoreError;

/// A row of a table that has a name, so that damage can be said where it is.
pub(crate) struct Columns<'r> {
    table: &'static str,
    row: &'r AnyRow,
}

impl<'r> Columns<'r> {
    pub(crate) fn of(table: &'static str, row: &'r AnyRow) -> Self {
        Columns { table, row }
    }

    /// The error for a column that holds what is never written.
    pub(crate) fn damaged(&self, column: &'static str, detail: impl Display) -> StoreError {
        StoreError::Damaged { table: self.table, column, detail: detail.to_string() }
    }

    pub(crate) fn text(&self, column: &'static str) -> Result<String, StoreError> {
        self.read(column)
    }

    pub(crate) fn optional_text(&self, column: &'static str) -> Result<Option<String>, StoreError> {
        self.read(column)
    }

    /// A text as the type that wrote it.
    pub(crate) fn parsed<T: FromStr<Err: Display>>(&self, column: &'static str) -> Result<T, StoreError> {
        self.text(column)?.parse().map_err(|error| self.damaged(column, error))
    }

    /// A text of a closed list.
    pub(crate) fn named<T>(
        &self,
        column: &'static str,
        from_name: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, StoreError> {
        let text = self.text(column)?;
        from_name(&text).ok_or_else(|| self.damaged(column, format_args!("is {text:?}")))
    }

    pub(crate) fn bytes(&self, column: &'static str) -> Result<Vec<u8>, StoreError> {
        self.read(column)
    }

    /// Bytes of a fixed length, as the type that they are.
    pub(crate) fn fixed<T>(
        &self,
        column: &'static str,
        from_slice: fn(&[u8]) -> Option<T>,
    ) -> Result<T, StoreError> {
        let bytes = self.bytes(column)?;
        from_slice(&bytes).ok_or_else(|| self.damaged(column, format_args!("has {} bytes", bytes.len())))
    }

    pub(crate) fn digest(&self, column: &'static str) -> Result<Digest, StoreError> {
        self.fixed(column, Digest::from_slice)
    }

    /// A number that is never negative.
    pub(crate) fn count(&self, column: &'static str) -> Result<u64, StoreError> {
        let number: i64 = self.read(column)?;
        u64::try_from(number).map_err(|_| self.damaged(column, format_args!("is {number}")))
    }

    /// A number that may be negative.
    pub(crate) fn amount(&self, column: &'static str) -> Result<i64, StoreError> {
        self.read(column)
    }

    pub(crate) fn optional_count(&self, column: &'static str) -> Result<Option<u64>, StoreError> {
        match self.read::<Option<i64>>(column)? {
            Some(_) => self.count(column).map(Some),
            None => Ok(None),
        }
    }

    pub(crate) fn flag(&self, column: &'static str) -> Result<bool, StoreError> {
        match self.read::<i64>(column)? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(self.damaged(column, format_args!("is {other}"))),
        }
    }

    pub(crate) fn time(&self, column: &'static str) -> Result<Timestamp, StoreError> {
        let seconds = self.count(column)?;
        Timestamp::from_seconds(seconds).ok_or_else(|| self.damaged(column, format_args!("is {seconds}")))
    }

    pub(crate) fn optional_time(&self, column: &'static str) -> Result<Option<Timestamp>, StoreError> {
        match self.read::<Option<i64>>(column)? {
            Some(_) => self.time(column).map(Some),
            None => Ok(None),
        }
    }

    pub(crate) fn optional_fixed<T>(
        &self,
        column: &'static str,
        from_slice: fn(&[u8]) -> Option<T>,
    ) -> Result<Option<T>, StoreError> {
        match self.read::<Option<Vec<u8>>>(column)? {
            Some(_) => self.fixed(column, from_slice).map(Some),
            None => Ok(None),
        }
    }

    pub(crate) fn optional_digest(&self, column: &'static str) -> Result<Option<Digest>, StoreError> {
        self.optional_fixed(column, Digest::from_slice)
    }

    fn read<T: Decode<'r, Any> + Type<Any>>(&self, column: &'static str) -> Result<T, StoreError>
    where
        &'static str: ColumnIndex<AnyRow>,
    {
        self.row.try_get(column).map_err(|error| self.damaged(column, error))
    }
}

/// A number as the store has it. Those of the format end at 2^53 − 1, far below.
pub(crate) fn big(number: u64) -> i64 {
    i64::try_from(number).expect("numbers of the record are within plus or minus 2^53-1")
}

/// An instant as the store has it.
pub(crate) fn seconds(instant: Timestamp) -> i64 {
    big(instant.seconds())
}
